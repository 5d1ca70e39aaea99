// Another program, run to its end.
#pragma once
#include <sys/types.h>

/// Runs a program by its path, without a shell, and waits for its end. It reads nothing, and what it
/// writes to standard output goes to standard error; no other descriptor of ours is left open in it, and PATH
/// is a system's own.
/// - arguments: ended by NULL; the first is the program's name.
/// Returns its exit status, 128 and the number of the signal that ended it, or a negative errno value
/// if it could not be started.
int system_run(const char *path, char *const arguments[]);
