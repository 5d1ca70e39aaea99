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

// All zero at first: 1.4 KB that the program's file need not hold.
static struct {
  bool is_on;
  int input;
  bool is_terminal;
  int pipe[2];
  struct termios before;
  struct sigaction actions[caught_count];
} state;

// A pipe, not a flag: in a process with threads the handler may run in another one.
static void note_signal(int number) {
  const int saved = errno;
  const unsigned char byte = (unsigned char)number;
  ssize_t written = write(state.pipe[1], &byte, 1);
  (void)written;
  errno = saved;
}

int system_terminal_begin(int descriptor, bool shown, bool controlling) {
  state.is_terminal = tcgetattr(descriptor, &state.before) == 0;
  if (pipe2(state.pipe, O_CLOEXEC | O_NONBLOCK) != 0) return errno;
  state.input = descriptor;
  state.is_on = true;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = note_signal;
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < caught_count; i++) {
    sigaction(caught[i], NULL, &state.actions[i]);
    // What the parent told us to ignore (nohup) stays ignored.
    if (state.actions[i].sa_handler != SIG_IGN) sigaction(caught[i], &action, NULL);
  }
  if (!state.is_terminal) return 0;
  struct termios quiet = state.before;
  if (shown) {
    quiet.c_lflag |= ECHO;
  } else {
    quiet.c_lflag &= ~(tcflag_t)ECHO;
  }
  quiet.c_lflag |= ICANON | ISIG | ECHONL;
  quiet.c_iflag |= ICRNL;
  if (!controlling) {
    // The console of an initramfs sends no signals: there Ctrl-C is a character that ends the line.
    quiet.c_lflag &= ~(tcflag_t)ISIG;
    quiet.c_cc[VEOL] = '\003';
  }
  while (tcsetattr(descriptor, TCSAFLUSH, &quiet) != 0) {
    if (errno == EINTR) continue;
    const int error = errno;
    system_terminal_restore();
    return error;
  }
  return 0;
}

int system_terminal_wait(int milliseconds) {
  struct pollfd events[2] = {{state.input, POLLIN, 0}, {state.pipe[0], POLLIN, 0}};
  for (;;) {
    const int count = poll(events, 2, milliseconds);
    if (count == 0) return -ETIMEDOUT;
    if (count < 0) {
      if (errno == EINTR) continue;
      return -errno;
    }
    unsigned char number;
    if (events[1].revents != 0 && read(state.pipe[0], &number, 1) == 1) return number;
    if (events[0].revents != 0) return 0;
  }
}

void system_terminal_restore(void) {
  if (!state.is_on) return;
  while (state.is_terminal && tcsetattr(state.input, TCSAFLUSH, &state.before) != 0 && errno == EINTR) {
  }
  for (int i = 0; i < caught_count; i++) sigaction(caught[i], &state.actions[i], NULL);
  close(state.pipe[0]);
  close(state.pipe[1]);
  state.is_on = false;
}
