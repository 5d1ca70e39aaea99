// Who is at the other end of a local socket.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// The inodes of the sockets that are connected to the server listening at `path` (sock_diag(7)), at
/// most `room` of them. How many there are, or a negative errno value.
int system_socket_clients(const char *path, uint32_t *inodes, size_t room);
