// A terminal with its echo off, restored whatever signal comes.
#pragma once
#include <stdbool.h>

/// Turns the echo of `descriptor` off, or on if `shown`, and catches the signals that end or stop a process.
/// Where the terminal isn't the process's `controlling` one, Ctrl-C ends a line, as the character 3. A
/// descriptor that is no terminal is only waited for. One at a time in a process. 0, or an errno value; then
/// nothing is changed.
int system_terminal_begin(int descriptor, bool shown, bool controlling);

/// Waits until something can be read: 0 then, or the number of the signal that came first, or a
/// negative errno value: -ETIMEDOUT when the time is over.
int system_terminal_wait(int milliseconds);

/// Puts the terminal and the signal actions back as they were.
void system_terminal_restore(void);
