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

/// Makes PBKDF2 with `iterations` rounds, unmeasured, what the next keyslot is made with.
static inline int cryptsetup_use_pbkdf2(struct crypt_device *device, uint32_t iterations) {
  const struct crypt_pbkdf_type derivation = {
      .type = CRYPT_KDF_PBKDF2,
      .hash = "sha256",
      .iterations = iterations,
      .flags = CRYPT_PBKDF_NO_BENCHMARK,
  };
  return crypt_set_pbkdf_type(device, &derivation);
}
