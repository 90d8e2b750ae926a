/* Linked into builds under ThreadSanitizer only: shows it what it cannot see by itself, instead of hiding what it then
 * reports. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CLONE_VM 0x100

/* ---- Swift's Mutex
 *
 * Of Synchronization.Mutex the compiler knows the fast path, which is compiled into our code and so is watched. A thread
 * that has to wait goes through these three functions of the standard library, which is built without the sanitizer and
 * waits by the futex call itself: each lock that was fought for looks like none at all. They are replaced by functions of
 * the same names that call the real ones and say what they mean. */

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define SELF __attribute__((swift_context)) void *mutex
#define SWIFT __attribute__((swiftcall))
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void lock_slow(uint32_t thread, SELF) __asm__(LOCK);
SWIFT bool try_lock_slow(SELF) __asm__(TRY_LOCK);
SWIFT void unlock_slow(SELF) __asm__(UNLOCK);

typedef SWIFT void lock_function(uint32_t, SELF);
typedef SWIFT bool try_lock_function(SELF);
typedef SWIFT void unlock_function(SELF);

/* Found before there are threads: a look-up in the middle of a lock could need one itself. */
static lock_function *real_lock;
static try_lock_function *real_try_lock;
static unlock_function *real_unlock;

__attribute__((constructor)) static void find(void) {
  real_lock = (lock_function *)dlsym(RTLD_NEXT, LOCK);
  real_try_lock = (try_lock_function *)dlsym(RTLD_NEXT, TRY_LOCK);
  real_unlock = (unlock_function *)dlsym(RTLD_NEXT, UNLOCK);
}

SWIFT void lock_slow(uint32_t thread, SELF) {
  real_lock(thread, mutex);
  __tsan_acquire(mutex);
}

SWIFT bool try_lock_slow(SELF) {
  bool is_taken = real_try_lock(mutex);
  if (is_taken) {
    __tsan_acquire(mutex);
  }
  return is_taken;
}

SWIFT void unlock_slow(SELF) {
  __tsan_release(mutex);
  real_unlock(mutex);
}

/* ---- The start of a process
 *
 * The sanitizer takes every clone for a fork and sets its account of the child's threads back to one; in a child that
 * shares our memory until it executes its program, that account is ours. Such a child makes system calls only, while the
 * thread that it was made by sleeps, so that it may as well pass for that thread. */

int clone_as_it_is(int (*)(void *), void *, int, void *, void *, void *, void *) __asm__("__clone");
int clone_watched(int (*)(void *), void *, int, void *, void *, void *, void *) __asm__("___interceptor_clone");
int clone_here(int (*)(void *), void *, int, void *, void *, void *, void *) __asm__("clone");
void exit_watched(int) __asm__("___interceptor__exit");
_Noreturn void exit_here(int) __asm__("_exit");

/* Set while this thread's place is taken by such a child. */
static _Thread_local bool is_child;

int clone_here(int (*body)(void *), void *stack, int flags, void *context, void *parent, void *tls, void *child) {
  if (!(flags & CLONE_VM)) {
    return clone_watched(body, stack, flags, context, parent, tls, child);
  }
  is_child = true;
  int pid = clone_as_it_is(body, stack, flags, context, parent, tls, child);
  is_child = false;
  return pid;
}

/* The child's end is not the end of what the sanitizer watches. */
void exit_here(int status) {
  if (is_child) {
    (void)syscall(SYS_exit_group, status);
  }
  exit_watched(status);
  __builtin_unreachable();
}

/* Nor are its files ours. The sanitizer counts, in its table of descriptors, who uses what it keeps of a pipe; children of
 * several threads at once that put pipes at their 0, 1 and 2 made it free what was in use, and write into memory that by then
 * belonged to the program: sleeps that found themselves in an "invalid state", and others that never ended. */

int dup2_watched(int, int) __asm__("___interceptor_dup2");
int dup2_here(int, int) __asm__("dup2");
int close_watched(int) __asm__("___interceptor_close");
int close_here(int) __asm__("close");
int open_watched(const char *, int, mode_t) __asm__("___interceptor_open");
int open_here(const char *, int, mode_t) __asm__("open");

int dup2_here(int from, int to) {
  return is_child && from != to ? (int)syscall(SYS_dup3, from, to, 0) : dup2_watched(from, to);
}

/* Of three arguments as of two: who creates nothing gives a mode that nobody reads. */
int open_here(const char *path, int flags, mode_t mode) {
  return is_child ? (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode) : open_watched(path, flags, mode);
}

int close_here(int descriptor) {
  return is_child ? (int)syscall(SYS_close, descriptor) : close_watched(descriptor);
}

/* ---- The interruption of a script
 *
 * The sanitizer keeps a signal back until the thread calls something that it knows. A spinning script never does: it runs
 * inside the Lua library. So the handler of that one signal is put in without the sanitizer; it is not instrumented. */

int sigaction_as_it_is(int, const struct sigaction *, struct sigaction *) __asm__("__sigaction");
int sigaction_watched(int, const struct sigaction *, struct sigaction *) __asm__("___interceptor_sigaction");

int sigaction(int signal, const struct sigaction *action, struct sigaction *before) {
  return (signal == SIGURG ? sigaction_as_it_is : sigaction_watched)(signal, action, before);
}

/* ---- Errors and yields of Lua
 *
 * The Lua library, as Debian builds it, jumps by the checking form of longjmp, of which the sanitizer does not know. Then
 * the frames that a jump leaves stay in its account of the stack until there is no room for more. */

_Noreturn void jump_watched(void *environment, int value) __asm__("___interceptor_longjmp");
_Noreturn void jump(void *environment, int value) __asm__("__longjmp_chk");

void jump(void *environment, int value) { jump_watched(environment, value); }
