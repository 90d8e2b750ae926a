// The start of a process.
//
// On Linux the child shares our memory until it executes its program, as with vfork(2): nothing is copied, however large we
// are, and it tells of an error by writing it down. It runs on a stack of its own, with all signals blocked, and makes system
// calls only. posix_spawn(3) does the same, but knows no limits, groups, terminals and confinement.
#define _GNU_SOURCE
#include "cspawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// As it was before cprocess_forbid_core.
static struct rlimit core_limit;
static int is_core_forbidden = 0;

void cprocess_forbid_core(void) {
  if (is_core_forbidden || getrlimit(RLIMIT_CORE, &core_limit) != 0) return;
  struct rlimit none = {.rlim_cur = 0, .rlim_max = core_limit.rlim_max};
  is_core_forbidden = setrlimit(RLIMIT_CORE, &none) == 0;
}

int cprocess_core_limit(uint64_t *soft, uint64_t *hard) {
  struct rlimit limit = core_limit;
  if (!is_core_forbidden && getrlimit(RLIMIT_CORE, &limit) != 0) return errno;
  *soft = limit.rlim_cur;
  *hard = limit.rlim_max;
  return 0;
}

int cprocess_reap(int32_t pid, int *code, int *signal) {
  int status = 0;
  pid_t got;
  do got = waitpid(pid, &status, 0);
  while (got < 0 && errno == EINTR);
  if (got < 0) return errno;
  *code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  *signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return 0;
}

int cprocess_has_ended(int32_t pid) {
  siginfo_t info = {0};
  int result;
  do result = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
  while (result != 0 && errno == EINTR);
  return result != 0 ? -1 : info.si_pid == pid;
}

int cprocess_open_terminal(int *ours, int *theirs) {
  *ours = *theirs = -1;
  int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0) return errno;
  (void)fcntl(master, F_SETFD, FD_CLOEXEC);
  char name[128];
#if defined(__linux__)
  if (grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, name, sizeof name) != 0) {
#else
  // Not safe beside another thread that asks for a name; there is none.
  const char *found = grantpt(master) == 0 && unlockpt(master) == 0 ? ptsname(master) : NULL;
  if (!found || snprintf(name, sizeof name, "%s", found) >= (int)sizeof name) {
#endif
    int failure = errno;
    close(master);
    return failure;
  }
  int slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave < 0) {
    int failure = errno;
    close(master);
    return failure;
  }
  *ours = master;
  *theirs = slave;
  return 0;
}

#if defined(__linux__)
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include "clandlock.h"

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

struct birth {
  const struct cprocess_order *order;
  // Written by the child, read by the parent, which sleeps meanwhile.
  volatile int error;
  volatile enum cprocess_step step;
};

// Calls that fail end the child; the parent finds the step and the number.
#define TRY(name, condition)         \
  do {                               \
    if (!(condition)) {              \
      birth->step = name;            \
      birth->error = errno ? errno : EINVAL; \
      _exit(127);                    \
    }                                \
  } while (0)

// The three descriptors may have each other's numbers: so they are moved out of the way first.
static int place(const struct cprocess_order *order) {
  int wanted[3] = {order->input, order->output, order->error};
  for (int i = 0; i < 3; i++) {
    if (wanted[i] > 2) continue;
    int moved = fcntl(wanted[i], F_DUPFD_CLOEXEC, 3);
    if (moved < 0) return 0;
    wanted[i] = moved;
  }
  for (int i = 0; i < 3; i++)
    if (dup2(wanted[i], i) < 0) return 0;
  // Whatever else is open, a library's descriptors included, ends with the execution. An old kernel does not know the call;
  // there all of ours are closed on exec by themselves.
  syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  return 1;
}

static void set_badness(int badness) {
  char text[12];
  int length = 0, value = badness < 0 ? 0 : badness > 1000 ? 1000 : badness;
  char digits[4];
  do digits[length++] = (char)('0' + value % 10);
  while ((value /= 10) > 0);
  for (int i = 0; i < length; i++) text[i] = digits[length - 1 - i];
  int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  // Without it the job is only no likelier to go first when memory runs out.
  (void)!write(file, text, (size_t)length);
  close(file);
}

// As the kernel has it: the C library keeps two signals to itself, which may come ignored from an ancestor.
static void set_action(int number, void (*handler)(int)) {
  struct {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask;
  } action = {.handler = handler};
  // Fails for KILL and STOP.
  (void)syscall(SYS_rt_sigaction, number, &action, NULL, sizeof action.mask);
}

static int number_of(enum cprocess_resource resource) {
  switch (resource) {
    case CPROCESS_DATA: return RLIMIT_DATA;
    case CPROCESS_CPU_SECONDS: return RLIMIT_CPU;
    case CPROCESS_OPEN_FILES: return RLIMIT_NOFILE;
    case CPROCESS_PROCESSES: return RLIMIT_NPROC;
  }
  return -1;
}

