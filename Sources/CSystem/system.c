#define _GNU_SOURCE
#include "system.h"

int system_syncfs(int folder) { return syncfs(folder); }

bool system_contains(const void *bytes, size_t count, const void *wanted, size_t wanted_count) {
  return memmem(bytes, count, wanted, wanted_count) != 0;
}
