// What a program that reads untrusted bytes must not do. For a child between fork() and execve(): nothing
// here allocates.
#pragma once

/// Takes privileges, limits and system calls away from this process and from what it executes.
/// - program: the one path that it may still execute, once, by this very pointer.
/// - seconds: of the processors' time.
/// 0, or a negative errno value; then it must not go on.
int confine(const char *program, unsigned seconds);