static int become(void *context) {
  struct birth *birth = context;
  const struct cprocess_order *order = birth->order;
  errno = 0;
  TRY(CPROCESS_START, setsid() >= 0);
  // What the terminal sent to our group while the child was still in it is not meant for the job: ignoring discards it.
  static const int from_terminal[] = {SIGINT, SIGQUIT, SIGTSTP, SIGHUP, SIGTERM, SIGWINCH, SIGCONT};
  for (size_t i = 0; i < sizeof from_terminal / sizeof *from_terminal; i++) set_action(from_terminal[i], SIG_IGN);
  for (int number = 1; number < _NSIG; number++) set_action(number, SIG_DFL);
  errno = 0;
  TRY(CPROCESS_CGROUP, order->cgroup < 0 || write(order->cgroup, "0", 1) == 1);
  TRY(CPROCESS_DIRECTORY, !order->directory || chdir(order->directory) == 0);
  TRY(CPROCESS_DESCRIPTORS, place(order));
  TRY(CPROCESS_TERMINAL, !order->has_terminal || ioctl(0, TIOCSCTTY, 0) == 0);
  if (order->badness) set_badness(order->badness);
  if (is_core_forbidden) TRY(CPROCESS_LIMITS, setrlimit(RLIMIT_CORE, &core_limit) == 0);
  for (int i = 0; i < order->limit_count; i++) {
    struct rlimit limit;
    int resource = number_of(order->limits[i].resource);
    rlim_t value = (rlim_t)order->limits[i].value;
    TRY(CPROCESS_LIMITS, getrlimit(resource, &limit) == 0);
    // Nobody may raise what was given to him.
    if (limit.rlim_max != RLIM_INFINITY && value > limit.rlim_max) value = limit.rlim_max;
    limit.rlim_cur = limit.rlim_max = value;
    // The soft limit of CPU time warns by SIGXCPU; the hard one, a second later, kills.
    if (resource == RLIMIT_CPU && value != RLIM_INFINITY) limit.rlim_max = value + 1;
    TRY(CPROCESS_LIMITS, setrlimit(resource, &limit) == 0);
  }
  for (int i = 0; i < order->kept_count; i++) TRY(CPROCESS_DESCRIPTORS, fcntl(order->kept[i], F_SETFD, 0) == 0);
  if (order->is_confined) {
    errno = cprocess_confine_self(order->ruleset, order->confinement);
    TRY(CPROCESS_CONFINEMENT, errno == 0);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(order->path, order->arguments, order->environment);
  TRY(CPROCESS_EXECUTION, 0);
  return 127;
}

// The sanitizers would follow the child's stack as if it were the parent's.
__attribute__((no_sanitize("address", "thread")))
int cprocess_spawn(const struct cprocess_order *order, struct cprocess_child *child) {
  _Alignas(16) char stack[32768];
  struct birth birth = {.order = order};
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int descriptor = -1;
  int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
  pid_t pid = clone(become, stack + sizeof stack, flags, &birth, &descriptor);
  if (pid < 0 && errno == EINVAL) {
    descriptor = -1;
    pid = clone(become, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &birth);
  }
  int failure = pid < 0 ? errno : birth.error;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  *child = (struct cprocess_child){.pid = pid, .descriptor = descriptor, .step = birth.step};
  if (pid < 0) child->step = CPROCESS_START;
  if (pid > 0 && failure) {
    int code, signal;
    cprocess_reap(pid, &code, &signal);
    if (descriptor >= 0) close(descriptor);
    child->pid = -1;
    child->descriptor = -1;
  }
  return failure;
}
#else
#include <spawn.h>

int cprocess_spawn(const struct cprocess_order *order, struct cprocess_child *child) {
  *child = (struct cprocess_child){.pid = -1, .descriptor = -1, .step = CPROCESS_START};
  if (order->limit_count || order->cgroup >= 0 || order->is_confined || order->has_terminal) {
    child->step = CPROCESS_LIMITS;
    return ENOTSUP;
  }
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, order->input, 0);
  posix_spawn_file_actions_adddup2(&actions, order->output, 1);
  posix_spawn_file_actions_adddup2(&actions, order->error, 2);
  if (order->directory) posix_spawn_file_actions_addchdir_np(&actions, order->directory);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                            POSIX_SPAWN_CLOEXEC_DEFAULT);
  pid_t pid;
  int failure = posix_spawn(&pid, order->path, &actions, &attributes, order->arguments, order->environment);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failure) {
    child->step = order->directory && access(order->directory, X_OK) != 0 ? CPROCESS_DIRECTORY : CPROCESS_EXECUTION;
    return failure;
  }
  child->pid = pid;
  return 0;
}
#endif
