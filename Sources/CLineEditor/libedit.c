#include "libedit.h"

#include <dlfcn.h>

static void *open_library(void) {
  static const char *const names[] = {
#ifdef __APPLE__
    "/usr/lib/libedit.3.dylib", "libedit.dylib",
#else
    "libedit.so.2", "libedit.so.0", "libedit.so",
#endif
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (library != NULL) return library;
  }
  return NULL;
}

// Through a pointer to the object: ISO C has no cast from void * to a function.
static int find(void *library, const char *name, void *function) {
  void *symbol = dlsym(library, name);
  *(void **)function = symbol;
  return symbol != NULL;
}

int libedit_load(libedit *f) {
  void *library = open_library();
  if (library == NULL) return 0;
  return find(library, "el_init", &f->init) && find(library, "el_end", &f->end) && find(library, "el_gets", &f->gets) &&
         find(library, "el_set", &f->set) && find(library, "el_get", &f->get) &&
         find(library, "el_source", &f->source) && find(library, "el_resize", &f->resize) &&
         find(library, "el_cursor", &f->cursor) && find(library, "el_line", &f->line) &&
         find(library, "el_insertstr", &f->insertstr) && find(library, "history_init", &f->history_init) &&
         find(library, "history", &f->history);
}
