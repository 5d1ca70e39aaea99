#define _GNU_SOURCE
#include "filter.h"

#include "confinement.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

/// What the child executes, in pages at an address that nobody knows: the filter of its system calls lets only
/// this path be executed, and by this address.
struct words {
  char program[256];
  char argument[64];
  char path[32];
  char locale[16];
  char *arguments[3];
  char *environment[3];
};

static struct words *hidden_words(const char *program, const char *argument) {
  if (strlen(program) >= sizeof(((struct words *)0)->program) ||
      strlen(argument) >= sizeof(((struct words *)0)->argument)) {
    errno = ENAMETOOLONG;
    return NULL;
  }
  uint64_t place = 0;
  if (getrandom(&place, sizeof(place), 0) != sizeof(place)) return NULL;
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  const size_t size = 2 * page;
  // A hint: the kernel puts it elsewhere if something is there.
  const uintptr_t address =
      sizeof(void *) > 4 ? (uintptr_t)(place & UINT64_C(0x3FFFFFFFF000)) + 0x10000 : 0;
  char *pages = mmap((void *)(address & ~(uintptr_t)(page - 1)), size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return NULL;
  struct words *words = (struct words *)(pages + ((place >> 48) % page & ~(uint64_t)15));
  strcpy(words->program, program);
  strcpy(words->argument, argument);
  strcpy(words->path, "PATH=/usr/bin:/bin");
  strcpy(words->locale, "LC_ALL=C");
  words->arguments[0] = words->program;
  words->arguments[1] = words->argument;
  words->environment[0] = words->path;
  words->environment[1] = words->locale;
  return words;
}

static void forget_words(struct words *words) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  munmap((void *)((uintptr_t)words & ~(uintptr_t)(page - 1)), 2 * page);
}

/// Puts a descriptor of ours above those that the child will have.
static int raised(int descriptor) { return fcntl(descriptor, F_DUPFD_CLOEXEC, 4); }

/// The child: never returns. What goes wrong is written to `fault`, which is closed when the program begins.
static void become_filter(const struct words *words, int input, int output, int fault,
                          unsigned seconds, pid_t parent) {
  // What was blocked or ignored here, is not there.
  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < 32; number++) {
    if (number != SIGKILL && number != SIGSTOP) signal(number, SIG_DFL);
  }
  sigprocmask(SIG_SETMASK, &none, NULL);
  int error = 0;
  const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
  // All but `nothing` are above 3, and so is what was opened behind them, or it is 0 to 3 itself.
  if (nothing < 0 || dup2(nothing, 2) < 0 || dup2(input, 0) < 0 || dup2(output, 1) < 0 ||
      dup3(fault, 3, O_CLOEXEC) < 0 || chdir("/") != 0) {
    error = -errno;
    write(fault, &error, sizeof(error));
    _exit(126);
  }
  if (nothing == 2) fcntl(2, F_SETFD, 0);
  closefrom(4);
  // It may wait for us for ever, and nobody else may end it.
  alarm(1800);
  error = confine(words->program, seconds);
  // We may have ended before it could be told.
  if (error == 0 && getppid() != parent) _exit(126);
  if (error == 0) {
    execve(words->program, words->arguments, words->environment);
    error = -errno;
  }
  write(3, &error, sizeof(error));
  _exit(126);
}

pid_t system_start_filter(const char *program, const char *argument, int input, unsigned seconds,
                          int *output) {
  if (program[0] != '/') return -ENOENT;
  struct words *words = hidden_words(program, argument);
  if (words == NULL) return -errno;
  int ends[2] = {-1, -1};
  int faults[2] = {-1, -1};
  pid_t process = -1;
  int error = 0;
  const int source = raised(input);
  if (source < 0 || pipe2(ends, O_CLOEXEC) != 0 || pipe2(faults, O_CLOEXEC) != 0) {
    error = -errno;
  } else {
    const int to = raised(ends[1]), fault = raised(faults[1]);
    const pid_t parent = getpid();
    if (to < 0 || fault < 0 || (process = fork()) < 0) error = -errno;
    if (process == 0) become_filter(words, source, to, fault, seconds, parent);
    if (to >= 0) close(to);
    if (fault >= 0) close(fault);
  }
  forget_words(words);
  if (source >= 0) close(source);
  if (ends[1] >= 0) close(ends[1]);
  if (faults[1] >= 0) close(faults[1]);
  if (error == 0) {
    ssize_t got;
    do got = read(faults[0], &error, sizeof(error));
    while (got < 0 && errno == EINTR);
    // Nothing, and the end: it runs.
    if (got != 0) {
      if (got != sizeof(error)) error = -EIO;
      system_stop_filter(process);
    }
  }
  if (faults[0] >= 0) close(faults[0]);
  if (error != 0) {
    if (ends[0] >= 0) close(ends[0]);
    return error;
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

void system_stop_filter(pid_t process) {
  kill(process, SIGKILL);
  system_end_filter(process);
}
