#include "cpoll.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct beginning {
  void (*body)(void *context);
  void *context;
};

static void *begin(void *context) {
  struct beginning beginning = *(struct beginning *)context;
  free(context);
  beginning.body(beginning.context);
  return NULL;
}

int cpoll_start_thread(void (*body)(void *context), void *context) {
  struct beginning *beginning = malloc(sizeof *beginning);
  if (!beginning) return ENOMEM;
  *beginning = (struct beginning){body, context};
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  int status = pthread_create(&thread, NULL, begin, beginning);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (status) free(beginning);
  else pthread_detach(thread);
  return status;
}

#if defined(__linux__)
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "ccurl.h"

int cpoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int cpoll_bell(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void cpoll_watch(int poller, int descriptor, int interest, int is_known) {
  struct epoll_event event = {.data.fd = descriptor};
  if (interest & CCURL_POLL_IN) event.events |= EPOLLIN | EPOLLRDHUP;
  if (interest & CCURL_POLL_OUT) event.events |= EPOLLOUT;
  if (!interest) {
    if (is_known) (void)epoll_ctl(poller, EPOLL_CTL_DEL, descriptor, &event);
    return;
  }
  // A socket that was closed and opened again under its old number is unknown to the kernel.
  if (!is_known || epoll_ctl(poller, EPOLL_CTL_MOD, descriptor, &event) != 0)
    (void)epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event);
}

enum { AT_ONCE = 256 };

int cpoll_wait(int poller, struct cpoll_ready *found, int capacity, int milliseconds) {
  struct epoll_event events[AT_ONCE];
  int count = epoll_wait(poller, events, capacity < AT_ONCE ? capacity : AT_ONCE, milliseconds);
  for (int i = 0; i < count; i++) {
    unsigned bits = events[i].events;
    found[i] = (struct cpoll_ready){.descriptor = events[i].data.fd};
    if (bits & (EPOLLIN | EPOLLRDHUP)) found[i].bits |= CCURL_READY_IN;
    if (bits & EPOLLOUT) found[i].bits |= CCURL_READY_OUT;
    if (bits & (EPOLLERR | EPOLLHUP)) found[i].bits |= CCURL_READY_ERROR;
  }
  return count < 0 ? 0 : count;
}
#endif
