// The guardian process. One thread, no memory of its own beyond its stack and one table: nothing here can fail for want of it.
#define _GNU_SOURCE
#include "cguard.h"

#include "cprocess.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile pid_t guardian;
static int hurry_pipe = -1;

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

#if defined(__linux__)
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <dirent.h>
#include <limits.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

// How often the process table is looked through while something is to end.
enum { LOOK_MILLISECONDS = 10, KILL_LOOK_MILLISECONDS = 2, LAST_PATIENCE_MILLISECONDS = 20000 };

// After so many looks without a find, nothing is left to be found.
enum { EMPTY_LOOKS = 3 };

// What the runtime leaves has so many milliseconds at least, even if the runtime took the whole time of grace for itself.
enum { LEAST_GRACE = 500 };

struct guard {
  pid_t runtime;
  int grace;
  const char *spared;
  // The read end of the pipe by which the runtime says what it wants.
  int hurry;
};

static void say(const char *text) { (void)!write(2, text, strlen(text)); }

// ---- Descendants ---------------------------------------------------------------------------------------------------

struct process {
  pid_t pid, parent;
  unsigned long long start;
  // Ended, and not reaped yet. A process that goes on without its first thread is not that, though its state is.
  char is_dead;
  // What is known of it: 0 nothing, 1 ours, 2 spared, 3 a stranger.
  char kind;
};

struct table {
  struct process *rows;
  int count, capacity;
};

static int read_file(const char *path, char *buffer, size_t size) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  size_t got = 0;
  while (got < size) {
    ssize_t count = read(file, buffer + got, size - got);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    got += (size_t)count;
  }
  close(file);
  return (int)got;
}

static int read_process(pid_t pid, struct process *row) {
  char path[32], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  int length = read_file(path, text, sizeof text - 1);
  if (length <= 0) return 0;
  text[length] = 0;
  // The program's name, in parentheses, may hold anything; the last parenthesis ends it.
  char *rest = strrchr(text, ')');
  if (!rest) return 0;
  int parent, threads;
  char state;
  unsigned long long start;
  if (sscanf(rest + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %d %*d %llu", &state, &parent,
             &threads, &start) != 4)
    return 0;
  char is_dead = state == 'X' || (state == 'Z' && threads <= 1);
  *row = (struct process){.pid = pid, .parent = parent, .start = start, .is_dead = is_dead};
  return 1;
}

static int by_number(const void *left, const void *right) {
  pid_t a = ((const struct process *)left)->pid, b = ((const struct process *)right)->pid;
  return (a > b) - (a < b);
}

// Fills the table with all processes of the machine, in the order of their numbers.
static int read_table(struct table *table) {
  DIR *folder = opendir("/proc");
  if (!folder) return 0;
  table->count = 0;
  struct dirent *entry;
  while ((entry = readdir(folder))) {
    char *end;
    long number = strtol(entry->d_name, &end, 10);
    if (*end || number <= 0) continue;
    if (table->count == table->capacity) {
      int wanted = table->capacity ? table->capacity * 2 : 1024;
      void *grown = realloc(table->rows, sizeof *table->rows * (size_t)wanted);
      if (!grown) break;
      table->rows = grown;
      table->capacity = wanted;
    }
    table->count += read_process((pid_t)number, &table->rows[table->count]);
  }
  closedir(folder);
  qsort(table->rows, (size_t)table->count, sizeof *table->rows, by_number);
  return 1;
}

static int is_marked(pid_t pid, const char *spared) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
  static char text[1 << 17];
  int length = read_file(path, text, sizeof text - 1);
  if (length <= 0) return 0;
  text[length] = 0;
  for (char *entry = text; entry < text + length; entry += strlen(entry) + 1)
    if (strcmp(entry, spared) == 0) return 1;
  return 0;
}

static struct process *find(struct table *table, pid_t pid) {
  struct process key = {.pid = pid};
  return bsearch(&key, table->rows, (size_t)table->count, sizeof key, by_number);
}

// Whether a process is below this one, and not below one that is spared.
static char kind_of(struct table *table, struct process *row, const char *spared, int depth) {
  if (row->kind) return row->kind;
  char kind = 3;
  if (row->parent == getpid()) {
    kind = 1;
  } else if (depth < 10000) {
    struct process *parent = find(table, row->parent);
    if (parent) kind = kind_of(table, parent, spared, depth + 1);
  }
  if (kind == 1 && spared && is_marked(row->pid, spared)) kind = 2;
  return row->kind = kind;
}

// A signal for exactly the process that was found, and for no later one with its number.
static void send(const struct process *row, int first, int second) {
  int handle = (int)syscall(SYS_pidfd_open, row->pid, 0);
  struct process again;
  if (!read_process(row->pid, &again) || again.start != row->start) {
    if (handle >= 0) close(handle);
    return;
  }
  if (handle >= 0) {
    (void)syscall(SYS_pidfd_send_signal, handle, first, NULL, 0);
    if (second) (void)syscall(SYS_pidfd_send_signal, handle, second, NULL, 0);
    close(handle);
  } else {
    // Ours: nobody but us reaps it, so the number cannot be another's yet if it is a child of ours.
    kill(row->pid, first);
    if (second) kill(row->pid, second);
  }
}

