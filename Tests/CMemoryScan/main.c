// Runs a program until it is about to leave the system, its memory still whole, and counts how often
// bytes occur in it: memory-scan REPORT PATTERN... -- PROGRAM ARGUMENTS...
// Each PATTERN is a file. REPORT gets the exit status, the bytes looked at, and a count a pattern.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { most = 16 };

struct pattern {
  unsigned char bytes[4096];
  size_t size;
  long hits;
};

static void fail(const char *what) {
  perror(what);
  exit(99);
}

// Counts the patterns in every readable mapping; gives the bytes looked at.
static long scan(int maps, int memory, struct pattern *patterns, int count) {
  static char text[1 << 20];
  size_t length = 0;
  ssize_t got;
  while ((got = pread(maps, text + length, sizeof text - 1 - length, (off_t)length)) > 0)
    length += (size_t)got;
  text[length] = 0;
  long scanned = 0;
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
    uint64_t start, end;
    char readable;
    if (sscanf(line, "%lx-%lx %c", &start, &end, &readable) != 3 || readable != 'r') continue;
    if (strstr(line, "[v")) continue;
    unsigned char *bytes = malloc(end - start);
    if (!bytes) fail("malloc");
    got = pread(memory, bytes, end - start, (off_t)start);
    for (int i = 0; got > 0 && i < count; i++) {
      const unsigned char *from = bytes, *limit = bytes + got;
      while ((from = memmem(from, (size_t)(limit - from), patterns[i].bytes, patterns[i].size))) {
        patterns[i].hits++;
        fprintf(stderr, "pattern %d at +%#lx in %s\n", i, (long)(from - bytes), line);
        from++;
      }
    }
    if (got > 0) scanned += got;
    free(bytes);
  }
  return scanned;
}

int main(int argc, char **argv) {
  static struct pattern patterns[most];
  int count = 0, index = 2;
  for (; index < argc && strcmp(argv[index], "--") != 0; index++, count++) {
    FILE *file = fopen(argv[index], "r");
    if (!file || count == most) fail(argv[index]);
    patterns[count].size = fread(patterns[count].bytes, 1, sizeof patterns[count].bytes, file);
    fclose(file);
  }
  if (index + 1 >= argc) return 2;
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    execvp(argv[index + 1], argv + index + 1);
    fail("execvp");
  }
  int status;
  if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) fail("waitpid");
  ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)(PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL));
  // Opened before the program hardens itself: later only root may.
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/maps", child);
  const int maps = open(path, O_RDONLY);
  snprintf(path, sizeof path, "/proc/%d/mem", child);
  const int memory = open(path, O_RDONLY);
  if (maps < 0 || memory < 0) fail(path);
  long scanned = 0;
  int signal_to_pass = 0;
  for (;;) {
    ptrace(PTRACE_CONT, child, NULL, (void *)(intptr_t)signal_to_pass);
    if (waitpid(child, &status, 0) != child) fail("waitpid");
    if (!WIFSTOPPED(status)) break;
    signal_to_pass = 0;
    if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8)) {
      scanned = scan(maps, memory, patterns, count);
    } else {
      signal_to_pass = WSTOPSIG(status);
    }
  }
  FILE *report = fopen(argv[1], "w");
  if (!report) fail(argv[1]);
  fprintf(report, "%d %ld", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), scanned);
  for (int i = 0; i < count; i++) fprintf(report, " %ld", patterns[i].hits);
  fclose(report);
  return 0;
}
