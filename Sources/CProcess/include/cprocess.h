// System calls on processes that Swift's C library module does not show, or that differ between systems.
#ifndef CPROCESS_H
#define CPROCESS_H
#include "cprobe.h"

#include <stdint.h>

#include "clandlock.h"

// A descriptor for a process, closed on exec; -1 with errno set (ENOSYS where the system has none).
int cprocess_open(int32_t pid);

// Sends a signal to the process of such a descriptor, and to no later one of the same number; 0, or -1 with errno set.
int cprocess_signal(int descriptor, int signal);

// An empty file in memory, open for reading and writing, closed on exec; -1 with errno set (ENOSYS where there is none).
int cprocess_memory_file(void);

// A queue, closed on exec, that tells of processes' ends, without reaping them, and of descriptors that are ready; -1 with
// errno set.
int cprocess_watch_create(void);

// Makes the queue tell `token` once the child has ended. `descriptor` is the child's, as of cprocess_open, where there are
// such. 1: it has ended already, and the queue will not tell. 0: the queue will tell. -1: the system cannot tell, with errno
// set.
int cprocess_watch_add(int watch, int32_t child, int descriptor, uint64_t token);

// Makes the queue tell `token` once, when a pipe, socket or terminal can be read (or written), or has been closed on its other
// side. 0, or -1 with errno set. One token at a time is waited for by a descriptor.
int cprocess_watch_ready(int watch, int descriptor, int for_writing, uint64_t token);

// Has the queue tell nothing more of such a descriptor, which is then to be closed.
void cprocess_watch_forget(int watch, int descriptor);

// Waits until something is to be told, and fills in the tokens; the number of them, or -1 with errno set.
int cprocess_watch_wait(int watch, uint64_t *tokens, int count);

// Starts a thread that nobody joins, with all signals blocked, so that no signal of the process interrupts it; 0, or an error
// number. Its stack is of the usual size.
int cprocess_start_thread(void (*run)(void *), void *context);

// The same with the caller's signals and a stack of at least so many bytes.
int cprocess_start_large_thread(void (*run)(void *), void *context, uint64_t stack_size);

#endif
