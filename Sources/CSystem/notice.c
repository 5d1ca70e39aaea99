#define _GNU_SOURCE
#include "notice.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static struct {
  char text[255];
  size_t length;
  struct sigaction before;
  sigset_t mask;
} notice;

static void say(int number) {
  (void)number;
  const int saved = errno;
  ssize_t written = write(2, notice.text, notice.length);
  (void)written;
  errno = saved;
}

void system_notice_after(int milliseconds, const void *text, size_t length) {
  notice.length = length < sizeof notice.text ? length : sizeof notice.text;
  memcpy(notice.text, text, notice.length);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = say;
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, &notice.before);
  // A parent may have blocked it.
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  sigprocmask(SIG_UNBLOCK, &alarm, &notice.mask);
  const struct itimerval timer = {
      .it_value = {milliseconds / 1000, milliseconds % 1000 * 1000}};
  setitimer(ITIMER_REAL, &timer, NULL);
}

void system_notice_cancel(void) {
  const struct itimerval none = {0};
  setitimer(ITIMER_REAL, &none, NULL);
  sigprocmask(SIG_SETMASK, &notice.mask, NULL);
  sigaction(SIGALRM, &notice.before, NULL);
}
