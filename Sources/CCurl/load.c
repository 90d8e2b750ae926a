// Finding libcurl.
#include "library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

struct ccurl_library ccurl_library;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char problem[512];
static int is_loaded;

static void *open_library(void) {
  static const char *const names[] = {
#ifdef __APPLE__
    "/usr/lib/libcurl.4.dylib", "libcurl.4.dylib",
#else
    // The second is Debian's build with GnuTLS, which git brings along.
    "libcurl.so.4", "libcurl-gnutls.so.4",
#endif
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    void *library = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
    if (library != NULL) return library;
    const char *said = dlerror();
    if (problem[0] == 0) snprintf(problem, sizeof problem, "%s", said ? said : names[i]);
  }
  return NULL;
}

// Through a pointer to the object: ISO C has no cast from void * to a function.
static int find(void *library, const char *name, void *function) {
  void *symbol = dlsym(library, name);
  *(void **)function = symbol;
  if (symbol == NULL && problem[0] == 0) snprintf(problem, sizeof problem, "it has no %s", name);
  return symbol != NULL;
}

static int find_all(void *library, struct ccurl_library *f) {
  return find(library, "curl_global_init", &f->global_init) && find(library, "curl_version_info", &f->version_info) &&
         find(library, "curl_easy_init", &f->easy_init) && find(library, "curl_easy_cleanup", &f->easy_cleanup) &&
         find(library, "curl_easy_setopt", &f->easy_setopt) && find(library, "curl_easy_getinfo", &f->easy_getinfo) &&
         find(library, "curl_easy_pause", &f->easy_pause) && find(library, "curl_easy_strerror", &f->easy_strerror) &&
         find(library, "curl_slist_append", &f->slist_append) &&
         find(library, "curl_slist_free_all", &f->slist_free_all) &&
         find(library, "curl_multi_init", &f->multi_init) && find(library, "curl_multi_cleanup", &f->multi_cleanup) &&
         find(library, "curl_multi_setopt", &f->multi_setopt) &&
         find(library, "curl_multi_add_handle", &f->multi_add_handle) &&
         find(library, "curl_multi_remove_handle", &f->multi_remove_handle) &&
         find(library, "curl_multi_socket_action", &f->multi_socket_action) &&
         find(library, "curl_multi_info_read", &f->multi_info_read) && find(library, "curl_url", &f->url) &&
         find(library, "curl_url_cleanup", &f->url_cleanup) && find(library, "curl_url_set", &f->url_set) &&
         find(library, "curl_url_get", &f->url_get) && find(library, "curl_free", &f->free);
}

// OpenSSL would take itself apart in an exit handler, while our thread may still be at work in it.
static void keep_tls_alive(void *library) {
  int (*init)(uint64_t, const void *);
  *(void **)&init = dlsym(library, "OPENSSL_init_crypto");
  const uint64_t no_exit_handler = 0x00080000;
  if (init) init(no_exit_handler, NULL);
}

static void load(void) {
  void *library = open_library();
  if (library == NULL) return;
  problem[0] = 0;
  struct ccurl_library functions;
  if (!find_all(library, &functions)) return;
  keep_tls_alive(library);
  const long everything = 3;
  int code = functions.global_init(everything);
  if (code != 0) {
    snprintf(problem, sizeof problem, "it could not begin: %s", functions.easy_strerror(code));
    return;
  }
  ccurl_library = functions;
  is_loaded = 1;
}

int ccurl_load(void) {
  pthread_once(&once, load);
  return is_loaded;
}

const char *ccurl_problem(void) { return is_loaded ? NULL : problem; }

static struct ccurl_version *version(void) {
  // Asks for the fields of age 6; an older library fills fewer, and says so.
  return ccurl_library.version_info(6);
}

unsigned ccurl_version_number(void) { return version()->version_num; }

const char *ccurl_version_text(void) { return version()->version; }

const char *ccurl_default_certificates(void) { return version()->age >= 6 ? version()->cainfo : NULL; }
