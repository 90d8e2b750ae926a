// A process tree of random shape, for tests of what ends it; and a few reports of a process on itself.
//
//   TreeProbe tree COOKIE SEED READY stay|leave [SHAPE] [stubborn] [deaf] [marked]
//   TreeProbe leaf COOKIE READY
//   TreeProbe chain COOKIE READY
//   TreeProbe report
//
// Every process of a tree has the cookie among its arguments, and as its name, which a zombie keeps. It ends by itself after
// two minutes (a stopped one, when it is woken), so that a failing test leaves no mess. `stubborn` allows shapes that do not
// obey TERM, `deaf` lets the first process and one in another session ignore it, and `marked` forbids any process to clean
// its environment. The file READY holds the number of
// the tree's processes in its first line, and then a dot for each of them that has come to rest.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

enum { LIFE_SECONDS = 120, MOST_NODES = 12, LARGEST_SWARM = 20, STUBBORN_SHAPES = 2 };

// The last ones do not obey TERM, and are there only if the tree may hold stubborn ones.
enum shape {
  PLAIN, SESSION, DAEMON, ORPHAN, NOHUP, STOPPED, HOLDER, SWARM, HIDDEN, BREEDER, HEADLESS, TIDY, STUBBORN, HEIR, SHAPES
};

static const char *const shape_names[SHAPES] = {
    "plain",  "session", "daemon",  "orphan",   "nohup", "stopped",  "holder",
    "swarm", "hidden",  "breeder", "headless", "tidy",  "stubborn", "heir"};

struct node {
  int parent, swarm;
  enum shape shape;
  // Its output goes nowhere: so nothing tells that it is there.
  int is_quiet;
};

static struct node nodes[MOST_NODES];
static int node_count, process_count;
static const char *cookie, *ready_path, *own_path;

static uint64_t random_state;

static uint64_t draw(uint64_t limit) {
  uint64_t mixed = random_state += 0x9e3779b97f4a7c15u;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return (mixed ^ (mixed >> 31)) % limit;
}

static void plan(uint64_t seed, int forced, int may_be_stubborn, int must_be_marked) {
  random_state = seed;
  node_count = 3 + (int)draw(MOST_NODES - 2);
  process_count = node_count;
  for (int i = 0; i < node_count; i++) {
    struct node *node = &nodes[i];
    node->parent = i ? (int)draw((uint64_t)i) : -1;
    node->is_quiet = (int)draw(2);
    node->shape = (enum shape)draw(may_be_stubborn ? SHAPES : SHAPES - STUBBORN_SHAPES);
    if (i == 0) node->shape = PLAIN;
    if (i == 1 && forced >= 0) node->shape = (enum shape)forced;
    if (must_be_marked && node->shape == HIDDEN) node->shape = DAEMON;
    node->swarm = 4 + (int)draw(LARGEST_SWARM - 3);
    if (node->shape == SWARM) process_count += node->swarm;
    if (node->shape == HOLDER) process_count++;
  }
}

static void name_self(void) {
#if defined(__linux__)
  prctl(PR_SET_NAME, cookie);
#endif
  signal(SIGALRM, SIG_DFL);
  alarm(LIFE_SECONDS);
}

static void tell(const char *text) {
  int file = open(ready_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || write(file, text, strlen(text)) < 0) exit(99);
  close(file);
}

static void rest(void) {
  while (1) pause();
}

static pid_t split(void) {
  pid_t child = fork();
  if (child < 0) exit(98);
  if (child == 0) name_self();
  return child;
}

static void be_quiet(void) {
  int null = open("/dev/null", O_RDWR);
  for (int i = 0; i < 3; i++) dup2(null, i);
  if (null > 2) close(null);
}

// Becomes a child of somebody above its own parent.
static void lose_parent(void) {
  if (split() > 0) _exit(0);
}

