#define _GNU_SOURCE
#include "foreground.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

// What the program gets anew, as it would be in a shell.
static const int defaults[] = {SIGINT,  SIGQUIT, SIGTERM, SIGHUP,  SIGTSTP,
                               SIGTTIN, SIGTTOU, SIGPIPE, SIGCHLD};
enum { default_count = sizeof defaults / sizeof *defaults };
// How long it may take to end when it was asked to, before it is killed.
enum { last_seconds = 5 };

static struct timespec now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time;
}

static struct timespec left(struct timespec end) {
  const struct timespec time = now();
  struct timespec left = {end.tv_sec - time.tv_sec, end.tv_nsec - time.tv_nsec};
  if (left.tv_nsec < 0) {
    left.tv_sec -= 1;
    left.tv_nsec += 1000000000;
  }
  if (left.tv_sec < 0) left = (struct timespec){0, 0};
  return left;
}

// Waits for the child's end, or until it is stopped. 0 then; else -ETIMEDOUT, or the number of a signal.
static int wait_for(pid_t child, const sigset_t *heard, int seconds, int *status) {
  struct timespec end = now();
  end.tv_sec += seconds;
  for (;;) {
    const pid_t ended = waitpid(child, status, WNOHANG | WUNTRACED);
    if (ended == child) return 0;
    if (ended < 0 && errno != EINTR) return -errno;
    const struct timespec rest = left(end);
    const int number = sigtimedwait(heard, NULL, &rest);
    if (number > 0 && number != SIGCHLD) return number;
    if (number < 0 && errno == EAGAIN) return -ETIMEDOUT;
  }
}

static void run_child(int terminal, const char *path, char *const arguments[]) {
  setpgid(0, 0);
  // SIGTTOU is blocked: a group behind the terminal may come before it.
  tcsetpgrp(terminal, getpid());
  for (int i = 0; i < default_count; i++) signal(defaults[i], SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execv(path, arguments);
  _exit(127);
}

bool foreground_is_ours(int terminal) {
  const pid_t group = tcgetpgrp(terminal);
  return group > 0 && group == getpgrp();
}

int foreground_run(int terminal, const char *path, char *const arguments[], int seconds) {
  const pid_t before = tcgetpgrp(terminal);
  struct termios settings;
  if (before < 0 || tcgetattr(terminal, &settings) != 0) return -errno;

  struct sigaction usual = {.sa_handler = SIG_DFL}, action;
  sigaction(SIGCHLD, &usual, &action);
  sigset_t blocked, heard, mask;
  sigemptyset(&heard);
  sigaddset(&heard, SIGCHLD);
  sigaddset(&heard, SIGHUP);
  sigaddset(&heard, SIGTERM);
  blocked = heard;
  sigaddset(&blocked, SIGTTOU);
  sigprocmask(SIG_BLOCK, &blocked, &mask);

  int result, status = 0;
  const pid_t child = fork();
  if (child == 0) run_child(terminal, path, arguments);
  if (child < 0) {
    result = -errno;
  } else {
    // Both do it, as either may come first.
    setpgid(child, child);
    result = wait_for(child, &heard, seconds, &status);
    const bool is_stopped = result == 0 && WIFSTOPPED(status);
    if (result != 0 || is_stopped) {
      kill(-child, SIGTERM);
      kill(-child, SIGCONT);
      if (wait_for(child, &heard, last_seconds, &status) != 0 || WIFSTOPPED(status)) {
        kill(-child, SIGKILL);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
      }
      if (is_stopped) {
        result = 128 + SIGTSTP;
      } else if (result > 0) {
        result += 128;
      }
    } else {
      result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    tcsetpgrp(terminal, before);
    tcsetattr(terminal, TCSANOW, &settings);
  }
  sigprocmask(SIG_SETMASK, &mask, NULL);
  sigaction(SIGCHLD, &action, NULL);
  return result;
}
