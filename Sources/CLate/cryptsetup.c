// libcryptsetup's functions by their own names. The compiler holds each against libcryptsetup.h.
#include <libcryptsetup.h>

#include "library.h"

static struct library cryptsetup = {.name = "libcryptsetup.so.12"};

int crypt_activate_by_volume_key(struct crypt_device *cd, const char *name, const char *volume_key,
    size_t volume_key_size, uint32_t flags) {
  return IN(cryptsetup, crypt_activate_by_volume_key)(cd, name, volume_key, volume_key_size, flags);
}
int crypt_dump_json(struct crypt_device *cd, const char **json, uint32_t flags) {
  return IN(cryptsetup, crypt_dump_json)(cd, json, flags);
}
void crypt_free(struct crypt_device *cd) { IN(cryptsetup, crypt_free)(cd); }
const char *crypt_get_cipher(struct crypt_device *cd) {
  return IN(cryptsetup, crypt_get_cipher)(cd);
}
const char *crypt_get_cipher_mode(struct crypt_device *cd) {
  return IN(cryptsetup, crypt_get_cipher_mode)(cd);
}
uint64_t crypt_get_data_offset(struct crypt_device *cd) {
  return IN(cryptsetup, crypt_get_data_offset)(cd);
}
int crypt_get_sector_size(struct crypt_device *cd) {
  return IN(cryptsetup, crypt_get_sector_size)(cd);
}
const char *crypt_get_type(struct crypt_device *cd) { return IN(cryptsetup, crypt_get_type)(cd); }
const char *crypt_get_uuid(struct crypt_device *cd) { return IN(cryptsetup, crypt_get_uuid)(cd); }
int crypt_get_volume_key_size(struct crypt_device *cd) {
  return IN(cryptsetup, crypt_get_volume_key_size)(cd);
}
int crypt_header_backup(struct crypt_device *cd, const char *requested_type,
    const char *backup_file) {
  return IN(cryptsetup, crypt_header_backup)(cd, requested_type, backup_file);
}
int crypt_init(struct crypt_device **cd, const char *device) {
  return IN(cryptsetup, crypt_init)(cd, device);
}
int crypt_keyslot_add_by_volume_key(struct crypt_device *cd, int keyslot, const char *volume_key,
    size_t volume_key_size, const char *passphrase, size_t passphrase_size) {
  return IN(cryptsetup, crypt_keyslot_add_by_volume_key)(cd, keyslot, volume_key, volume_key_size,
      passphrase, passphrase_size);
}
int crypt_keyslot_area(struct crypt_device *cd, int keyslot, uint64_t *offset, uint64_t *length) {
  return IN(cryptsetup, crypt_keyslot_area)(cd, keyslot, offset, length);
}
int crypt_keyslot_change_by_passphrase(struct crypt_device *cd, int keyslot_old, int keyslot_new,
    const char *passphrase, size_t passphrase_size, const char *new_passphrase,
    size_t new_passphrase_size) {
  return IN(cryptsetup, crypt_keyslot_change_by_passphrase)(cd, keyslot_old, keyslot_new,
      passphrase, passphrase_size, new_passphrase, new_passphrase_size);
}
int crypt_keyslot_destroy(struct crypt_device *cd, int keyslot) {
  return IN(cryptsetup, crypt_keyslot_destroy)(cd, keyslot);
}
int crypt_keyslot_get_pbkdf(struct crypt_device *cd, int keyslot, struct crypt_pbkdf_type *pbkdf) {
  return IN(cryptsetup, crypt_keyslot_get_pbkdf)(cd, keyslot, pbkdf);
}
int crypt_keyslot_max(const char *type) { return IN(cryptsetup, crypt_keyslot_max)(type); }
crypt_keyslot_info crypt_keyslot_status(struct crypt_device *cd, int keyslot) {
  return IN(cryptsetup, crypt_keyslot_status)(cd, keyslot);
}
int crypt_load(struct crypt_device *cd, const char *requested_type, void *params) {
  return IN(cryptsetup, crypt_load)(cd, requested_type, params);
}
int crypt_set_data_device(struct crypt_device *cd, const char *device) {
  return IN(cryptsetup, crypt_set_data_device)(cd, device);
}
void crypt_set_log_callback(struct crypt_device *cd, void (*log)(int level, const char *msg,
    void *usrptr), void *usrptr) {
  IN(cryptsetup, crypt_set_log_callback)(cd, log, usrptr);
}
int crypt_set_pbkdf_type(struct crypt_device *cd, const struct crypt_pbkdf_type *pbkdf) {
  return IN(cryptsetup, crypt_set_pbkdf_type)(cd, pbkdf);
}
int crypt_token_json_get(struct crypt_device *cd, int token, const char **json) {
  return IN(cryptsetup, crypt_token_json_get)(cd, token, json);
}
int crypt_token_json_set(struct crypt_device *cd, int token, const char *json) {
  return IN(cryptsetup, crypt_token_json_set)(cd, token, json);
}
crypt_token_info crypt_token_status(struct crypt_device *cd, int token, const char **type) {
  return IN(cryptsetup, crypt_token_status)(cd, token, type);
}
int crypt_volume_key_get(struct crypt_device *cd, int keyslot, char *volume_key,
    size_t *volume_key_size, const char *passphrase, size_t passphrase_size) {
  return IN(cryptsetup, crypt_volume_key_get)(cd, keyslot, volume_key, volume_key_size, passphrase,
      passphrase_size);
}
