// coroutine.*, pcall and xpcall, so that a wait of the host passes through the script's own coroutines.
//
// A host function that waits yields with `suspending` set. Each coroutine.resume on the way up sees the flag, marks the
// coroutine below as waiting and yields in turn, until the driver holds the root. On the way back each continuation
// resumes the one below, and the innermost one asks the host for the answer. The root poses as the main thread.
//
// A cancellation is not for pcall to keep: one that was raised since a pcall began (the task's `raises` tells) is raised
// again when that pcall ends. A pcall that a to-be-closed variable makes during the unwinding began later, and keeps
// its own errors.

#include "internal.h"

#include <string.h>

static uint32_t raises_of(const clua_host *host) { return host->task ? host->task->raises : 0; }
static bool is_root(lua_State *L) {
  clua_host *host = clua_host_of(L);
  return (host->task && host->task->thread == L) || host->state == L;
}

void clua_add_trace(lua_State *L, lua_State *from, int level) {
  clua_host *host = clua_host_of(L);
  if (!lua_checkstack(L, 8) || !lua_checkstack(from, 8)) return;
  luaL_traceback(L, from, NULL, level);
  size_t count;
  const char *text = lua_tolstring(L, -1, &count);
  if (host->trace.count) {
    const char header[] = "stack traceback:";
    if (count > sizeof header && strncmp(text, header, sizeof header - 1) == 0) {
      text += sizeof header - 1;
      count -= sizeof header - 1;
      const char joint[] = "\n\t(inside a coroutine resumed by)";
      clua_buffer_append(&host->trace, joint, sizeof joint - 1);
    }
  }
  clua_buffer_append(&host->trace, text, count);
  lua_pop(L, 1);
}

// ---- resume and wrap -----------------------------------------------------------------------------------------------

// Resumes `co` with `arguments` values on its stack. Returns the number of results on `co`, -1 after an error (its value
// on `co`), -2 if the host's wait must be passed up.
static int run(lua_State *L, lua_State *co, int arguments) {
  clua_host *host = clua_host_of(L);
  bool blocked = host->blocked;
  if (!blocked && !lua_isyieldable(L)) {
    host->blocked = true;
    host->blocker = L;
  }
  host->current = co;
  int results = 0, status = lua_resume(co, L, arguments, &results);
  host->current = L;
  host->blocked = blocked;
  if (status == LUA_YIELD && host->suspending) return -2;
  return status == LUA_OK || status == LUA_YIELD ? results : -1;
}

// Runs the pending to-be-closed variables of a dead coroutine; they cannot wait there.
static int reset(lua_State *L, lua_State *co) {
  clua_host *host = clua_host_of(L);
  bool blocked = host->blocked;
  host->blocked = true;
  host->blocker = L;
  host->current = co;
  int code = lua_resetthread(co);
  host->current = L;
  host->blocked = blocked;
  return code;
}

static bool can_resume(lua_State *L, lua_State *co, int arguments, const char **why) {
  if (!lua_checkstack(co, arguments)) {
    *why = "too many arguments to resume";
    return false;
  }
  int status = lua_status(co);
  lua_Debug frame;
  if (status == LUA_OK && lua_gettop(co) == 0) *why = "cannot resume dead coroutine";
  else if (clua_waits(co) || (status == LUA_OK && (L == co || lua_getstack(co, 0, &frame))))
    *why = "cannot resume non-suspended coroutine";
  else if (status != LUA_OK && status != LUA_YIELD) *why = "cannot resume dead coroutine";
  else return true;
  return false;
}

static int resume_continue(lua_State *L, int status, lua_KContext context);

