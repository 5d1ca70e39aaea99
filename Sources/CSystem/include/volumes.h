// What a volume's change needs of libc: files in memory, locks, the names in a folder.
#pragma once
#include <dirent.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/// memfd_create(2), closed on exec. Its path is /proc/self/fd/N.
static inline int system_memory_file(const char *name) {
  return (int)syscall(SYS_memfd_create, name, 1u /* MFD_CLOEXEC */);
}

/// flock(2): takes the file's lock for this open file alone, or fails at once.
static inline int system_lock(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }

/// Gives the lock back and closes the file. By closing alone, a child that was just forked and shares
/// the open file would hold the lock until it has become another program.
static inline void system_unlock_and_close(int descriptor) {
  flock(descriptor, LOCK_UN);
  close(descriptor);
}

/// Now, in UTC, for a file's name: `2026-11-21T100500Z`. Returns its length, 0 where it has no room.
static inline size_t system_timestamp(char *text, size_t room) {
  const time_t now = time(NULL);
  struct tm parts;
  if (gmtime_r(&now, &parts) == NULL) return 0;
  return strftime(text, room, "%Y-%m-%dT%H%M%SZ", &parts);
}
