#define _GNU_SOURCE
#include "cprocess.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#if defined(__linux__)
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// The numbers are the same on every architecture; the headers of a C library may be older than the kernel.
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

int cprocess_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int cprocess_signal(int descriptor, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, descriptor, signal, (void *)0, 0);
}

int cprocess_memory_file(void) { return memfd_create("stdin", MFD_CLOEXEC); }

int cprocess_watch_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int cprocess_watch_add(int watch, pid_t child, int descriptor, uint64_t token) {
  (void)child;
  struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.u64 = token};
  return epoll_ctl(watch, EPOLL_CTL_ADD, descriptor, &event);
}

int cprocess_watch_ready(int watch, int descriptor, int for_writing, uint64_t token) {
  struct epoll_event event = {.events = (for_writing ? EPOLLOUT : EPOLLIN) | EPOLLONESHOT, .data.u64 = token};
  // What has told stays known, and is silent.
  if (epoll_ctl(watch, EPOLL_CTL_MOD, descriptor, &event) == 0) return 0;
  return errno == ENOENT ? epoll_ctl(watch, EPOLL_CTL_ADD, descriptor, &event) : -1;
}

void cprocess_watch_forget(int watch, int descriptor) {
  struct epoll_event event = {0};
  (void)epoll_ctl(watch, EPOLL_CTL_DEL, descriptor, &event);
}

int cprocess_watch_wait(int watch, uint64_t *tokens, int count) {
  struct epoll_event events[64];
  int got = epoll_wait(watch, events, count < 64 ? count : 64, -1);
  for (int i = 0; i < got; i++) tokens[i] = events[i].data.u64;
  return got;
}
#else
#include <fcntl.h>
#include <sys/event.h>

int cprocess_open(pid_t pid) {
  (void)pid;
  errno = ENOSYS;
  return -1;
}

int cprocess_signal(int descriptor, int signal) {
  (void)descriptor;
  (void)signal;
  errno = ENOSYS;
  return -1;
}

int cprocess_memory_file(void) {
  errno = ENOSYS;
  return -1;
}

int cprocess_watch_create(void) {
  int watch = kqueue();
  if (watch >= 0) (void)fcntl(watch, F_SETFD, FD_CLOEXEC);
  return watch;
}

int cprocess_watch_add(int watch, pid_t child, int descriptor, uint64_t token) {
  (void)descriptor;
  struct kevent event;
  EV_SET(&event, child, EVFILT_PROC, EV_ADD | EV_ONESHOT, NOTE_EXIT, 0, (void *)(uintptr_t)token);
  if (kevent(watch, &event, 1, 0, 0, 0) == 0) return 0;
  // A child that is not reaped is unknown only when it has ended.
  return errno == ESRCH ? 1 : -1;
}

int cprocess_watch_ready(int watch, int descriptor, int for_writing, uint64_t token) {
  struct kevent event;
  EV_SET(&event, descriptor, for_writing ? EVFILT_WRITE : EVFILT_READ, EV_ADD | EV_ONESHOT, 0, 0, (void *)(uintptr_t)token);
  return kevent(watch, &event, 1, 0, 0, 0);
}

// What is closed is forgotten by itself.
void cprocess_watch_forget(int watch, int descriptor) {
  (void)watch;
  (void)descriptor;
}

int cprocess_watch_wait(int watch, uint64_t *tokens, int count) {
  struct kevent events[64];
  int got = kevent(watch, 0, 0, events, count < 64 ? count : 64, 0);
  for (int i = 0; i < got; i++) tokens[i] = (uint64_t)(uintptr_t)events[i].udata;
  return got;
}
#endif

struct start {
  void (*run)(void *);
  void *context;
};

static void *run_thread(void *argument) {
  struct start start = *(struct start *)argument;
  free(argument);
  start.run(start.context);
  return 0;
}

// `stack_size` 0 is the usual size.
static int start_thread(void (*run)(void *), void *context, size_t stack_size) {
  struct start *start = malloc(sizeof *start);
  if (!start) return ENOMEM;
  *start = (struct start){run, context};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  if (stack_size) pthread_attr_setstacksize(&attributes, stack_size);
  pthread_t thread;
  int result = pthread_create(&thread, &attributes, run_thread, start);
  pthread_attr_destroy(&attributes);
  if (result != 0) free(start);
  return result;
}

int cprocess_start_thread(void (*run)(void *), void *context) {
  sigset_t all, before;
  sigfillset(&all);
  // A thread is born with its parent's mask.
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int result = start_thread(run, context, 0);
  pthread_sigmask(SIG_SETMASK, &before, 0);
  return result;
}

int cprocess_start_large_thread(void (*run)(void *), void *context, uint64_t stack_size) {
  return start_thread(run, context, stack_size);
}
