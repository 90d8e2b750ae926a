// What the files of this target share.
#ifndef CLUA_INTERNAL_H
#define CLUA_INTERNAL_H

#include "clua.h"

// Tables deeper than this are refused on their way to Swift: a Swift reader would recurse as deep.
#define CLUA_MAX_DEPTH 100

#define CLUA_WAITING_BIT ((uintptr_t)1)

static inline clua_host *clua_host_of(lua_State *L) {
  return (clua_host *)(*(uintptr_t *)lua_getextraspace(L) & ~CLUA_WAITING_BIT);
}
static inline bool clua_waits(lua_State *co) { return *(uintptr_t *)lua_getextraspace(co) & CLUA_WAITING_BIT; }
static inline void clua_set_waits(lua_State *co, bool waits) {
  uintptr_t *slot = (uintptr_t *)lua_getextraspace(co);
  *slot = waits ? *slot | CLUA_WAITING_BIT : *slot & ~CLUA_WAITING_BIT;
}

// clua_memory.c
typedef struct clua_memory clua_memory;
// NULL if there is no memory.
clua_memory *clua_memory_open(void);
void clua_memory_close(clua_memory *memory);
void clua_memory_free(clua_memory *memory, void *block, size_t size);
// `new_size` is not 0. NULL if there is no memory; the old block is untouched then.
void *clua_memory_resize(clua_memory *memory, void *block, size_t old_size, size_t new_size);

// clua_values.c
// Appends the value at `index` to `buffer`. Raises on cycles, on depth and on what cannot cross; with `lossy`, writes
// nil in their place.
void clua_encode(lua_State *L, int index, clua_buffer *buffer, bool lossy);
// Pushes the value at `*offset` of the out buffer and moves the offset behind it.
void clua_push(lua_State *L, const clua_buffer *buffer, size_t *offset);

// clua_calls.c
int clua_raise_cancellation(lua_State *L);
void clua_push_sentinel(lua_State *L);
void clua_new_host_function(lua_State *L, int32_t function, const char *name);
void clua_push_where(lua_State *L);

// clua_coroutines.c
void clua_install_coroutines(lua_State *L);
// Appends the stack of `from`, from `level` up, to the trace of the error in flight.
void clua_add_trace(lua_State *L, lua_State *from, int level);

// clua_require.c
void clua_install_require(lua_State *L);

// The registry key of a type's metatable.
static inline void clua_get_type_metatable(lua_State *L, uint32_t type) {
  lua_pushfstring(L, "agentscript.type.%d", (int)type);
  lua_rawget(L, LUA_REGISTRYINDEX);
}

#endif