// Signals every descendant that is to end; returns how many there are.
static int sweep(struct table *table, const struct guard *guard, int first, int second) {
  if (!read_table(table)) return 0;
  int found = 0;
  for (int i = 0; i < table->count; i++) {
    struct process *row = &table->rows[i];
    if (row->is_dead || kind_of(table, row, guard->spared, 0) != 1) continue;
    found++;
    if (first) send(row, first, second);
  }
  return found;
}

// Reaps what has ended. Returns 0 if there is no child left at all.
static int reap(void) {
  while (1) {
    siginfo_t info = {0};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != 0) {
      if (errno == EINTR) continue;
      return 0;
    }
    if (info.si_pid == 0) return 1;
  }
}

// What the runtime has said.
struct wishes {
  // When the time of grace is over.
  long long end_of_grace;
  // What its control groups' paths begin with; empty if it has none.
  char groups[PATH_MAX];
};

// Reads 'h' for haste, 't' and a time for the begin of the grace, 'g' and a path with its zero byte for the groups.
static void read_wishes(const struct guard *guard, struct wishes *wishes) {
  long long begin = now(), least = begin + (guard->grace < LEAST_GRACE ? guard->grace : LEAST_GRACE), told;
  wishes->end_of_grace = begin + guard->grace;
  int is_path = 0;
  size_t length = 0;
  char byte;
  while (read(guard->hurry, &byte, 1) == 1) {
    if (is_path) {
      if (length < sizeof wishes->groups) wishes->groups[length++] = byte;
      if (!byte) is_path = 0;
    } else if (byte == 'h') {
      wishes->end_of_grace = least = 0;
    } else if (byte == 't' && read(guard->hurry, &told, sizeof told) == sizeof told) {
      told += guard->grace;
      if (told < wishes->end_of_grace) wishes->end_of_grace = told < least ? least : told;
    } else if (byte == 'g') {
      is_path = 1;
      length = 0;
    }
  }
  wishes->groups[sizeof wishes->groups - 1] = 0;
}

// Ends the control groups whose paths begin with `prefix`, and removes them.
static void end_groups(const char *prefix) {
  const char *slash = strrchr(prefix, '/');
  if (!slash) return;
  char parent[PATH_MAX], path[PATH_MAX];
  snprintf(parent, sizeof parent, "%.*s", (int)(slash - prefix), prefix);
  DIR *folder = opendir(parent);
  if (!folder) return;
  struct dirent *entry;
  while ((entry = readdir(folder))) {
    if (strncmp(entry->d_name, slash + 1, strlen(slash + 1)) != 0) continue;
    snprintf(path, sizeof path, "%s/%s/cgroup.kill", parent, entry->d_name);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file >= 0) {
      (void)!write(file, "1", 1);
      close(file);
    }
    snprintf(path, sizeof path, "%s/%s", parent, entry->d_name);
    // What was killed is gone in a moment.
    for (int i = 0; i < 500 && rmdir(path) != 0 && errno == EBUSY; i++) {
      struct timespec moment = {.tv_nsec = 2000000};
      nanosleep(&moment, NULL);
      while (waitpid(-1, NULL, WNOHANG) > 0) {}
    }
  }
  closedir(folder);
}

// Waits for a process to end, or for somebody to press Ctrl-C again: then it returns 1.
static int pause_for(int milliseconds) {
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGCHLD);
  sigaddset(&awaited, SIGINT);
  sigaddset(&awaited, SIGQUIT);
  struct timespec time = {.tv_sec = 0, .tv_nsec = milliseconds * 1000000L};
  int number = sigtimedwait(&awaited, NULL, &time);
  return number == SIGINT || number == SIGQUIT;
}

// Ends what the runtime has left.
static void end_all(const struct guard *guard) {
  static struct wishes wishes;
  struct table table = {0};
  read_wishes(guard, &wishes);
  long long start = now();
  int is_asked = 0, empty_looks = 0;
  while (reap()) {
    int is_over = now() >= wishes.end_of_grace;
    // Who forks faster than anybody looks would keep the sweep busy.
    if (is_over && wishes.groups[0]) end_groups(wishes.groups);
    int found = is_over ? sweep(&table, guard, SIGKILL, 0) : sweep(&table, guard, is_asked ? 0 : SIGTERM, SIGCONT);
    is_asked = is_asked || found;
    // Who starts another process and ends, while the table is read, may be seen in neither place. What else is left without
    // being found is spared.
    empty_looks = found ? 0 : empty_looks + 1;
    if (empty_looks == EMPTY_LOOKS) break;
    if (now() > start + guard->grace + LAST_PATIENCE_MILLISECONDS) {
      say("agentscript: some processes could not be ended, even by SIGKILL\n");
      break;
    }
    int is_hurried = pause_for(is_over || !found ? KILL_LOOK_MILLISECONDS : LOOK_MILLISECONDS);
    if (is_hurried) wishes.end_of_grace = 0;
  }
  if (wishes.groups[0]) end_groups(wishes.groups);
}

