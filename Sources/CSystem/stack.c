#define _GNU_SOURCE
#include "stack.h"

#include <string.h>

__attribute__((noinline)) void system_wipe_stack(void) {
  unsigned char below[128 << 10];
  explicit_bzero(below, sizeof below);
}
