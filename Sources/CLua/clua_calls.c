// Calls from Lua into Swift: functions, objects, and the three ways in which a call can end (values, raise, wait).

#include "internal.h"

#include <string.h>

// ---- Where in the script -------------------------------------------------------------------------------------------

static bool is_ours(const lua_Debug *frame) {
  return strncmp(frame->source, "=agentscript/", 13) == 0 || strncmp(frame->source, "@agentscript/", 13) == 0;
}

// Pushes "file:line: " of the innermost frame that is the script's own code, or "".
void clua_push_where(lua_State *L) {
  lua_Debug frame;
  for (int level = 0; lua_getstack(L, level, &frame); level++) {
    lua_getinfo(L, "Sl", &frame);
    if (frame.currentline > 0 && !is_ours(&frame)) {
      lua_pushfstring(L, "%s:%d: ", frame.short_src, frame.currentline);
      return;
    }
  }
  lua_pushliteral(L, "");
}

void clua_where(clua_host *host) {
  host->message.count = 0;
  lua_State *L = host->current;
  if (!L || !lua_checkstack(L, 4)) return;
  lua_Debug frame;
  for (int level = 0; lua_getstack(L, level, &frame); level++) {
    lua_getinfo(L, "Sl", &frame);
    if (frame.currentline > 0 && !is_ours(&frame)) {
      char line[16];
      int digits = 0, number = frame.currentline;
      do line[sizeof line - 1 - digits++] = (char)('0' + number % 10); while (number /= 10);
      clua_buffer_append(&host->message, frame.short_src, strlen(frame.short_src));
      clua_buffer_append(&host->message, ":", 1);
      clua_buffer_append(&host->message, line + sizeof line - digits, (size_t)digits);
      return;
    }
  }
}

// ---- Cancellation --------------------------------------------------------------------------------------------------

void clua_push_sentinel(lua_State *L) {
  lua_getfield(L, LUA_REGISTRYINDEX, "agentscript.cancellation");
}

int clua_raise_cancellation(lua_State *L) {
  clua_host *host = clua_host_of(L);
  if (host->task) host->task->raises++;
  clua_push_sentinel(L);
  return lua_error(L);
}

// ---- Where C forbids a yield ---------------------------------------------------------------------------------------

// Pushes "table.sort" for the function on the top of the stack, if package.loaded knows it.
static bool push_qualified_name(lua_State *L) {
  int function = lua_gettop(L);
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    if (lua_istable(L, -1)) {
      lua_pushnil(L);
      while (lua_next(L, -2)) {
        if (lua_type(L, -2) == LUA_TSTRING && lua_rawequal(L, -1, function)) {
          const char *module = lua_tostring(L, -4), *field = lua_tostring(L, -2);
          if (strcmp(module, "_G") == 0) lua_pushstring(L, field);
          else lua_pushfstring(L, "%s.%s", module, field);
          lua_replace(L, function);
          lua_settop(L, function);
          return true;
        }
        lua_pop(L, 1);
      }
    }
    lua_pop(L, 1);
  }
  lua_settop(L, function - 1);
  return false;
}

static const char *callback_word(const char *name) {
  if (strcmp(name, "table.sort") == 0) return "table.sort's comparator";
  if (strcmp(name, "string.gsub") == 0) return "string.gsub's replacement function";
  if (strcmp(name, "load") == 0) return "load's reader function";
  if (strcmp(name, "coroutine.close") == 0) return "a to-be-closed variable that coroutine.close closes";
  if (strcmp(name, "tostring") == 0 || strcmp(name, "print") == 0) return "a __tostring metamethod";
  return NULL;
}