// ---- While the runtime lives ---------------------------------------------------------------------------------------

// Stops this process as the terminal's key would; what wakes it is passed on by the loop.
static void stop(void) {
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, SIGTSTP);
  sigprocmask(SIG_UNBLOCK, &one, NULL);
  raise(SIGTSTP);
  sigprocmask(SIG_BLOCK, &one, NULL);
}

// Whether the terminal has told the runtime by itself: it tells its whole foreground group of these, but only the leader of
// the session of its own end.
static int is_known(const siginfo_t *info) {
  if (info->si_code != SI_KERNEL) return 0;
  switch (info->si_signo) {
    case SIGINT:
    case SIGQUIT:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGWINCH: return 1;
    default: return 0;
  }
}

// Returns the exit code once the runtime has ended, else -1.
static int look_after_children(const struct guard *guard) {
  while (1) {
    siginfo_t info = {0};
    if (waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG) != 0) {
      if (errno == EINTR) continue;
      return 255;  // No child: the runtime was reaped by nobody, so this cannot be.
    }
    if (info.si_pid == 0) return -1;
    if (info.si_pid != guard->runtime) continue;
    switch (info.si_code) {
      case CLD_EXITED: return info.si_status & 0xFF;
      case CLD_KILLED:
      case CLD_DUMPED: return 128 + info.si_status;
      case CLD_STOPPED:
        // Whoever started us waits for us: so we stop too. Not for SIGSTOP, which somebody sent to the runtime alone and who
        // would wake it alone.
        if (info.si_status == SIGTSTP || info.si_status == SIGTTIN || info.si_status == SIGTTOU) stop();
        break;
      default: break;
    }
  }
}

static void watch(const struct guard *guard, const sigset_t *signals) {
  while (1) {
    int code = look_after_children(guard);
    if (code >= 0) {
      end_all(guard);
      _exit(code);
    }
    siginfo_t info;
    int number = sigwaitinfo(signals, &info);
    if (number < 0 || number == SIGCHLD) continue;
    if (!is_known(&info)) kill(guard->runtime, number);
  }
}

// Only the guardian's own descriptors stay: it must not hold anybody's pipe open.
static void let_go(int hurry) {
  int null = open("/dev/null", O_RDWR);
  if (null >= 0) {
    dup2(null, 0);
    dup2(null, 1);
  }
  if (hurry != 3) dup2(hurry, 3);
  syscall(SYS_close_range, 4U, ~0U, 0U);
}

int cprocess_start_guardian(int grace, const char *spared) {
  static char mark[128];
  if (spared) snprintf(mark, sizeof mark, "%s", spared);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return errno;
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    int failure = errno;
    close(ends[0]);
    close(ends[1]);
    return failure;
  }
  // Blocked before the split: what comes meanwhile waits for the guardian's loop.
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  pid_t own = getpid();
  pid_t child = fork();
  if (child < 0) {
    int failure = errno;
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(ends[0]);
    close(ends[1]);
    return failure;
  }
  if (child > 0) {
    struct guard guard = {.runtime = child, .grace = grace, .spared = spared ? mark : NULL, .hurry = 3};
    let_go(ends[0]);
    watch(&guard, &all);
  }
  close(ends[0]);
  hurry_pipe = ends[1];
  guardian = own;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigprocmask(SIG_SETMASK, &before, NULL);
  // It may have been killed before the line above.
  if (getppid() != own) kill(getpid(), SIGTERM);
  return 0;
}

int cprocess_guardian(void) { return guardian && getppid() == guardian ? guardian : 0; }

#else
int cprocess_start_guardian(int grace, const char *spared) {
  (void)grace;
  (void)spared;
  return ENOSYS;
}

int cprocess_guardian(void) { return 0; }
#endif

_Noreturn void cprocess_go_on_apart(void (*run)(void *), void *context) {
  // As much of a stack as a first thread usually has. Without another thread nobody waits for this one's locks.
  if (cprocess_start_large_thread(run, context, 8 << 20) != 0) run(context);
  // Only now: the new thread is born with the signals of this one.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, NULL);
  for (;;) pause();
}

void cprocess_guardian_groups(const char *prefix) {
  char text[1024];
  size_t length = strlen(prefix);
  if (hurry_pipe < 0 || length + 2 > sizeof text) return;
  text[0] = 'g';
  memcpy(text + 1, prefix, length + 1);
  (void)!write(hurry_pipe, text, length + 2);
}

void cprocess_guardian_hurry(void) {
  if (hurry_pipe >= 0) (void)!write(hurry_pipe, "h", 1);
}

void cprocess_guardian_begin_grace(long long age) {
  char text[1 + sizeof(long long)] = "t";
  long long time = now() - age;
  memcpy(text + 1, &time, sizeof time);
  if (hurry_pipe >= 0) (void)!write(hurry_pipe, text, sizeof text);
}
