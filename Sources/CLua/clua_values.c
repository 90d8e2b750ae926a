// Values as bytes: one buffer for each crossing, read and written here in one protected piece.

#include "internal.h"

#include <stdlib.h>
#include <string.h>

void clua_buffer_append(clua_buffer *buffer, const void *bytes, size_t count) {
  if (count > buffer->capacity - buffer->count) {
    size_t wanted = buffer->count + count, capacity = buffer->capacity ? buffer->capacity : 512;
    while (capacity < wanted) capacity *= 2;
    uint8_t *grown = realloc(buffer->bytes, capacity);
    if (!grown) abort();  // as Swift's own allocations do
    buffer->bytes = grown;
    buffer->capacity = capacity;
  }
  if (count) memcpy(buffer->bytes + buffer->count, bytes, count);
  buffer->count += count;
}

static void put_tag(clua_buffer *buffer, uint8_t tag) { clua_buffer_append(buffer, &tag, 1); }
static void put_u32(clua_buffer *buffer, uint32_t value) { clua_buffer_append(buffer, &value, sizeof value); }

// ---- From Lua ------------------------------------------------------------------------------------------------------

typedef struct {
  lua_State *L;
  clua_buffer *buffer;
  bool lossy;
  int depth;
  const void *ancestors[CLUA_MAX_DEPTH];
} encoder;

static void encode(encoder *e, int index);

static void put_reference(encoder *e, uint8_t tag, int index) {
  lua_pushvalue(e->L, index);
  int32_t reference = luaL_ref(e->L, LUA_REGISTRYINDEX);
  put_tag(e->buffer, tag);
  clua_buffer_append(e->buffer, &reference, sizeof reference);
}

static bool is_ancestor(const encoder *e, const void *table) {
  for (int i = 0; i < e->depth; i++)
    if (e->ancestors[i] == table) return true;
  return false;
}

static void encode_table(encoder *e, int index) {
  lua_State *L = e->L;
  const void *table = lua_topointer(L, index);
  bool cyclic = is_ancestor(e, table);
  if (cyclic || e->depth == CLUA_MAX_DEPTH) {
    if (e->lossy) {
      put_tag(e->buffer, CLUA_NIL);
      return;
    }
    luaL_error(L, cyclic ? "a table that contains itself cannot be passed here"
                         : "a table nested deeper than %d levels cannot be passed here", CLUA_MAX_DEPTH);
  }
  luaL_checkstack(L, 4, "too many nested tables");
  e->ancestors[e->depth++] = table;
  lua_Unsigned length = lua_rawlen(L, index);
  uint32_t array = length > UINT32_MAX ? UINT32_MAX : (uint32_t)length, pairs = 0;
  put_tag(e->buffer, CLUA_TABLE);
  size_t counts = e->buffer->count;
  put_u32(e->buffer, array);
  put_u32(e->buffer, 0);
  for (uint32_t i = 1; i <= array; i++) {
    lua_rawgeti(L, index, i);
    encode(e, lua_gettop(L));
    lua_pop(L, 1);
  }
  lua_pushnil(L);
  while (lua_next(L, index)) {
    int isinteger = lua_isinteger(L, -2);
    lua_Integer key = isinteger ? lua_tointeger(L, -2) : 0;
    if (!isinteger || key < 1 || (lua_Unsigned)key > array) {
      int top = lua_gettop(L);
      encode(e, top - 1);
      encode(e, top);
      pairs++;
    }
    lua_pop(L, 1);
  }
  memcpy(e->buffer->bytes + counts + sizeof(uint32_t), &pairs, sizeof pairs);
  e->depth--;
}

static void encode_userdata(encoder *e, int index) {
  lua_State *L = e->L;
  if (lua_getmetatable(L, index)) {
    lua_getfield(L, -1, "__agentscript_type");
    int ours = lua_isinteger(L, -1);
    uint32_t type = (uint32_t)lua_tointeger(L, -1);
    lua_pop(L, 2);
    if (ours) {
      put_tag(e->buffer, CLUA_OBJECT);
      put_u32(e->buffer, type);
      clua_buffer_append(e->buffer, lua_touserdata(L, index), sizeof(uint64_t));
      return;
    }
  }
  put_reference(e, CLUA_FOREIGN, index);
}

