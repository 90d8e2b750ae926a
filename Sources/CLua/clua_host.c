// A Lua state with its host: memory, tasks, errors, interruption.

#include "internal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

const char *const clua_copyright = LUA_COPYRIGHT;

// ---- Memory, warnings ----------------------------------------------------------------------------------------------

static void *allocate(void *context, void *block, size_t old_size, size_t new_size) {
  clua_host *host = context;
  if (!block) old_size = 0;  // then it is a kind of object, not a size
  if (new_size == 0) {
    clua_memory_free(host->memory, block, old_size);
    host->memory_used -= old_size;
    return NULL;
  }
  if (new_size > old_size && host->armed && host->memory_used + (new_size - old_size) > host->memory_limit) return NULL;
  void *grown = clua_memory_resize(host->memory, block, old_size, new_size);
  if (grown) host->memory_used += new_size - old_size;
  return grown;
}

// The warning functions of lauxlib are not exported: off until "@on", one message may come in pieces (manual §6.1).
typedef struct {
  lua_State *L;
  bool on, inside;
} warnings;

static void warn(void *context, const char *text, int to_continue) {
  warnings *w = context;
  if (!w->inside && !to_continue && *text == '@') {
    if (strcmp(text, "@on") == 0) w->on = true;
    else if (strcmp(text, "@off") == 0) w->on = false;
    return;
  }
  if (w->on) {
    if (!w->inside) lua_writestringerror("%s", "Lua warning: ");
    lua_writestringerror("%s", text);
    if (!to_continue) lua_writestringerror("%s", "\n");
  }
  w->inside = to_continue;
}

static int panic(lua_State *L) {
  const char *text = lua_tostring(L, -1);
  lua_writestringerror("PANIC: unprotected error in call to Lua API (%s)\n", text ? text : "not a string");
  return 0;
}

int clua_gc_count(clua_host *host) { return lua_gc(host->state, LUA_GCCOUNT); }
void clua_gc_generational(clua_host *host) { lua_gc(host->state, LUA_GCGEN, 0, 0); }
void clua_warning(clua_host *host, const char *text, bool to_continue) { lua_warning(host->state, text, to_continue); }

// ---- Opening and closing -------------------------------------------------------------------------------------------

clua_host *clua_open(void *context, clua_callbacks callbacks) {
  clua_host *host = calloc(1, sizeof *host + sizeof(warnings));
  if (!host) return NULL;
  host->context = context;
  host->callbacks = callbacks;
  host->memory_limit = SIZE_MAX;
  host->crossing_limit = SIZE_MAX;
  host->memory = clua_memory_open();
  lua_State *L = host->memory ? lua_newstate(allocate, host) : NULL;
  if (!L) {
    if (host->memory) clua_memory_close(host->memory);
    free(host);
    return NULL;
  }
  host->state = L;
  host->current = L;
  *(uintptr_t *)lua_getextraspace(L) = (uintptr_t)host;
  lua_atpanic(L, panic);
  warnings *w = (warnings *)(host + 1);
  w->L = L;
  lua_setwarnf(L, warn, w);
  return host;
}

void clua_close(clua_host *host) {
  host->armed = false;
  host->task = NULL;
  lua_close(host->state);
  clua_memory_close(host->memory);
  free(host->in.bytes);
  free(host->out.bytes);
  free(host->trace.bytes);
  free(host->message.bytes);
  free(host);
}

static int describe_sentinel(lua_State *L) {
  lua_pushliteral(L, "cancelled");
  return 1;
}

static int open_libraries(lua_State *L) {
  clua_host *host = clua_host_of(L);
  if (lua_toboolean(L, 1)) {
    lua_pushboolean(L, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV");
  }
  luaL_openlibs(L);
  clua_install_coroutines(L);
  clua_install_require(L);
  host->sentinel = lua_newuserdatauv(L, 1, 0);
  lua_createtable(L, 0, 2);
  lua_pushcfunction(L, describe_sentinel);
  lua_setfield(L, -2, "__tostring");
  lua_pushliteral(L, "cancellation");
  lua_setfield(L, -2, "__name");
  lua_setmetatable(L, -2);
  lua_setfield(L, LUA_REGISTRYINDEX, "agentscript.cancellation");
  return 0;
}

static int open_data_libraries(lua_State *L) {
  luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 1);
  lua_pushnil(L);
  lua_setfield(L, -2, "dump");
  luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 1);
  luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 1);
  // What a description says must not change from one reading to the next.
  lua_pushnil(L);
  lua_setfield(L, -2, "random");
  lua_pushnil(L);
  lua_setfield(L, -2, "randomseed");
  return 0;
}

