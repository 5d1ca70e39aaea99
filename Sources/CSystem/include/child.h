// Another program that asks in our place.
#pragma once
#include <stdbool.h>
#include <stddef.h>

/// Starts a program that PATH finds, with nothing to read, and its output in a pipe. `words` are its name
/// and arguments, at most 7, each ending with a zero. Returns the pipe's end to read from, or a negative
/// errno value.
int system_child_begin(const char *words, size_t length, int *child);

/// Waits for a child's end, which it is asked for first if `stop`. Returns its exit code, or -1.
int system_child_end(int child, bool stop);
