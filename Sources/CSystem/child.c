#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int system_child_begin(const char *words, size_t length, int *child) {
  char *arguments[8] = {NULL};
  size_t count = 0;
  for (size_t start = 0; start < length && count < 7; start += strlen(words + start) + 1) {
    arguments[count++] = (char *)words + start;
  }
  int pipe[2];
  if (pipe2(pipe, O_CLOEXEC) != 0) return -errno;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, pipe[1], 1);
  // What we ignore, a child would ignore.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  // It must hear when it is to end, whatever whoever started us has blocked.
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_UNBLOCK, &signals, NULL);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t made;
  const int error = posix_spawnp(&made, arguments[0], &files, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  close(pipe[1]);
  if (error != 0) {
    close(pipe[0]);
    return -error;
  }
  *child = made;
  return pipe[0];
}

int system_child_end(int child, bool stop) {
  if (stop) kill(child, SIGTERM);
  int status;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
