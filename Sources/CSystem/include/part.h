// A part of a file, as a file of its own.
#pragma once
#include <sys/types.h>

/// A file in memory with `size` bytes of `file` from `start` on, read from its start.
/// Its descriptor, or -1 with errno; ENODATA if the file ends before them.
int system_part_of_file(int file, off_t start, size_t size);
