// A program between an untrusted file and us.
#pragma once
#include <sys/types.h>

/// Starts `program argument` with its standard input from `input` and its errors unseen, confined: it may
/// compute, read what it was given, and write to the pipe. It has an environment of two constants and no other
/// descriptor of ours, and ends with the thread that started it. As root it becomes a user of its own.
/// - program: an absolute path.
/// - seconds: the most of the processors' time; it is ended then.
/// `*output` is the end to read from, for the caller to close.
/// Its process id, or a negative errno value: also where it can't be confined.
pid_t system_start_filter(const char *program, const char *argument, int input, unsigned seconds,
                          int *output);

/// Waits for its end. Its exit code, or 128 and the number of the signal that ended it.
int system_end_filter(pid_t process);

/// Ends it at once, and waits for that.
void system_stop_filter(pid_t process);
