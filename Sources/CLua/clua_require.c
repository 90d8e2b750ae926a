// require, so that a module may wait while it loads: the loader is called with lua_callk. Manual §6.3.

#include "internal.h"

// Pushes the loader and its data, or raises with every searcher's reason.
static void find_loader(lua_State *L, const char *name) {
  if (lua_getfield(L, lua_upvalueindex(1), "searchers") != LUA_TTABLE)
    luaL_error(L, "'package.searchers' must be a table");
  int searchers = lua_gettop(L);
  lua_pushliteral(L, "");  // the reasons so far
  for (lua_Integer i = 1;; i++) {
    if (lua_rawgeti(L, searchers, i) == LUA_TNIL) {
      lua_pop(L, 1);
      luaL_error(L, "module '%s' not found:%s", name, lua_tostring(L, -1));
    }
    lua_pushstring(L, name);
    lua_call(L, 1, 2);
    if (lua_isfunction(L, -2)) return;
    lua_pop(L, 1);
    if (lua_isstring(L, -1)) {
      lua_pushliteral(L, "\n\t");
      lua_insert(L, -2);
      lua_concat(L, 3);
    } else {
      lua_pop(L, 1);
    }
  }
}

// Stack: name, loaded table, loader data, the loader's result.
static int finish_require(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  if (!lua_isnil(L, 4)) {
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 4);
    lua_settable(L, 2);
  }
  lua_pushvalue(L, 1);
  if (lua_gettable(L, 2) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_pushboolean(L, 1);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -2);
    lua_settable(L, 2);
  }
  lua_pushvalue(L, 3);
  return 2;
}

static int require(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  lua_settop(L, 1);
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_getfield(L, 2, name);
  if (lua_toboolean(L, -1)) return 1;
  lua_pop(L, 1);
  find_loader(L, name);
  lua_replace(L, 4);  // over "searchers", which stood at 3, and the reasons at 4: data below, loader above
  lua_replace(L, 3);
  lua_settop(L, 4);
  // now: name, loaded, loader, data
  lua_insert(L, 3);  // name, loaded, data, loader
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 3);
  lua_callk(L, 2, 1, 0, finish_require);
  return finish_require(L, LUA_OK, 0);
}

void clua_install_require(lua_State *L) {
  lua_getglobal(L, LUA_LOADLIBNAME);
  lua_pushcclosure(L, require, 1);
  lua_pushvalue(L, -1);
  lua_setfield(L, LUA_REGISTRYINDEX, "agentscript.require");
  lua_setglobal(L, "require");
}