static void encode(encoder *e, int index) {
  lua_State *L = e->L;
  size_t limit = clua_host_of(L)->crossing_limit;
  if (e->buffer->count > limit || (lua_type(L, index) == LUA_TSTRING && lua_rawlen(L, index) > limit))
    luaL_error(L, "the value is too large");
  switch (lua_type(L, index)) {
    case LUA_TNIL: put_tag(e->buffer, CLUA_NIL); break;
    case LUA_TBOOLEAN: put_tag(e->buffer, lua_toboolean(L, index) ? CLUA_TRUE : CLUA_FALSE); break;
    case LUA_TNUMBER:
      if (lua_isinteger(L, index)) {
        int64_t value = lua_tointeger(L, index);
        put_tag(e->buffer, CLUA_INTEGER);
        clua_buffer_append(e->buffer, &value, sizeof value);
      } else {
        double value = lua_tonumber(L, index);
        put_tag(e->buffer, CLUA_NUMBER);
        clua_buffer_append(e->buffer, &value, sizeof value);
      }
      break;
    case LUA_TSTRING: {
      size_t count;
      const char *bytes = lua_tolstring(L, index, &count);
      if (count > UINT32_MAX) luaL_error(L, "a string longer than 4 GiB cannot be passed here");
      put_tag(e->buffer, CLUA_STRING);
      put_u32(e->buffer, (uint32_t)count);
      clua_buffer_append(e->buffer, bytes, count);
      break;
    }
    case LUA_TTABLE: encode_table(e, index); break;
    case LUA_TFUNCTION: put_reference(e, CLUA_FUNCTION, index); break;
    case LUA_TUSERDATA: encode_userdata(e, index); break;
    default: put_reference(e, CLUA_FOREIGN, index); break;
  }
}

void clua_encode(lua_State *L, int index, clua_buffer *buffer, bool lossy) {
  encoder e = {.L = L, .buffer = buffer, .lossy = lossy, .depth = 0};
  luaL_checkstack(L, 8, NULL);
  encode(&e, lua_absindex(L, index));
}

// ---- Into Lua ------------------------------------------------------------------------------------------------------

static void take(const clua_buffer *buffer, size_t *offset, void *target, size_t count) {
  memcpy(target, buffer->bytes + *offset, count);
  *offset += count;
}

static void push_table(lua_State *L, const clua_buffer *buffer, size_t *offset) {
  uint32_t array, pairs;
  take(buffer, offset, &array, sizeof array);
  take(buffer, offset, &pairs, sizeof pairs);
  lua_createtable(L, array > INT32_MAX ? INT32_MAX : (int)array, pairs > INT32_MAX ? INT32_MAX : (int)pairs);
  for (uint32_t i = 1; i <= array; i++) {
    clua_push(L, buffer, offset);
    lua_rawseti(L, -2, i);
  }
  for (uint32_t i = 0; i < pairs; i++) {
    clua_push(L, buffer, offset);
    clua_push(L, buffer, offset);
    lua_rawset(L, -3);
  }
}

static void push_object(lua_State *L, const clua_buffer *buffer, size_t *offset) {
  uint32_t type;
  uint64_t handle;
  take(buffer, offset, &type, sizeof type);
  take(buffer, offset, &handle, sizeof handle);
  uint64_t *box = lua_newuserdatauv(L, sizeof handle, 0);
  *box = handle;
  clua_get_type_metatable(L, type);
  lua_setmetatable(L, -2);
}

void clua_push(lua_State *L, const clua_buffer *buffer, size_t *offset) {
  luaL_checkstack(L, 4, "too many values");
  uint8_t tag;
  take(buffer, offset, &tag, 1);
  switch (tag) {
    case CLUA_NIL: lua_pushnil(L); break;
    case CLUA_FALSE: lua_pushboolean(L, 0); break;
    case CLUA_TRUE: lua_pushboolean(L, 1); break;
    case CLUA_INTEGER: {
      int64_t value;
      take(buffer, offset, &value, sizeof value);
      lua_pushinteger(L, value);
      break;
    }
    case CLUA_NUMBER: {
      double value;
      take(buffer, offset, &value, sizeof value);
      lua_pushnumber(L, value);
      break;
    }
    case CLUA_STRING: {
      uint32_t count;
      take(buffer, offset, &count, sizeof count);
      lua_pushlstring(L, (const char *)buffer->bytes + *offset, count);
      *offset += count;
      break;
    }
    case CLUA_TABLE: push_table(L, buffer, offset); break;
    case CLUA_FUNCTION:
    case CLUA_FOREIGN: {
      int32_t reference;
      take(buffer, offset, &reference, sizeof reference);
      lua_rawgeti(L, LUA_REGISTRYINDEX, reference);
      break;
    }
    case CLUA_OBJECT: push_object(L, buffer, offset); break;
    case CLUA_TYPED: {
      uint32_t type;
      take(buffer, offset, &type, sizeof type);
      clua_push(L, buffer, offset);
      clua_get_type_metatable(L, type);
      lua_setmetatable(L, -2);
      break;
    }
    default: luaL_error(L, "an unknown tag (%d) came from the host", (int)tag);
  }
}
