#define _GNU_SOURCE
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

pid_t system_start_filter(const char *program, const char *argument, int input, int *output) {
  int ends[2];
  if (pipe(ends) != 0) return -errno;
  // Ours alone: a child that held it open would never see its end.
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  if (ends[1] > STDERR_FILENO) posix_spawn_file_actions_addclose(&actions, ends[1]);
  char *const words[] = {(char *)program, (char *)argument, NULL};
  pid_t process = 0;
  const int failure = posix_spawnp(&process, program, &actions, NULL, words, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (failure != 0) {
    close(ends[0]);
    return -failure;
  }
  *output = ends[0];
  return process;
}

int system_end_filter(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) return 128;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int system_filter_input(const void *bytes, size_t size) {
  const int file = memfd_create("latchkey", MFD_CLOEXEC);
  if (file < 0) return -1;
  for (size_t done = 0; done < size;) {
    const ssize_t written = write(file, (const char *)bytes + done, size - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      close(file);
      return -1;
    }
    done += (size_t)written;
  }
  return file;
}
