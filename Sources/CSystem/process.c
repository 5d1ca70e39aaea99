#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char fixed_path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";

/// Our environment with PATH as a system has it: what the program starts by name is not where whoever called us
/// looks first. For the caller to free.
static char **environment_with_fixed_path(void) {
  size_t count = 0;
  while (environ[count] != NULL) count++;
  char **copy = calloc(count + 2, sizeof(*copy));
  if (copy == NULL) return NULL;
  size_t kept = 0;
  copy[kept++] = fixed_path;
  for (size_t i = 0; i < count; i++) {
    if (strncmp(environ[i], "PATH=", 5) != 0) copy[kept++] = environ[i];
  }
  return copy;
}

int system_run(const char *path, char *const arguments[]) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  int error = posix_spawn_file_actions_init(&files);
  if (error != 0) return -error;
  error = posix_spawnattr_init(&attributes);
  if (error != 0) {
    posix_spawn_file_actions_destroy(&files);
    return -error;
  }
  // What this process ignores, the other one shall not.
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  pid_t child = -1;
  char **environment = environment_with_fixed_path();
  error = environment == NULL ? ENOMEM : 0;
  if (error == 0) error = posix_spawnattr_setsigdefault(&attributes, &defaults);
  if (error == 0) error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  if (error == 0) error = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  if (error == 0) error = posix_spawn_file_actions_adddup2(&files, 2, 1);
  if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(&files, 3);
  if (error == 0) error = posix_spawn(&child, path, &files, &attributes, arguments, environment);
  free(environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) return -error;
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return -errno;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
