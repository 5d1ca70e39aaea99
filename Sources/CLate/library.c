#include "library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

// What sysexits of ours are for: the system.
enum { exit_system = 5 };

bool library_load(struct library *library) {
  // Whatever it misses itself shows now, not in the middle of something.
  if (!library->handle) library->handle = dlopen(library->name, RTLD_NOW | RTLD_LOCAL);
  return library->handle;
}

void *library_find(struct library *library, const char *function) {
  void *found = library_load(library) ? dlsym(library->handle, function) : NULL;
  if (!found) {
    fprintf(stderr, "latchkey: %s\nlatchkey: Install the library %s.\n", dlerror(), library->name);
    _exit(exit_system);
  }
  return found;
}
