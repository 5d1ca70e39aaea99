// Unpacks initramfs images by the kernel's own code, each in a child of its own and a file system in memory,
// which holds what a kernel has before it unpacks anything.
// usage: unpack FOLDER: reads the path of an image a line; says of each what the machine's list.c says.
#include "shim.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

char *unpack_image(char *bytes, unsigned long size);
void list_all(FILE *out);

u32 crc32_le(u32 crc, const unsigned char *bytes, size_t size) {
  for (size_t index = 0; index < size; index++) {
    crc ^= bytes[index];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  return crc;
}

static int unpack(const char *image, const char *folder) {
  const int file = open(image, O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) return 71;
  // With zeros behind: some of the kernel's decompressors look ahead.
  const size_t size = (size_t)status.st_size;
  char *bytes = mmap(NULL, size + (64 << 10), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (bytes == MAP_FAILED || read(file, bytes, size) != status.st_size) return 72;
  close(file);
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return 73;
  if (mount("none", folder, "tmpfs", 0, "mode=755,size=1g") != 0) return 74;
  if (chroot(folder) != 0 || chdir("/") != 0) return 75;
  umask(0);
  mkdir("dev", 0755);
  mknod("dev/console", S_IFCHR | 0600, makedev(5, 1));
  mkdir("root", 0700);
  const char *said = unpack_image(bytes, size);
  printf("said %s\n", said == NULL ? "ok" : said);
  list_all(stdout);
  return 0;
}

int main(int count, char **arguments) {
  char image[4096];
  while (count == 2 && scanf("%4095s", image) == 1) {
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
      const struct rlimit seconds = {20, 20}, memory = {2UL << 30, 2UL << 30};
      setrlimit(RLIMIT_CPU, &seconds);
      setrlimit(RLIMIT_AS, &memory);
      _exit(unpack(image, arguments[1]));
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
    if (WIFEXITED(status)) printf("said failed with %d\nend\n", WEXITSTATUS(status));
    else printf("said nothing, and ended by signal %d\nend\n", WTERMSIG(status));
  }
  return 0;
}
