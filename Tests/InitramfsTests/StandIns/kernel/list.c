// The init of a machine that has unpacked an image: says what it found there, a line each, and ends the
// machine. A line: path in hexadecimal, mode in octal, user and group, and a file's SHA-256, a link's target
// in hexadecimal or a device's numbers. What it came with itself, below /.probe, it leaves out.
// With UNPACKER defined it is that program's way to list its root.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static uint32_t turn(uint32_t word, int bits) { return word >> bits | word << (32 - bits); }

// FIPS 180-4, with its constants as the fractions that they are.
static uint32_t fraction(unsigned prime, int root) {
  // The first 32 bits behind the point of a square or cube root, bit by bit.
  unsigned __int128 low = 0;
  for (int bit = 36; bit >= 0; bit--) {
    const unsigned __int128 next = low | (unsigned __int128)1 << bit;
    const unsigned __int128 power = root == 2 ? next * next : next * next * next;
    if (power <= (unsigned __int128)prime << (32 * root)) low = next;
  }
  return (uint32_t)low;
}

static uint32_t state[8], starts[8], constants[64];

static void block(const unsigned char *bytes) {
  uint32_t w[64], v[8];
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t)bytes[4 * i] << 24 | bytes[4 * i + 1] << 16 | bytes[4 * i + 2] << 8 | bytes[4 * i + 3];
  for (int i = 16; i < 64; i++)
    w[i] = w[i - 16] + w[i - 7] + (turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3) +
           (turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10);
  memcpy(v, state, sizeof v);
  for (int i = 0; i < 64; i++) {
    const uint32_t first = v[7] + (turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)) +
                           ((v[4] & v[5]) ^ (~v[4] & v[6])) + constants[i] + w[i];
    const uint32_t second = (turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)) +
                            ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
    memmove(v + 1, v, 7 * sizeof *v);
    v[4] += first;
    v[0] = first + second;
  }
  for (int i = 0; i < 8; i++) state[i] += v[i];
}

static void digest(FILE *out, const char *path) {
  unsigned char bytes[65536];
  const int file = open(path, O_RDONLY);
  uint64_t size = 0;
  size_t have = 0;
  memcpy(state, starts, sizeof state);
  for (;;) {
    const ssize_t got = file < 0 ? -1 : read(file, bytes + have, sizeof bytes - 64 - have);
    if (got < 0) {
      fputs("unreadable", out);
      return;
    }
    if (got == 0) break;
    size += (uint64_t)got;
    have += (size_t)got;
    const size_t whole = have / 64 * 64;
    for (size_t i = 0; i < whole; i += 64) block(bytes + i);
    memmove(bytes, bytes + whole, have -= whole);
  }
  close(file);
  bytes[have++] = 0x80;
  while (have % 64 != 56) bytes[have++] = 0;
  for (int i = 7; i >= 0; i--) bytes[have++] = (unsigned char)(size * 8 >> (8 * i));
  for (size_t i = 0; i < have; i += 64) block(bytes + i);
  for (int i = 0; i < 8; i++) fprintf(out, "%08x", state[i]);
}

static void hexadecimal(FILE *out, const char *text, size_t count) {
  for (size_t i = 0; i < count; i++) fprintf(out, "%02x", (unsigned char)text[i]);
}

/// `path` has room for any; `below` is where the part of it begins that is shown.
static void list(FILE *out, char *path, size_t below) {
  DIR *folder = opendir(*path ? path : "/");
  if (folder == NULL) return;
  const size_t end = strlen(path);
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (end == below && strcmp(entry->d_name, ".probe") == 0) continue;
    sprintf(path + end, "/%s", entry->d_name);
    struct stat status;
    if (lstat(path, &status) != 0) continue;
    fputs("entry ", out);
    hexadecimal(out, path + below + 1, strlen(path + below + 1));
    fprintf(out, " %o %u:%u ", status.st_mode, status.st_uid, status.st_gid);
    if (S_ISREG(status.st_mode)) digest(out, path);
    if (S_ISLNK(status.st_mode)) {
      char target[8192];
      const ssize_t size = readlink(path, target, sizeof target);
      hexadecimal(out, target, size < 0 ? 0 : (size_t)size);
    }
    if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))
      fprintf(out, "%u:%u", major(status.st_rdev), minor(status.st_rdev));
    fputc('\n', out);
    if (S_ISDIR(status.st_mode)) list(out, path, below);
    path[end] = 0;
  }
  closedir(folder);
}

/// All of the root.
void list_all(FILE *out) {
  unsigned found = 0;
  for (unsigned number = 2; found < 64; number++) {
    unsigned divisor = 2;
    while (number % divisor != 0) divisor++;
    if (divisor != number) continue;
    if (found < 8) starts[found] = fraction(number, 2);
    constants[found++] = fraction(number, 3);
  }
  list(out, calloc(1, 1 << 20), 0);
  fputs("end\n", out);
  fflush(out);
}

#ifndef UNPACKER
int main(void) {
  umask(0);
  mknod("/.probe/console", S_IFCHR | 0600, makedev(4, 64));
  FILE *out = fopen("/.probe/console", "w");
  if (out != NULL) {
    static char log[1 << 20];
    const int size = klogctl(3, log, sizeof log - 1);
    const char *start = "Initramfs unpacking failed: ";
    char *said = size > 0 ? strstr(log, start) : NULL;
    if (said) said[strcspn(said, "\n")] = 0;
    fprintf(out, "\nsaid %s\n", said ? said + strlen(start) : "ok");
    list_all(out);
  }
  reboot(RB_AUTOBOOT);
  for (;;) pause();
}
#endif