// Raises "sleep() cannot wait inside table.sort's comparator": names the C function that stands in the way.
static int raise_blocked(lua_State *L, const char *name) {
  lua_Debug frame;
  clua_host *host = clua_host_of(L);
  lua_State *blocker = lua_isyieldable(L) ? host->blocker : L;
  if (!blocker) blocker = L;
  clua_push_where(L);
  for (int level = blocker == L; lua_getstack(blocker, level, &frame); level++) {
    lua_getinfo(blocker, "Sn", &frame);
    if (frame.namewhat && strcmp(frame.namewhat, "metamethod") == 0 && frame.name &&
        (strcmp(frame.name, "gc") == 0 || strcmp(frame.name, "__gc") == 0)) {
      lua_pushfstring(L, "%s() cannot wait inside a __gc finalizer", name);
      lua_concat(L, 2);
      return lua_error(L);
    }
    if (strcmp(frame.what, "C") != 0) continue;
    lua_getinfo(blocker, "f", &frame);
    if (blocker != L) lua_xmove(blocker, L, 1);
    if (!push_qualified_name(L)) continue;
    const char *qualified = lua_tostring(L, -1), *word = callback_word(qualified);
    if (word) lua_pushfstring(L, "%s() cannot wait inside %s", name, word);
    else if (strcmp(qualified, "pcall") == 0 || strcmp(qualified, "xpcall") == 0 ||
             strncmp(qualified, "coroutine.", 10) == 0) {
      lua_pop(L, 1);
      continue;
    } else lua_pushfstring(L, "%s() cannot wait inside a function that %s calls", name, qualified);
    lua_remove(L, -2);
    lua_concat(L, 2);
    return lua_error(L);
  }
  lua_pushfstring(L, "%s() cannot wait here: a C function that cannot be suspended stands in between", name);
  lua_concat(L, 2);
  return lua_error(L);
}

// ---- Host functions ------------------------------------------------------------------------------------------------
// Upvalue 1: the function's number. Upvalue 2: its name.

static int continue_call(lua_State *L, int status, lua_KContext context);

// Ends a call as Swift's answer says. The answer's values start at `start` of the out buffer.
static int finish_call(lua_State *L, clua_host *host, int answer, size_t start, int base) {
  const char *name = lua_tostring(L, lua_upvalueindex(2));
  switch (answer) {
    case CLUA_RETURN: {
      size_t offset = start, end = host->out.count;
      while (offset < end) clua_push(L, &host->out, &offset);
      host->out.count = start;
      return lua_gettop(L) - base;
    }
    case CLUA_RAISE:
    case CLUA_RAISE_BARE: {
      size_t offset = start;
      clua_push(L, &host->out, &offset);
      host->out.count = start;
      if (answer == CLUA_RAISE && lua_type(L, -1) == LUA_TSTRING) {
        clua_push_where(L);
        lua_insert(L, -2);
        lua_concat(L, 2);
      }
      return lua_error(L);
    }
    case CLUA_CANCEL: return clua_raise_cancellation(L);
    case CLUA_SUSPEND:
      host->out.count = start;
      if (host->blocked || !lua_isyieldable(L)) return raise_blocked(L, name);
      host->suspending = true;
      return lua_yieldk(L, 0, base, continue_call);
    default: return luaL_error(L, "the host gave no answer to %s()", name);
  }
}

static int continue_call(lua_State *L, int status, lua_KContext context) {
  (void)status;
  clua_host *host = clua_host_of(L);
  size_t start = host->out.count;
  int answer = host->callbacks.resumed(host->context, (int32_t)lua_tointeger(L, lua_upvalueindex(1)));
  return finish_call(L, host, answer, start, (int)context);
}

static int call_host(lua_State *L) {
  clua_host *host = clua_host_of(L);
  int base = lua_gettop(L);
  size_t in = host->in.count;
  for (int i = 1; i <= base; i++) clua_encode(L, i, &host->in, false);
  size_t start = host->out.count;
  bool blocked = host->blocked || !lua_isyieldable(L);
  int answer = host->callbacks.call(host->context, (int32_t)lua_tointeger(L, lua_upvalueindex(1)),
                                    host->in.bytes + in, host->in.count - in, blocked);
  host->in.count = in;
  return finish_call(L, host, answer, start, base);
}

void clua_new_host_function(lua_State *L, int32_t function, const char *name) {
  lua_pushinteger(L, function);
  lua_pushstring(L, name);
  lua_pushcclosure(L, call_host, 2);
}

// ---- Objects -------------------------------------------------------------------------------------------------------
// Upvalue 1 of __index: the methods. Upvalue 2: the getter, a host function, or nil.

static int index_object(lua_State *L) {
  lua_settop(L, 2);
  lua_pushvalue(L, 2);
  lua_rawget(L, lua_upvalueindex(1));
  if (!lua_isnil(L, -1) || lua_isnil(L, lua_upvalueindex(2))) return 1;
  lua_pop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_insert(L, 1);
  lua_call(L, 2, 1);
  return 1;
}

