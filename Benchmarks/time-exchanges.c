// Put before libpcsclite: says how long each SCardTransmit took, from the client's call to its return, in
// nanoseconds, a line each, in the file that LATCHKEY_EXCHANGES names. What is left of a program's time is its own.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <winscard.h>

typedef LONG Transmit(SCARDHANDLE, const SCARD_IO_REQUEST *, LPCBYTE, DWORD, SCARD_IO_REQUEST *, LPBYTE, LPDWORD);

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

LONG SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *protocol, LPCBYTE command, DWORD length,
                   SCARD_IO_REQUEST *received, LPBYTE answer, LPDWORD room) {
  static Transmit *transmit;
  if (!transmit) transmit = (Transmit *)dlsym(RTLD_NEXT, "SCardTransmit");
  long long start = now();
  LONG result = transmit(card, protocol, command, length, received, answer, room);
  long long end = now();
  const char *path = getenv("LATCHKEY_EXCHANGES");
  int file = path ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
  if (file >= 0) {
    dprintf(file, "%lld\n", end - start);
    close(file);
  }
  return result;
}
