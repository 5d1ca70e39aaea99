// A call that may wait for ever, waited for no longer than wanted.
#pragma once
#include <stdbool.h>

/// Runs `body(argument)` on a thread of its own and waits for its end, so many milliseconds.
/// False if it has not ended by then: the thread is left behind, and runs `undo(argument)` if `body`
/// ever ends. `argument` belongs to the thread until then. Where there is no thread to be had, `body`
/// runs in this one.
bool system_run_within(int milliseconds, void (*body)(void *), void (*undo)(void *),
                       void *argument);