static void leave_heir(int number) {
  (void)number;
  if (fork() > 0) _exit(0);
  signal(SIGTERM, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  alarm(LIFE_SECONDS);
}

static void tidy(int number) {
  (void)number;
  struct timespec time = {.tv_nsec = 300000000};
  nanosleep(&time, NULL);
  _exit(0);
}

static void ignore_signals(void) {
  signal(SIGTERM, SIG_IGN);
  signal(SIGINT, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
}

static void *rest_in_thread(void *unused) {
  (void)unused;
  tell(".");
  rest();
  return NULL;
}

static void become_leaf(const char *program, char *const words[], char *const environment[]) {
  execve(program, words, environment);
  _exit(97);
}

static void hold_pipe(void) {
  int ends[2];
  if (pipe(ends) != 0) exit(96);
  if (split() == 0) {
    lose_parent();
    setsid();
    close(ends[0]);
    tell(".");
    rest();
  }
  close(ends[1]);
  tell(".");
  char byte;
  while (read(ends[0], &byte, 1) != 0) {
  }
  rest();
}

// Takes its shape, and comes to rest in it.
static void take_shape(const struct node *node) {
  extern char **environ;
  char *leaf[] = {(char *)own_path, "leaf", (char *)cookie, (char *)ready_path, NULL};
  char *with_nohup[] = {"nohup", (char *)own_path, "leaf", (char *)cookie, (char *)ready_path, NULL};
  char *nothing[] = {NULL};
  pthread_t thread;
  switch (node->shape) {
    case NOHUP: become_leaf("/usr/bin/nohup", with_nohup, environ); break;
    case HIDDEN: become_leaf(own_path, leaf, nothing); break;
    case HOLDER: hold_pipe(); break;
    case SWARM:
      for (int i = 0; i < node->swarm; i++) {
        if (split() > 0) continue;
        setsid();
        tell(".");
        rest();
      }
      break;
    case BREEDER:
      for (int i = 0; i < 3; i++)
        if (split() == 0) _exit(0);
      break;
    case STUBBORN: ignore_signals(); break;
    case HEIR: signal(SIGTERM, leave_heir); break;
    case TIDY: signal(SIGTERM, tidy); break;
    case HEADLESS:
      if (pthread_create(&thread, NULL, rest_in_thread, NULL) != 0) exit(95);
#if defined(__linux__)
      // The process goes on without its first thread.
      syscall(SYS_exit, 0);
#endif
      break;
    case STOPPED:
      tell(".");
      raise(SIGSTOP);
      rest();
      break;
    default: break;
  }
  tell(".");
  rest();
}

static void grow(int index);

static void grow_children(int index) {
  for (int i = index + 1; i < node_count; i++) {
    if (nodes[i].parent != index) continue;
    pid_t child = split();
    if (child == 0) {
      grow(i);
    } else if (nodes[i].shape == DAEMON || nodes[i].shape == ORPHAN || nodes[i].shape == HIDDEN) {
      while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
      }
    }
  }
}

static void grow(int index) {
  const struct node *node = &nodes[index];
  if (node->is_quiet || node->shape == DAEMON || node->shape == HIDDEN) be_quiet();
  if (node->shape == DAEMON || node->shape == ORPHAN || node->shape == HIDDEN) lose_parent();
  if (node->shape == SESSION || node->shape == DAEMON || node->shape == HIDDEN) setsid();
  grow_children(index);
  take_shape(node);
}

// Starts a process that forks, leaves its session and ends, and so on with the child: nobody who reads the process table gets
// hold of it. Each of them adds a dot to the file. The last one ends when the first would have.
static void become_chain(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  time_t end = time.tv_sec + LIFE_SECONDS;
  if (split() > 0) rest();
  be_quiet();
  do {
    if (split() > 0) _exit(0);
    setsid();
    tell(".");
    usleep(500);
    clock_gettime(CLOCK_MONOTONIC, &time);
  } while (time.tv_sec < end);
  _exit(0);
}

static int is_complete(void) {
  struct stat status;
  char text[16];
  int length = snprintf(text, sizeof text, "%d\n", process_count);
  return stat(ready_path, &status) == 0 && status.st_size >= length + process_count;
}

static int be_tree(int count, char **words) {
  if (count < 5) return 2;
  int forced = -1, may_be_stubborn = 0, is_deaf = 0, must_be_marked = 0;
  for (int i = 5; i < count; i++) {
    if (strcmp(words[i], "stubborn") == 0) may_be_stubborn = 1;
    if (strcmp(words[i], "deaf") == 0) is_deaf = 1;
    if (strcmp(words[i], "marked") == 0) must_be_marked = 1;
    for (int shape = 0; shape < SHAPES; shape++)
      if (strcmp(words[i], shape_names[shape]) == 0) forced = shape;
  }
  cookie = words[1];
  ready_path = words[3];
  plan(strtoull(words[2], NULL, 10), forced, may_be_stubborn, must_be_marked);
  char text[16];
  snprintf(text, sizeof text, "%d\n", process_count);
  name_self();
  tell(text);
  if (is_deaf && split() == 0) {
    setsid();
    ignore_signals();
    rest();
  }
  grow_children(0);
  if (is_deaf) ignore_signals();
  tell(".");
  if (strcmp(words[4], "leave") != 0) rest();
  while (!is_complete()) usleep(2000);
  return 0;
}

// What this process was given, one thing a line.
static int report(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  printf("descriptors");
  for (int i = 0; i < (int)(limit.rlim_cur < 65536 ? limit.rlim_cur : 65536); i++)
    if (fcntl(i, F_GETFD) >= 0) printf(" %d", i);
  printf("\nblocked");
  sigset_t blocked;
  sigprocmask(SIG_SETMASK, NULL, &blocked);
  for (int i = 1; i < NSIG; i++)
    if (sigismember(&blocked, i) == 1) printf(" %d", i);
  printf("\nignored");
  for (int i = 1; i < NSIG; i++) {
    struct sigaction action;
    // Handlers do not survive the execution: those that are there are a library's.
    if (sigaction(i, NULL, &action) == 0 && action.sa_handler == SIG_IGN) printf(" %d", i);
  }
  mode_t mask = umask(0);
  printf("\numask %03o\nsession %d\n", (unsigned)mask, getsid(0) == getpid());
  printf("terminal %d\n", open("/dev/tty", O_RDWR) >= 0);
  return 0;
}

int main(int count, char **words) {
  own_path = words[0];
  if (count >= 2 && strcmp(words[1], "report") == 0) return report();
  if (count >= 2 && strcmp(words[1], "tree") == 0) return be_tree(count - 1, words + 1);
  if (count >= 4 && (strcmp(words[1], "leaf") == 0 || strcmp(words[1], "chain") == 0)) {
    cookie = words[2];
    ready_path = words[3];
    name_self();
    if (strcmp(words[1], "chain") == 0) become_chain();
    tell(".");
    rest();
  }
  fprintf(stderr, "usage: TreeProbe tree|leaf|chain|report ...\n");
  return 2;
}
