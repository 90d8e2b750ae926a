// The Lua C API as Swift sees it.
//
// Invariants of this target:
// - Everything that Lua can call, and every Lua API call that can raise, lives here, in C: a raise is a `longjmp`, and
//   no Swift frame may stand between its `setjmp` and it.
// - A Swift callback returns a code; its values are already bytes in a buffer of the host when it returns. Only then
//   does C push, raise or yield.
// - One `clua_host` per Lua state, found from any coroutine through Lua's extra space. Bit 0 of a coroutine's extra
//   space says that it waits inside a call of the host, so that nobody else resumes, closes or kills it.
#ifndef CLUA_H
#define CLUA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#if __has_include(<lua5.4/lua.h>)
#include <lua5.4/lua.h>
#include <lua5.4/lauxlib.h>
#include <lua5.4/lualib.h>
#else
#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>
#endif

// The copyright line that `lua -v` prints (a macro of string parts, which Swift does not import).
extern const char *const clua_copyright;

// ---- Buffers -------------------------------------------------------------------------------------------------------

// Bytes that cross the boundary. Nested calls (a finaliser that runs while results are pushed) append behind each other;
// readers keep offsets, never pointers.
typedef struct clua_buffer {
  uint8_t *bytes;
  size_t count;
  size_t capacity;
} clua_buffer;

void clua_buffer_append(clua_buffer *buffer, const void *bytes, size_t count);

// The tags of one value in a buffer. Numbers are little endian and unaligned.
enum clua_tag {
  CLUA_NIL = 0,
  CLUA_FALSE = 1,
  CLUA_TRUE = 2,
  CLUA_INTEGER = 3,   // int64
  CLUA_NUMBER = 4,    // double
  CLUA_STRING = 5,    // uint32 count, bytes
  CLUA_TABLE = 6,     // uint32 array count, uint32 pair count, values, then key and value of each pair
  CLUA_FUNCTION = 7,  // int32 reference in the registry
  CLUA_OBJECT = 8,    // uint32 type, uint64 handle
  CLUA_FOREIGN = 9,   // int32 reference in the registry: a userdata or coroutine that is not ours
  CLUA_TYPED = 10,    // uint32 type, then a table: on its way into Lua it gets that type's metatable
};

// ---- The host ------------------------------------------------------------------------------------------------------

// What a Swift callback asks C to do with what it left in the out buffer.
enum clua_answer {
  CLUA_RETURN = 0,   // values
  CLUA_RAISE = 1,    // one value: raise it; a string gets the script's position in front
  CLUA_SUSPEND = 2,  // nothing: the coroutine waits; `resumed` is asked when the driver resumes it
  CLUA_CANCEL = 3,   // nothing: raise the cancellation
  CLUA_RAISE_BARE = 4,  // one value: raise it as it is
};

typedef struct clua_callbacks {
  // A host function was called. `blocked` is true where Lua cannot yield: CLUA_SUSPEND would then be refused.
  int (*call)(void *context, int32_t function, const uint8_t *arguments, size_t count, bool blocked);
  // The driver resumed the coroutine that had waited in `function`.
  int (*resumed)(void *context, int32_t function);
  // The script was interrupted: CLUA_RETURN goes on, CLUA_CANCEL and CLUA_RAISE_BARE stop it.
  int (*interrupted)(void *context);
  // The last reference to an object of Swift's died in Lua.
  void (*released)(void *context, uint32_t type, uint64_t handle);
} clua_callbacks;

// One root coroutine: a script task.
typedef struct clua_task {
  lua_State *thread;
  int reference;     // keeps the thread alive, in the registry
  uint32_t raises;   // how often the cancellation was raised in it
  bool suspended;    // waits inside a host call
} clua_task;

typedef struct clua_host {
  lua_State *state;
  void *context;
  clua_callbacks callbacks;
  clua_task *task;      // whose coroutine runs now
  lua_State *current;   // the innermost coroutine that runs now
  bool running;         // Lua code runs now
  bool suspending;      // a yield of ours is on its way up to the driver
  bool blocked;         // an enclosing coroutine stands where C forbids a yield
  lua_State *blocker;   // that coroutine
  size_t memory_used;
  size_t memory_limit;  // bytes; SIZE_MAX for none
  struct clua_memory *memory;
  bool armed;           // the limit counts only while Lua runs protected
  size_t crossing_limit;  // bytes of one value on its way to Swift; SIZE_MAX for none
  clua_buffer in;
  clua_buffer out;
  clua_buffer trace;    // tracebacks of coroutines that the error in flight came through
  clua_buffer message;  // the text of the last error, see clua_status
  bool described;       // `message` holds the text of the error object that is going up
  void *sentinel;       // the cancellation, as an error value
  lua_Hook script_hook; // what an interruption displaced
  int script_hook_mask;
  int script_hook_count;
  int64_t instructions_left;
} clua_host;