static int collect_object(lua_State *L) {
  clua_host *host = clua_host_of(L);
  uint64_t handle;
  memcpy(&handle, lua_touserdata(L, 1), sizeof handle);
  lua_Integer type = lua_tointeger(L, lua_upvalueindex(1));
  host->callbacks.released(host->context, (uint32_t)type, handle);
  return 0;
}

static int equal_objects(lua_State *L) {
  uint64_t *a = lua_touserdata(L, 1), *b = lua_touserdata(L, 2);
  lua_pushboolean(L, a && b && lua_getmetatable(L, 1) && lua_getmetatable(L, 2) && lua_rawequal(L, -1, -2) && *a == *b);
  return 1;
}

typedef struct {
  uint32_t type;
  const char *name;
  const char *const *methods;
  const int32_t *functions;
  size_t count;
  int32_t getter, closer, text;
} type_definition;

static int define_type(lua_State *L) {
  type_definition *d = lua_touserdata(L, 1);
  lua_pushfstring(L, "agentscript.type.%d", (int)d->type);
  lua_createtable(L, 0, 10);
  lua_pushstring(L, d->name);
  lua_setfield(L, -2, "__name");
  lua_pushinteger(L, d->type);
  lua_setfield(L, -2, "__agentscript_type");
  lua_createtable(L, 0, (int)d->count);
  for (size_t i = 0; i < d->count; i++) {
    clua_new_host_function(L, d->functions[i], d->methods[i]);
    lua_setfield(L, -2, d->methods[i]);
  }
  if (d->getter >= 0) clua_new_host_function(L, d->getter, d->name);
  else lua_pushnil(L);
  lua_pushcclosure(L, index_object, 2);
  lua_setfield(L, -2, "__index");
  if (d->closer >= 0) {
    clua_new_host_function(L, d->closer, "close");
    lua_setfield(L, -2, "__close");
  }
  if (d->text >= 0) {
    clua_new_host_function(L, d->text, "tostring");
    lua_setfield(L, -2, "__tostring");
  }
  lua_pushinteger(L, d->type);
  lua_pushcclosure(L, collect_object, 1);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, equal_objects);
  lua_setfield(L, -2, "__eq");
  lua_pushstring(L, d->name);
  lua_setfield(L, -2, "__metatable");
  lua_rawset(L, LUA_REGISTRYINDEX);
  return 0;
}

typedef struct {
  uint32_t type;
  const char *name;
  int32_t text;
} table_type;

static int define_table_type(lua_State *L) {
  table_type *d = lua_touserdata(L, 1);
  lua_pushfstring(L, "agentscript.type.%d", (int)d->type);
  lua_createtable(L, 0, 2);
  lua_pushstring(L, d->name);
  lua_setfield(L, -2, "__name");
  clua_new_host_function(L, d->text, "tostring");
  lua_setfield(L, -2, "__tostring");
  lua_rawset(L, LUA_REGISTRYINDEX);
  return 0;
}

// ---- Definitions ---------------------------------------------------------------------------------------------------

typedef struct {
  const char *table, *name;
  int32_t function;
  const char *module;
} definition;

static void push_target(lua_State *L, const char *table) {
  if (!table) {
    lua_pushglobaltable(L);
    return;
  }
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  luaL_getsubtable(L, -1, table);
  lua_remove(L, -2);
}

static int define(lua_State *L) {
  definition *d = lua_touserdata(L, 1);
  push_target(L, d->table);
  clua_new_host_function(L, d->function, d->name);
  lua_setfield(L, -2, d->name);
  return 0;
}

static int call_lazy_done(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  return lua_gettop(L);
}

static int call_lazy_loaded(lua_State *L, int status, lua_KContext context) {
  (void)status;
  int arguments = (int)context;
  lua_getfield(L, -1, lua_tostring(L, lua_upvalueindex(2)));
  lua_insert(L, 1);
  lua_settop(L, arguments + 1);
  lua_callk(L, arguments, LUA_MULTRET, 0, call_lazy_done);
  return call_lazy_done(L, LUA_OK, 0);
}

