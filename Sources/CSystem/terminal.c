#define _GNU_SOURCE
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int caught[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGALRM,
                             SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE};
enum { caught_count = sizeof caught / sizeof *caught };

static struct {
  int terminal;
  int pipe[2];
  struct termios before;
  struct sigaction actions[caught_count];
} state = {.terminal = -1, .pipe = {-1, -1}};

// A pipe, not a flag: in a process with threads the handler may run in another one.
static void note_signal(int number) {
  const int saved = errno;
  const unsigned char byte = (unsigned char)number;
  ssize_t written = write(state.pipe[1], &byte, 1);
  (void)written;
  errno = saved;
}

int system_terminal_begin(int descriptor, bool shown) {
  if (tcgetattr(descriptor, &state.before) != 0) return errno;
  if (pipe2(state.pipe, O_CLOEXEC | O_NONBLOCK) != 0) return errno;
  state.terminal = descriptor;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = note_signal;
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < caught_count; i++) {
    sigaction(caught[i], NULL, &state.actions[i]);
    // What the parent told us to ignore (nohup) stays ignored.
    if (state.actions[i].sa_handler != SIG_IGN) sigaction(caught[i], &action, NULL);
  }
  struct termios quiet = state.before;
  if (shown) {
    quiet.c_lflag |= ECHO;
  } else {
    quiet.c_lflag &= ~(tcflag_t)ECHO;
  }
  quiet.c_lflag |= ICANON | ISIG | ECHONL;
  quiet.c_iflag |= ICRNL;
  while (tcsetattr(descriptor, TCSAFLUSH, &quiet) != 0) {
    if (errno == EINTR) continue;
    const int error = errno;
    system_terminal_restore();
    return error;
  }
  return 0;
}

int system_terminal_wait(void) {
  struct pollfd events[2] = {{state.terminal, POLLIN, 0}, {state.pipe[0], POLLIN, 0}};
  for (;;) {
    if (poll(events, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return -errno;
    }
    unsigned char number;
    if (events[1].revents != 0 && read(state.pipe[0], &number, 1) == 1) return number;
    if (events[0].revents != 0) return 0;
  }
}

void system_terminal_restore(void) {
  if (state.terminal < 0) return;
  while (tcsetattr(state.terminal, TCSAFLUSH, &state.before) != 0 && errno == EINTR) {
  }
  for (int i = 0; i < caught_count; i++) sigaction(caught[i], &state.actions[i], NULL);
  close(state.pipe[0]);
  close(state.pipe[1]);
  state.pipe[0] = state.pipe[1] = -1;
  state.terminal = -1;
}
