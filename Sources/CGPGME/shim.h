#pragma once
#include <gpgme.h>
#include <grp.h>
#include <pwd.h>
#include <sys/types.h>
#include <unistd.h>

// GNU's own, which unistd.h shows only where _GNU_SOURCE was set before its first reading.
int setresuid(uid_t real, uid_t effective, uid_t saved);
int setresgid(gid_t real, gid_t effective, gid_t saved);
