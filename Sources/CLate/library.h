#pragma once
#include <stdbool.h>

/// A library, by the name of the interface that its header describes.
struct library {
  const char *name;
  void *handle;
};

/// Loads it, if it isn't yet; false where it can't be.
bool library_load(struct library *library);

/// Its function of that name. Where there is none the process ends, as the dynamic linker would have ended it.
void *library_find(struct library *library, const char *function);

/// A function of LIBRARY that FUNCTION, declared in its header, stands for.
#define IN(library, function) ((__typeof__(&(function)))library_find(&(library), #function))
