// Files that live in memory only.
#pragma once
#include <sys/syscall.h>
#include <unistd.h>

/// memfd_create(2), closed on exec. Its path is /proc/self/fd/N.
static inline int system_memory_file(const char *name) {
  return (int)syscall(SYS_memfd_create, name, 1u /* MFD_CLOEXEC */);
}