// ---- Errors --------------------------------------------------------------------------------------------------------

static int describe_error(lua_State *L) {
  if (lua_type(L, 1) != LUA_TSTRING && luaL_callmeta(L, 1, "__tostring") && lua_type(L, -1) == LUA_TSTRING) return 1;
  if (lua_isstring(L, 1)) {
    lua_pushvalue(L, 1);
    return 1;
  }
  lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
  return 1;
}

static int encode_error(lua_State *L) {
  clua_host *host = clua_host_of(L);
  if (lua_type(L, 1) == LUA_TSTRING) clua_encode(L, 1, &host->out, true);
  else {
    uint8_t tag = CLUA_FOREIGN;
    lua_settop(L, 1);
    int32_t reference = luaL_ref(L, LUA_REGISTRYINDEX);
    clua_buffer_append(&host->out, &tag, 1);
    clua_buffer_append(&host->out, &reference, sizeof reference);
  }
  return 0;
}

// Pushes onto the main state a function and, as its argument, the error value that lies on top of `from`.
static void push_with_error(lua_State *L, lua_CFunction function, lua_State *from) {
  lua_pushcfunction(L, function);
  if (from == L) {
    lua_pushvalue(L, -2);
  } else {
    lua_pushvalue(from, -1);
    lua_xmove(from, L, 1);
  }
}

// The text of the error value on top of `from`, into `message`.
static void describe(clua_host *host, lua_State *from) {
  lua_State *L = host->state;
  bool is_string = lua_type(from, -1) == LUA_TSTRING;
  host->message.count = 0;
  push_with_error(L, describe_error, from);
  if (lua_pcall(L, 1, 1, 0) == LUA_OK || is_string) {
    size_t count;
    const char *text = lua_tolstring(L, -1, &count);
    clua_buffer_append(&host->message, text, text ? count : 0);
  } else {
    const char text[] = "(the error object's __tostring failed)";
    clua_buffer_append(&host->message, text, sizeof text - 1);
  }
  lua_pop(L, 1);
}

// Takes the error value from the top of `from`: its text, and itself for whoever raises it again.
static clua_status take_error(clua_host *host, lua_State *from) {
  lua_State *L = host->state;
  bool described = host->described;
  host->described = false;
  host->out.count = 0;
  if (host->sentinel && lua_touserdata(from, -1) == host->sentinel) {
    lua_pop(from, 1);
    host->message.count = host->trace.count = 0;
    return CLUA_CANCELLED;
  }
  if (!described) describe(host, from);
  push_with_error(L, encode_error, from);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) lua_pop(L, 1);
  lua_pop(from, 1);
  return CLUA_FAILED;
}

clua_status clua_open_libraries(clua_host *host, bool ignore_environment) {
  lua_State *L = host->state;
  lua_pushcfunction(L, open_libraries);
  lua_pushboolean(L, ignore_environment);
  return lua_pcall(L, 1, 0, 0) == LUA_OK ? CLUA_DONE : take_error(host, L);
}

clua_status clua_open_data_libraries(clua_host *host) {
  lua_State *L = host->state;
  lua_pushcfunction(L, open_data_libraries);
  return lua_pcall(L, 0, 0, 0) == LUA_OK ? CLUA_DONE : take_error(host, L);
}

// ---- Functions and values ------------------------------------------------------------------------------------------

static int make_reference(lua_State *L) {
  lua_pushinteger(L, luaL_ref(L, LUA_REGISTRYINDEX));
  return 1;
}

static clua_status keep(clua_host *host, int status, int *reference) {
  lua_State *L = host->state;
  if (status != LUA_OK) return take_error(host, L);
  lua_pushcfunction(L, make_reference);
  lua_insert(L, -2);
  if (lua_pcall(L, 1, 1, 0) != LUA_OK) return take_error(host, L);
  *reference = (int)lua_tointeger(L, -1);
  lua_pop(L, 1);
  return CLUA_DONE;
}

