#define _GNU_SOURCE
#include "cprobe.h"

#include <errno.h>

#if defined(__linux__)
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int cprobe_subreaper(void) {
  int is_one = 0;
  return prctl(PR_GET_CHILD_SUBREAPER, &is_one, 0, 0, 0) == 0;
}

int cprobe_user_namespace(void) {
  sigset_t all, before;
  sigfillset(&all);
  // No handler of ours may run in the child.
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t child = fork();
  int error = errno;
  if (child == 0) _exit(unshare(CLONE_NEWUSER | CLONE_NEWPID) == 0 ? 0 : errno & 0xFF);
  pthread_sigmask(SIG_SETMASK, &before, 0);
  if (child < 0) return error;
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return errno;
  return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}
#else
int cprobe_subreaper(void) { return 0; }

int cprobe_user_namespace(void) { return ENOSYS; }
#endif
