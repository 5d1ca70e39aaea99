// What finished functions left on the stack.
#pragma once

/// Wipes 128 KiB of the stack below the caller's frame.
void system_wipe_stack(void);
