// Whose turn it is: locks on single bytes of a file, which the kernel takes back when a process ends, and
// which no child inherits.
#pragma once
#include <fcntl.h>
#include <stdbool.h>

/// Takes the lock of a byte, or gives it back. False if another process has it.
static inline bool system_lock_byte(int descriptor, int byte, bool take) {
  struct flock lock = {
      .l_type = take ? F_WRLCK : F_UNLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
  return fcntl(descriptor, F_SETLK, &lock) == 0;
}

/// Whether another process has a byte's lock.
static inline bool system_byte_is_locked(int descriptor, int byte) {
  struct flock lock = {
      .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
  return fcntl(descriptor, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}