clua_status clua_load(clua_host *host, const uint8_t *bytes, size_t count, const char *chunk_name, const char *mode,
                      int *reference) {
  return keep(host, luaL_loadbufferx(host->state, (const char *)bytes, count, chunk_name, mode), reference);
}

clua_status clua_load_file(clua_host *host, const char *path, int *reference) {
  return keep(host, luaL_loadfilex(host->state, path, NULL), reference);
}

void clua_release(clua_host *host, int reference) { luaL_unref(host->state, LUA_REGISTRYINDEX, reference); }

typedef struct {
  int reference;
  clua_buffer *buffer;
} reading;

static int read_value(lua_State *L) {
  reading *r = lua_touserdata(L, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, r->reference);
  clua_encode(L, -1, r->buffer, true);
  return 0;
}

clua_status clua_read(clua_host *host, int reference) {
  lua_State *L = host->state;
  host->out.count = 0;
  reading r = {reference, &host->out};
  lua_pushcfunction(L, read_value);
  lua_pushlightuserdata(L, &r);
  return lua_pcall(L, 1, 0, 0) == LUA_OK ? CLUA_DONE : take_error(host, L);
}

// ---- Tasks ---------------------------------------------------------------------------------------------------------

// The body of every task runs inside a pcall of ours: its handler takes the traceback where the error was raised, and
// to-be-closed variables may wait while an error or a cancellation goes up.
static int handle_error(lua_State *L) {
  clua_host *host = clua_host_of(L);
  if (lua_touserdata(L, 1) == host->sentinel) return 1;
  // An object is asked for its text here, where its __tostring finds the stack that raised it, as in lua itself.
  if (lua_type(L, 1) != LUA_TSTRING && luaL_callmeta(L, 1, "__tostring") && lua_type(L, -1) == LUA_TSTRING) {
    size_t count;
    const char *text = lua_tolstring(L, -1, &count);
    host->message.count = 0;
    clua_buffer_append(&host->message, text, count);
    host->described = true;
  } else {
    clua_add_trace(L, L, 1);
  }
  lua_settop(L, 1);
  return 1;
}

static int finish_body(lua_State *L, int status, lua_KContext context) {
  (void)context;
  if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(L) - 1;
  return lua_error(L);
}

static int body(lua_State *L) {
  lua_pushcfunction(L, handle_error);
  lua_insert(L, 1);
  return finish_body(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 1, 0, finish_body), 0);
}

typedef struct {
  clua_task *task;
  int function;
  size_t start;
} opening;

static int open_task(lua_State *L) {
  opening *o = lua_touserdata(L, 1);
  clua_host *host = clua_host_of(L);
  lua_State *thread = lua_newthread(L);
  lua_pushcfunction(L, body);
  int base = lua_gettop(L);
  lua_rawgeti(L, LUA_REGISTRYINDEX, o->function);
  size_t offset = o->start;
  while (offset < host->out.count) clua_push(L, &host->out, &offset);
  int values = lua_gettop(L) - base + 1;
  luaL_checkstack(thread, values, "too many arguments");
  lua_xmove(L, thread, values);
  o->task->reference = luaL_ref(L, LUA_REGISTRYINDEX);
  o->task->thread = thread;
  return 0;
}

clua_status clua_task_open(clua_host *host, clua_task *task, int function, const uint8_t *bytes, size_t count) {
  lua_State *L = host->state;
  *task = (clua_task){.reference = LUA_NOREF};
  opening o = {task, function, host->out.count};
  clua_buffer_append(&host->out, bytes, count);
  lua_pushcfunction(L, open_task);
  lua_pushlightuserdata(L, &o);
  int status = lua_pcall(L, 1, 0, 0);
  host->out.count = o.start;
  return status == LUA_OK ? CLUA_DONE : take_error(host, L);
}

static int encode_results(lua_State *L) {
  clua_host *host = clua_host_of(L);
  for (int i = 1, count = lua_gettop(L); i <= count; i++) clua_encode(L, i, &host->out, true);
  return 0;
}

