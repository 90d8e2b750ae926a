// Starts one process with everything that has to be said between its birth and its program.
#ifndef CSPAWN_H
#define CSPAWN_H
#include <stdint.h>

enum cprocess_resource {
  CPROCESS_DATA,
  CPROCESS_CPU_SECONDS,
  CPROCESS_OPEN_FILES,
  CPROCESS_PROCESSES,
};

// A limit of setrlimit(2), soft and hard.
struct cprocess_limit {
  enum cprocess_resource resource;
  uint64_t value;
};

struct cprocess_order {
  // The program's path; a relative one is taken from `directory`.
  const char *path;
  char *const *arguments;
  char *const *environment;
  // Where it runs; NULL for where this process is.
  const char *directory;
  // What becomes its standard input, output and error.
  int input, output, error;
  // Not 0: standard input is a terminal, and becomes the controlling one of its session.
  int has_terminal;
  // A descriptor of the file `cgroup.procs` of the group that it joins; -1 for none.
  int cgroup;
  const struct cprocess_limit *limits;
  int limit_count;
  // What is added to its badness when memory runs out (see proc(5), oom_score_adj); 0 for nothing.
  int badness;
  // Descriptors that it keeps, under the same numbers.
  const int *kept;
  int kept_count;
  // Whether it is confined, by cprocess_confine_self(ruleset, confinement).
  int is_confined;
  int ruleset;
  unsigned confinement;
};

// What could not be done.
enum cprocess_step {
  CPROCESS_START,
  CPROCESS_DIRECTORY,
  CPROCESS_DESCRIPTORS,
  CPROCESS_TERMINAL,
  CPROCESS_LIMITS,
  CPROCESS_CGROUP,
  CPROCESS_CONFINEMENT,
  CPROCESS_EXECUTION,
};

struct cprocess_child {
  int32_t pid;
  // Names the process as long as it is open (pidfd_open(2)), closed on exec; -1 where the system has none.
  int descriptor;
  // If the start failed: at which step.
  enum cprocess_step step;
};

// Has this process, and what it forks, write no core file: their memory holds keys. What cprocess_spawn starts gets back the
// limit that there was (not on macOS, where posix_spawn cannot set one). To be called once, before there is a second thread.
void cprocess_forbid_core(void);

// The limit of core files, soft and hard, that what is started gets. Returns 0, or an error number.
int cprocess_core_limit(uint64_t *soft, uint64_t *hard);

// Starts the process as the leader of a session of its own, with no signal blocked or ignored and no descriptor beyond the
// three. Returns 0, or an error number; then there is no process. The caller reaps it.
int cprocess_spawn(const struct cprocess_order *order, struct cprocess_child *child);

// Waits for the end of a child, and reaps it. `*code` is what it passed to exit, or `*signal` what ended it. Returns 0, or an
// error number.
int cprocess_reap(int32_t pid, int *code, int *signal);

// Whether a child has ended and is not reaped yet: 1, 0, or -1 if it is no child.
int cprocess_has_ended(int32_t pid);

// A terminal: our end and the one for a process, both closed on exec. Returns 0, or an error number.
int cprocess_open_terminal(int *ours, int *theirs);

#endif