// How a protected operation ended.
typedef enum clua_status {
  CLUA_DONE = 0,
  CLUA_WAITING = 1,    // the task waits inside a host call
  CLUA_FAILED = 2,     // `message` holds the text, `trace` the traceback, the out buffer the value
  CLUA_CANCELLED = 3,  // the cancellation came out of the task
} clua_status;

// NULL if there is no memory.
clua_host *clua_open(void *context, clua_callbacks callbacks);
// Runs the finalisers. Nothing of the host may be used afterwards.
void clua_close(clua_host *host);
// The libraries of Lua, with our coroutine functions, pcall, xpcall and require in place.
clua_status clua_open_libraries(clua_host *host, bool ignore_environment);
// string without dump, table and math without its random numbers: for chunks that only describe data.
clua_status clua_open_data_libraries(clua_host *host);

// ---- Definitions ---------------------------------------------------------------------------------------------------

// Sets `table.name` (or the global, if `table` is NULL) to a host function. `table` is created in package.loaded.
clua_status clua_define(clua_host *host, const char *table, const char *name, int32_t function);
// The metatable of a type of objects: methods by name, functions for fields, for closing and for tostring (or -1).
clua_status clua_define_type(clua_host *host, uint32_t type, const char *name, const char *const *methods,
                             const int32_t *functions, size_t count, int32_t getter, int32_t closer, int32_t text);
// The metatable of tables that are pushed with CLUA_TYPED: a name and a tostring.
clua_status clua_define_table_type(clua_host *host, uint32_t type, const char *name, int32_t text);
// Gives such tables a method that loads `module` and calls its function of the same name.
clua_status clua_define_lazy_method(clua_host *host, uint32_t type, const char *name, const char *module);
// Sets a global to the value in `bytes`.
clua_status clua_set_global(clua_host *host, const char *name, const uint8_t *bytes, size_t count);
// Sets `table.name` (or the global) to a function that loads `module` and calls its function of the same name.
clua_status clua_define_lazy(clua_host *host, const char *table, const char *name, const char *module);
// Adds a searcher behind package.preload that asks the host function for the source of a module.
clua_status clua_define_searcher(clua_host *host, int32_t function);

// ---- Functions and values ------------------------------------------------------------------------------------------

// Compiles a chunk and leaves a reference to it in `reference`.
clua_status clua_load(clua_host *host, const uint8_t *bytes, size_t count, const char *chunk_name, const char *mode,
                      int *reference);
// As luaL_loadfilex: skips a first line that begins with #. NULL is standard input.
clua_status clua_load_file(clua_host *host, const char *path, int *reference);
void clua_release(clua_host *host, int reference);
// The value of a reference, into the out buffer.
clua_status clua_read(clua_host *host, int reference);

// ---- Tasks ---------------------------------------------------------------------------------------------------------

// A new root coroutine that will call the function with the values in `bytes`.
clua_status clua_task_open(clua_host *host, clua_task *task, int function, const uint8_t *bytes, size_t count);
// Starts or goes on. CLUA_DONE: the results are in the out buffer, their number in `values`.
clua_status clua_task_resume(clua_host *host, clua_task *task, uint32_t *values);
void clua_task_close(clua_host *host, clua_task *task);
// Runs the pending to-be-closed variables of a suspended task, as `os.exit(code, true)` does.
clua_status clua_task_unwind(clua_host *host, clua_task *task);
// The traceback of a task where it stands, into `trace`.
void clua_task_traceback(clua_host *host, clua_task *task);
// "deploy.lua:14", the place in the script that runs now (ours skipped), or an empty text; into `message`.
void clua_where(clua_host *host);

// ---- Interruption --------------------------------------------------------------------------------------------------

// From now on `signal`, sent to the calling thread, stops the Lua code of this host.
void clua_interrupt_install(int signal, clua_host *host);
// The host is no longer the calling thread's.
void clua_interrupt_remove(clua_host *host);
// Counts instructions from now on, at the price of a standing hook.
void clua_limit_instructions(clua_host *host, int64_t count);

// Uses of variadic or macro-only parts of C.
int clua_gc_count(clua_host *host);
void clua_gc_generational(clua_host *host);
void clua_warning(clua_host *host, const char *text, bool to_continue);

#endif
