// The limit: posix_spawn in a loop, an output file each, at most ten at a time.
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 3000, running = 0;
  for (int i = 0; i < count; i++) {
    char path[64];
    snprintf(path, sizeof path, "%d.log", i);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    char *arguments[] = {"/bin/true", 0};
    pid_t pid;
    if (posix_spawn(&pid, "/bin/true", &actions, 0, arguments, environ) != 0) return 1;
    posix_spawn_file_actions_destroy(&actions);
    if (++running >= 10) {
      wait(0);
      running--;
    }
  }
  while (wait(0) > 0) {}
  return 0;
}
