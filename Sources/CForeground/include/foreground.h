// A program in front of the terminal, in the way a shell does it.
#pragma once
#include <stdbool.h>

/// Whether this process is in front of the terminal: what is typed there is for it and its group.
bool foreground_is_ours(int terminal);

/// Runs a program by its path, without a shell, in a process group of its own in front of `terminal`, the
/// controlling one: Ctrl-C reaches the program, and not whoever started us. In the end the terminal is as it
/// was, whatever became of the program.
/// - arguments: ended by NULL; the first is the program's name.
/// - seconds: after so many it is ended; also if it is stopped, or if we are told to end or lose the terminal.
/// Returns its exit status, 128 and the number of the signal that ended it, -ETIMEDOUT when the time was
/// over, or a negative errno value if it could not be started.
int foreground_run(int terminal, const char *path, char *const arguments[], int seconds);
