// Memory for the values of one state.
//
// The C library's malloc takes locks as soon as a process has two threads, and ours always has: that alone made plain Lua a
// tenth slower than in `lua`. A state lives on one thread, so its small blocks come from lists of its own, one for each size,
// cut from larger pieces. The pieces are given back when the state closes, not before: what a script once took for small
// values it may take again.

#include "internal.h"

#include <stdlib.h>
#include <string.h>

enum { STEP = 16, LARGEST_SMALL = 512, CLASSES = LARGEST_SMALL / STEP, PIECE = 64 * 1024 };

struct clua_free_block {
  struct clua_free_block *next;
};

struct clua_piece {
  struct clua_piece *next;
  // Keeps what follows aligned for every type.
  _Alignas(16) char bytes[];
};

struct clua_memory {
  struct clua_free_block *free[CLASSES];
  struct clua_piece *pieces;
  char *cut, *end;
};

clua_memory *clua_memory_open(void) { return calloc(1, sizeof(clua_memory)); }

void clua_memory_close(clua_memory *memory) {
  for (struct clua_piece *piece = memory->pieces; piece;) {
    struct clua_piece *next = piece->next;
    free(piece);
    piece = next;
  }
  free(memory);
}

static inline size_t class_of(size_t size) { return (size - 1) / STEP; }

static void *take(clua_memory *memory, size_t class) {
  struct clua_free_block *block = memory->free[class];
  if (block) {
    memory->free[class] = block->next;
    return block;
  }
  size_t size = (class + 1) * STEP;
  if ((size_t)(memory->end - memory->cut) < size) {
    // What is left of the old piece becomes a block of its size.
    size_t rest = (size_t)(memory->end - memory->cut) / STEP;
    if (rest) {
      struct clua_free_block *remainder = (struct clua_free_block *)memory->cut;
      remainder->next = memory->free[rest - 1];
      memory->free[rest - 1] = remainder;
    }
    struct clua_piece *piece = malloc(PIECE);
    if (!piece) return NULL;
    piece->next = memory->pieces;
    memory->pieces = piece;
    memory->cut = piece->bytes;
    memory->end = (char *)piece + PIECE;
  }
  block = (struct clua_free_block *)memory->cut;
  memory->cut += size;
  return block;
}

static void give(clua_memory *memory, void *bytes, size_t class) {
  struct clua_free_block *block = bytes;
  block->next = memory->free[class];
  memory->free[class] = block;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif

void clua_memory_free(clua_memory *memory, void *block, size_t size) {
#ifdef WATCHED
  // The sanitizer sees misuse only of what it has given out itself.
  (void)give;
  free(block);
  return;
#endif
  if (!block) return;
  if (size > LARGEST_SMALL) free(block);
  else if (size) give(memory, block, class_of(size));
}

void *clua_memory_resize(clua_memory *memory, void *block, size_t old_size, size_t new_size) {
#ifdef WATCHED
  return realloc(block, new_size);
#endif
  if (!block || !old_size) return new_size > LARGEST_SMALL ? malloc(new_size) : take(memory, class_of(new_size));
  if (old_size > LARGEST_SMALL && new_size > LARGEST_SMALL) return realloc(block, new_size);
  if (old_size <= LARGEST_SMALL && new_size <= LARGEST_SMALL && class_of(old_size) == class_of(new_size)) return block;
  void *moved = new_size > LARGEST_SMALL ? malloc(new_size) : take(memory, class_of(new_size));
  if (!moved) return NULL;
  memcpy(moved, block, old_size < new_size ? old_size : new_size);
  clua_memory_free(memory, block, old_size);
  return moved;
}