clua_status clua_task_resume(clua_host *host, clua_task *task, uint32_t *values) {
  lua_State *thread = task->thread, *L = host->state;
  int results = 0, arguments = task->suspended ? 0 : lua_gettop(thread) - 1;
  host->in.count = host->out.count = host->message.count = host->trace.count = 0;
  host->task = task;
  host->current = thread;
  host->suspending = host->blocked = host->described = false;
  host->armed = true;
  host->running = true;
  task->suspended = false;
  clua_set_waits(thread, false);
  int status = lua_resume(thread, NULL, arguments, &results);
  host->running = false;
  host->armed = false;
  host->current = L;
  clua_status answer;
  if (status == LUA_YIELD) {
    host->suspending = false;
    task->suspended = true;
    clua_set_waits(thread, true);
    answer = CLUA_WAITING;
  } else if (status == LUA_OK) {
    *values = (uint32_t)results;
    host->out.count = 0;
    answer = CLUA_DONE;
    if (results > 0) {
      lua_pushcfunction(L, encode_results);
      if (lua_checkstack(L, results)) lua_xmove(thread, L, results);
      else results = 0;
      if (lua_pcall(L, results, 0, 0) != LUA_OK) answer = take_error(host, L);
    }
  } else {
    answer = take_error(host, thread);
  }
  host->task = NULL;
  return answer;
}

clua_status clua_task_unwind(clua_host *host, clua_task *task) {
  host->task = task;
  host->current = task->thread;
  host->armed = host->running = host->blocked = true;
  clua_set_waits(task->thread, false);
  int status = lua_resetthread(task->thread);
  host->armed = host->running = host->blocked = false;
  host->current = host->state;
  host->task = NULL;
  task->suspended = false;
  return status == LUA_OK ? CLUA_DONE : take_error(host, task->thread);
}

void clua_task_close(clua_host *host, clua_task *task) {
  if (task->reference != LUA_NOREF) luaL_unref(host->state, LUA_REGISTRYINDEX, task->reference);
  task->reference = LUA_NOREF;
  task->thread = NULL;
}

void clua_task_traceback(clua_host *host, clua_task *task) {
  host->trace.count = 0;
  if (task->thread) clua_add_trace(host->state, task->thread, 0);
}

// ---- Interruption --------------------------------------------------------------------------------------------------
// A signal to the Lua thread installs a one-shot hook on the coroutine that runs; the hook asks Swift. In between no
// hook stands, so Lua runs at full speed. lua_sethook is the one call that Lua allows from a signal handler.

static _Thread_local clua_host *bound;

static void count_instructions(lua_State *L, lua_Debug *frame);

static void interrupt_hook(lua_State *L, lua_Debug *frame) {
  (void)frame;
  clua_host *host = clua_host_of(L);
  lua_sethook(L, host->script_hook, host->script_hook_mask, host->script_hook_count);
  host->script_hook = NULL;
  host->script_hook_mask = host->script_hook_count = 0;
  size_t start = host->out.count;
  int answer = host->callbacks.interrupted(host->context);
  if (answer == CLUA_CANCEL) clua_raise_cancellation(L);
  if (answer == CLUA_RAISE_BARE) {
    size_t offset = start;
    clua_push(L, &host->out, &offset);
    host->out.count = start;
    lua_error(L);
  }
}

// It may come in the middle of a sanitizer's own code.
#if __has_attribute(disable_sanitizer_instrumentation)
__attribute__((disable_sanitizer_instrumentation))
#endif
static void on_signal(int signal) {
  (void)signal;
  clua_host *host = bound;
  if (!host || !host->running) return;
  lua_State *L = host->current;
  if (lua_gethook(L) != interrupt_hook) {
    host->script_hook = lua_gethook(L);
    host->script_hook_mask = lua_gethookmask(L);
    host->script_hook_count = lua_gethookcount(L);
  }
  lua_sethook(L, interrupt_hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

void clua_interrupt_install(int signal, clua_host *host) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, NULL);
  bound = host;
  sigset_t set;  // threads of a pool are born with their signals blocked
  sigemptyset(&set);
  sigaddset(&set, signal);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void clua_interrupt_remove(clua_host *host) {
  if (bound == host) bound = NULL;
}

#define CLUA_COUNT_STEP 10000

static void count_instructions(lua_State *L, lua_Debug *frame) {
  (void)frame;
  clua_host *host = clua_host_of(L);
  host->instructions_left -= CLUA_COUNT_STEP;
  if (host->instructions_left < 0) {
    lua_pushliteral(L, "the script's instruction limit is reached");
    lua_error(L);
  }
}

void clua_limit_instructions(clua_host *host, int64_t count) {
  host->instructions_left = count;
  lua_sethook(host->state, count_instructions, LUA_MASKCOUNT, CLUA_COUNT_STEP);
}
