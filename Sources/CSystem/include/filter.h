// A program between a file and us.
#pragma once
#include <sys/types.h>

/// Starts `program argument`, found by PATH, with its standard input from `input` and its errors unseen.
/// `*output` is what it writes; for the caller to close.
/// Its process id, or a negative errno value.
pid_t system_start_filter(const char *program, const char *argument, int input, int *output);

/// Waits for its end. Its exit code, or 128 and the number of the signal that ended it.
int system_end_filter(pid_t process);

/// A file in memory with these bytes, read from its start. Its descriptor, or -1 with errno.
int system_filter_input(const void *bytes, size_t size);
