#ifdef __linux__
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/vfs.h>
#else
#include <stddef.h>
#endif
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include "cstorage.h"

void cstorage_start_writing(int descriptor) {
#ifdef __linux__
  (void)sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
#else
  (void)descriptor;
#endif
}

const char *cstorage_network_file_system(const char *path) {
#ifdef __linux__
  struct statfs info;
  if (statfs(path, &info) != 0) {
    return NULL;
  }
  /* From linux/magic.h and the file systems' own headers. */
  switch ((unsigned int)info.f_type) {
  case 0x6969: return "NFS";
  case 0xFF534D42: return "CIFS";
  case 0xFE534D42: return "SMB";
  case 0x517B: return "SMB";
  case 0x01021997: return "9p";
  case 0x65735546: return "FUSE";
  case 0x5346414F: return "AFS";
  case 0x00C36400: return "Ceph";
  default: return NULL;
  }
#else
  (void)path;
  return NULL;
#endif
}

struct start {
  void (*work)(void *);
  void *context;
};

static void *run_quietly(void *argument) {
  struct start start = *(struct start *)argument;
  free(argument);
  /* On Linux, a thread's own niceness; if it cannot be had, the work is done all the same. */
#ifdef __linux__
  (void)setpriority(PRIO_PROCESS, 0, 10);
#else
  (void)setpriority(PRIO_DARWIN_THREAD, 0, PRIO_DARWIN_BG);
#endif
  start.work(start.context);
  return NULL;
}

int cstorage_start_quiet_thread(void (*work)(void *), void *context) {
  struct start *start = malloc(sizeof *start);
  if (!start) {
    return ENOMEM;
  }
  *start = (struct start){work, context};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  sigset_t all, before;
  sigfillset(&all);
  /* A thread is born with its parent's mask. */
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  int result = pthread_create(&thread, &attributes, run_quietly, start);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  if (result != 0) {
    free(start);
  }
  return result;
}
