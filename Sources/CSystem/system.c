#define _GNU_SOURCE
#include "system.h"

int system_syncfs(int folder) { return syncfs(folder); }