// Upvalue 1: module. Upvalue 2: name. Loads the module by the registry's own require, which no script can replace.
static int call_lazy(lua_State *L) {
  int arguments = lua_gettop(L);
  lua_getfield(L, LUA_REGISTRYINDEX, "agentscript.require");
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_callk(L, 1, 1, arguments, call_lazy_loaded);
  return call_lazy_loaded(L, LUA_OK, arguments);
}

static int define_lazy(lua_State *L) {
  definition *d = lua_touserdata(L, 1);
  push_target(L, d->table);
  lua_pushstring(L, d->module);
  lua_pushstring(L, d->name);
  lua_pushcclosure(L, call_lazy, 2);
  lua_setfield(L, -2, d->name);
  return 0;
}

typedef struct {
  uint32_t type;
  const char *name, *module;
} lazy_method;

static int define_lazy_method(lua_State *L) {
  lazy_method *d = lua_touserdata(L, 1);
  clua_get_type_metatable(L, d->type);
  luaL_getsubtable(L, -1, "__index");
  lua_pushstring(L, d->module);
  lua_pushstring(L, d->name);
  lua_pushcclosure(L, call_lazy, 2);
  lua_setfield(L, -2, d->name);
  return 0;
}

static int set_global(lua_State *L) {
  definition *d = lua_touserdata(L, 1);
  clua_host *host = clua_host_of(L);
  size_t offset = host->out.count - (size_t)d->function;
  clua_push(L, &host->out, &offset);
  lua_setglobal(L, d->name);
  return 0;
}

static int define_searcher(lua_State *L) {
  definition *d = lua_touserdata(L, 1);
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_getfield(L, -1, LUA_LOADLIBNAME);
  lua_getfield(L, -1, "searchers");
  lua_Integer count = (lua_Integer)lua_rawlen(L, -1);
  for (lua_Integer i = count; i >= 2; i--) {
    lua_rawgeti(L, -1, i);
    lua_rawseti(L, -2, i + 1);
  }
  clua_new_host_function(L, d->function, "require");
  lua_rawseti(L, -2, 2);
  return 0;
}

// Runs a definition protected.
static clua_status run_definition(clua_host *host, lua_CFunction function, void *argument) {
  lua_State *L = host->state;
  lua_pushcfunction(L, function);
  lua_pushlightuserdata(L, argument);
  int status = lua_pcall(L, 1, 0, 0);
  if (status == LUA_OK) return CLUA_DONE;
  const char *text = lua_tostring(L, -1);
  host->message.count = 0;
  if (text) clua_buffer_append(&host->message, text, strlen(text));
  lua_pop(L, 1);
  return CLUA_FAILED;
}

clua_status clua_define(clua_host *host, const char *table, const char *name, int32_t function) {
  definition d = {table, name, function, NULL};
  return run_definition(host, define, &d);
}

clua_status clua_define_lazy(clua_host *host, const char *table, const char *name, const char *module) {
  definition d = {table, name, 0, module};
  return run_definition(host, define_lazy, &d);
}

clua_status clua_define_searcher(clua_host *host, int32_t function) {
  definition d = {NULL, NULL, function, NULL};
  return run_definition(host, define_searcher, &d);
}

clua_status clua_set_global(clua_host *host, const char *name, const uint8_t *bytes, size_t count) {
  size_t start = host->out.count;
  clua_buffer_append(&host->out, bytes, count);
  definition d = {NULL, name, (int32_t)count, NULL};
  clua_status status = run_definition(host, set_global, &d);
  host->out.count = start;
  return status;
}

clua_status clua_define_table_type(clua_host *host, uint32_t type, const char *name, int32_t text) {
  table_type d = {type, name, text};
  return run_definition(host, define_table_type, &d);
}

clua_status clua_define_lazy_method(clua_host *host, uint32_t type, const char *name, const char *module) {
  lazy_method d = {type, name, module};
  return run_definition(host, define_lazy_method, &d);
}

clua_status clua_define_type(clua_host *host, uint32_t type, const char *name, const char *const *methods,
                             const int32_t *functions, size_t count, int32_t getter, int32_t closer, int32_t text) {
  type_definition d = {type, name, methods, functions, count, getter, closer, text};
  return run_definition(host, define_type, &d);
}
