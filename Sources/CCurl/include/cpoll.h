// The thread that libcurl works on, and what Swift's view of the C library lacks on Linux: epoll(7) and eventfd(2).
#ifndef CPOLL_H
#define CPOLL_H

// Runs the body on a thread that nobody joins and that takes no signal, nor do the threads that it starts. An errno.
int cpoll_start_thread(void (*body)(void *context), void *context);

#if defined(__linux__)
// CCURL_READY_… bits of a descriptor.
struct cpoll_ready {
  int descriptor;
  int bits;
};

// Descriptors that are closed on exec; -1 if there is none left.
int cpoll_create(void);
int cpoll_bell(void);
// From now on those: CCURL_POLL_IN and so on, or 0 to forget the descriptor, which may be closed already.
void cpoll_watch(int poller, int descriptor, int interest, int is_known);
// How many of `found` are ready; waits for so many milliseconds at most, -1: for ever.
int cpoll_wait(int poller, struct cpoll_ready *found, int capacity, int milliseconds);
#endif

#endif
