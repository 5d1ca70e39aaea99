// A terminal with its echo off, restored whatever signal comes.
#pragma once
#include <stdbool.h>

/// Turns the echo of `descriptor` off, or on if `shown`, and catches the signals that end or stop a process.
/// One terminal at a time in a process. 0, or an errno value; then nothing is changed.
int system_terminal_begin(int descriptor, bool shown);

/// Waits until a line can be read: 0 then, or the number of the signal that came first, or a
/// negative errno value.
int system_terminal_wait(void);

/// Puts the terminal and the signal actions back as they were.
void system_terminal_restore(void);
