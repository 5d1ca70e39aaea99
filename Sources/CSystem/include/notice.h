// A text that is written if something takes long.
#pragma once
#include <stddef.h>

/// Writes the text to standard error after so many milliseconds, unless system_notice_cancel() comes
/// first (SIGALRM). At most 255 bytes; one at a time in a process.
void system_notice_after(int milliseconds, const void *text, size_t length);

/// Takes back what was not yet written.
void system_notice_cancel(void);
