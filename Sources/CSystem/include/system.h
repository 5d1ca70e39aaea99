// What Embedded Swift cannot import by itself: libc, and its variadic functions and macros.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/// open(2) with O_CLOEXEC always set; `mode` counts only with O_CREAT.
static inline int system_open(const char *path, int flags, mode_t mode) {
  return open(path, flags | O_CLOEXEC, mode);
}

/// openat(2) with O_CLOEXEC always set; `mode` counts only with O_CREAT.
static inline int system_openat(int folder, const char *path, int flags, mode_t mode) {
  return openat(folder, path, flags | O_CLOEXEC, mode);
}

/// syncfs(2), which glibc declares for GNU sources only.
int system_syncfs(int folder);

/// errno of the last call in this thread.
static inline int system_errno(void) { return errno; }

/// Private anonymous memory, zeroed, kept out of core dumps; NULL when there is none. Pages come as they are
/// written to. `*locked` says whether those are also kept out of swap.
static inline void *system_map_secret(size_t size, bool *locked) {
  void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return NULL;
  // mlock2(2), which glibc declares for GNU sources only, and Linux has since 4.4.
  *locked = syscall(SYS_mlock2, page, size, 1u /* MLOCK_ONFAULT */) == 0 || mlock(page, size) == 0;
  madvise(page, size, MADV_DONTDUMP);
  madvise(page, size, MADV_WIPEONFORK);
  return page;
}

/// Wipes and unmaps what system_map_secret() gave.
static inline void system_unmap_secret(void *page, size_t size) {
  explicit_bzero(page, size);
  munmap(page, size);
}

/// A write to a pipe that nobody reads fails, and ends no program.
static inline void system_ignore_broken_pipes(void) { signal(SIGPIPE, SIG_IGN); }

/// One heap for all threads: a second one would be 128 MB of addresses for a thread that calls one function.
static inline void system_use_one_heap(void) { mallopt(M_ARENA_MAX, 1); }

/// Not dumpable, not traceable by the same user, no core file. False if the kernel refused.
static inline bool system_harden(void) {
  const struct rlimit none = {0, 0};
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0;
}

// Whether the bytes stand in the others: memmem(3).
bool system_contains(const void *bytes, size_t count, const void *wanted, size_t wanted_count);
