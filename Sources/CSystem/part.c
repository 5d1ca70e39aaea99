#define _GNU_SOURCE
#include "part.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

int system_part_of_file(int file, off_t start, size_t size) {
  const int part = memfd_create("latchkey", MFD_CLOEXEC);
  if (part < 0) return -1;
  while (size > 0) {
    const ssize_t copied = sendfile(part, file, &start, size);
    if (copied < 0 && errno == EINTR) continue;
    if (copied <= 0) {
      const int failure = copied < 0 ? errno : ENODATA;
      close(part);
      errno = failure;
      return -1;
    }
    size -= (size_t)copied;
  }
  if (lseek(part, 0, SEEK_SET) != 0) {
    close(part);
    return -1;
  }
  return part;
}
