// Libraries that are loaded when something of theirs is first called: what has nothing to do with gpg or with
// volumes starts without them, and GPGME's needn't be installed.
#pragma once
#include <stdbool.h>

/// Loads GPGME's library, if it isn't yet. False where it isn't installed: then nothing of it may be called.
bool late_gpgme(void);