// `co` is at index 1 of L. `before` is the number of raises when the resume began.
static int resume_with(lua_State *L, int arguments, uint32_t before, bool wraps) {
  lua_State *co = lua_tothread(L, 1);
  clua_host *host = clua_host_of(L);
  clua_set_waits(co, false);
  int results = run(L, co, arguments);
  if (results == -2) {
    clua_set_waits(co, true);
    return lua_yieldk(L, 0, ((lua_KContext)before << 1) | wraps, resume_continue);
  }
  if (results >= 0) {
    if (!lua_checkstack(L, results + 1)) {
      lua_pop(co, results);
      if (wraps) return luaL_error(L, "too many results to resume");
      lua_pushboolean(L, 0);
      lua_pushliteral(L, "too many results to resume");
      return 2;
    }
    if (!wraps) lua_pushboolean(L, 1);
    lua_xmove(co, L, results);
    return wraps ? results : results + 1;
  }
  if (raises_of(host) != before) {
    reset(L, co);
    return clua_raise_cancellation(L);
  }
  if (!wraps) {
    lua_pushboolean(L, 0);
    lua_xmove(co, L, 1);
    return 2;
  }
  clua_add_trace(L, co, 0);
  int code = reset(L, co);  // closes its pending variables; leaves the error on its stack
  lua_xmove(co, L, 1);
  if (code != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

static int resume_continue(lua_State *L, int status, lua_KContext context) {
  (void)status;
  return resume_with(L, 0, (uint32_t)(context >> 1), context & 1);
}

static lua_State *check_coroutine(lua_State *L) {
  lua_State *co = lua_tothread(L, 1);
  luaL_argexpected(L, co, 1, "coroutine");
  return co;
}

static int co_resume(lua_State *L) {
  lua_State *co = check_coroutine(L);
  int arguments = lua_gettop(L) - 1;
  const char *why;
  if (!can_resume(L, co, arguments, &why)) {
    lua_pushboolean(L, 0);
    lua_pushstring(L, why);
    return 2;
  }
  lua_xmove(L, co, arguments);
  return resume_with(L, arguments, raises_of(clua_host_of(L)), false);
}

static int wrapped(lua_State *L) {
  lua_State *co = lua_tothread(L, lua_upvalueindex(1));
  int arguments = lua_gettop(L);
  const char *why;
  if (!can_resume(L, co, arguments, &why)) {
    luaL_where(L, 1);
    lua_pushstring(L, why);
    lua_concat(L, 2);
    return lua_error(L);
  }
  lua_xmove(L, co, arguments);
  lua_pushvalue(L, lua_upvalueindex(1));  // index 1, where resume_with looks for it
  return resume_with(L, arguments, raises_of(clua_host_of(L)), true);
}

static int co_create(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_State *co = lua_newthread(L);
  *(uintptr_t *)lua_getextraspace(co) = (uintptr_t)clua_host_of(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  return 1;
}

static int co_wrap(lua_State *L) {
  co_create(L);
  lua_pushcclosure(L, wrapped, 1);
  return 1;
}

static int co_yield(lua_State *L) {
  if (is_root(L)) return luaL_error(L, "attempt to yield from outside a coroutine");
  return lua_yield(L, lua_gettop(L));
}

static const char *status_of(lua_State *L, lua_State *co) {
  if (L == co) return "running";
  if (clua_waits(co)) return "normal";
  lua_Debug frame;
  switch (lua_status(co)) {
    case LUA_YIELD: return "suspended";
    case LUA_OK:
      if (lua_getstack(co, 0, &frame)) return "normal";
      return lua_gettop(co) == 0 ? "dead" : "suspended";
    default: return "dead";
  }
}

static int co_status(lua_State *L) {
  lua_pushstring(L, status_of(L, check_coroutine(L)));
  return 1;
}

static int co_isyieldable(lua_State *L) {
  lua_State *co = lua_isnone(L, 1) ? L : check_coroutine(L);
  lua_pushboolean(L, !is_root(co) && lua_isyieldable(co));
  return 1;
}

static int co_running(lua_State *L) {
  lua_pushthread(L);
  lua_pushboolean(L, is_root(L));
  return 2;
}

static int co_close(lua_State *L) {
  lua_State *co = check_coroutine(L);
  const char *status = status_of(L, co);
  if (strcmp(status, "dead") != 0 && strcmp(status, "suspended") != 0)
    return luaL_error(L, "cannot close a %s coroutine", status);
  int code = reset(L, co);
  lua_pushboolean(L, code == LUA_OK);
  if (code == LUA_OK) return 1;
  lua_xmove(co, L, 1);
  return 2;
}

// ---- pcall and xpcall ----------------------------------------------------------------------------------------------
// The context carries the number of raises at the beginning and the values to leave on the stack (0 or 2).

static int finish_protected(lua_State *L, int status, lua_KContext context) {
  clua_host *host = clua_host_of(L);
  int keep = (int)(context & 3);
  if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(L) - keep;
  if (raises_of(host) != (uint32_t)(context >> 2)) return clua_raise_cancellation(L);
  host->trace.count = 0;
  lua_pushboolean(L, 0);
  lua_pushvalue(L, -2);
  return 2;
}

static int protected_call(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, 1);
  lua_insert(L, 1);
  lua_KContext context = (lua_KContext)raises_of(clua_host_of(L)) << 2;
  return finish_protected(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, context, finish_protected), context);
}

static int protected_call_with_handler(lua_State *L) {
  int arguments = lua_gettop(L) - 2;
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_pushboolean(L, 1);
  lua_pushvalue(L, 1);
  lua_rotate(L, 3, 2);  // function, handler, true, function, arguments…
  lua_KContext context = ((lua_KContext)raises_of(clua_host_of(L)) << 2) | 2;
  return finish_protected(L, lua_pcallk(L, arguments, LUA_MULTRET, 2, context, finish_protected), context);
}

void clua_install_coroutines(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"create", co_create}, {"resume", co_resume}, {"wrap", co_wrap}, {"yield", co_yield}, {"status", co_status},
      {"isyieldable", co_isyieldable}, {"running", co_running}, {"close", co_close}, {NULL, NULL}};
  lua_getglobal(L, LUA_COLIBNAME);
  luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
  lua_pushcfunction(L, protected_call);
  lua_setglobal(L, "pcall");
  lua_pushcfunction(L, protected_call_with_handler);
  lua_setglobal(L, "xpcall");
}
