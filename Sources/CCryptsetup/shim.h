#pragma once
#include <libcryptsetup.h>

static inline void cryptsetup_drop_message(int level, const char *message, void *context) {
  (void)level;
  (void)message;
  (void)context;
}

/// libcryptsetup writes its messages to stdout and stderr unless someone takes them; stdout is where
/// a key may go. A null device sets what holds where no device is at hand.
static inline void cryptsetup_silence(struct crypt_device *device) {
  crypt_set_log_callback(device, cryptsetup_drop_message, NULL);
}
