// GPGME's functions by their own names. The compiler holds each against gpgme.h.
#include <gpgme.h>

#include "include/late.h"
#include "library.h"

#if GPGME_VERSION_NUMBER >= 0x020000
static struct library gpgme = {.name = "libgpgme.so.45"};
#else
static struct library gpgme = {.name = "libgpgme.so.11"};
#endif

bool late_gpgme(void) { return library_load(&gpgme); }

// A macro for C; what isn't C calls the function.
#undef gpgme_check_version

const char *gpgme_check_version(const char *req_version) {
  return IN(gpgme, gpgme_check_version)(req_version);
}
gpgme_engine_info_t gpgme_ctx_get_engine_info(gpgme_ctx_t ctx) {
  return IN(gpgme, gpgme_ctx_get_engine_info)(ctx);
}
gpgme_error_t gpgme_ctx_set_engine_info(gpgme_ctx_t ctx, gpgme_protocol_t proto,
    const char *file_name, const char *home_dir) {
  return IN(gpgme, gpgme_ctx_set_engine_info)(ctx, proto, file_name, home_dir);
}
gpgme_error_t gpgme_data_new(gpgme_data_t *r_dh) { return IN(gpgme, gpgme_data_new)(r_dh); }
gpgme_error_t gpgme_data_new_from_fd(gpgme_data_t *dh, int fd) {
  return IN(gpgme, gpgme_data_new_from_fd)(dh, fd);
}
gpgme_error_t gpgme_data_new_from_mem(gpgme_data_t *r_dh, const char *buffer, size_t size,
    int copy) {
  return IN(gpgme, gpgme_data_new_from_mem)(r_dh, buffer, size, copy);
}
ssize_t gpgme_data_read(gpgme_data_t dh, void *buffer, size_t size) {
  return IN(gpgme, gpgme_data_read)(dh, buffer, size);
}
void gpgme_data_release(gpgme_data_t dh) { IN(gpgme, gpgme_data_release)(dh); }
off_t gpgme_data_seek(gpgme_data_t dh, off_t offset, int whence) {
  return IN(gpgme, gpgme_data_seek)(dh, offset, whence);
}
gpg_error_t gpgme_data_set_flag(gpgme_data_t dh, const char *name, const char *value) {
  return IN(gpgme, gpgme_data_set_flag)(dh, name, value);
}
gpgme_error_t gpgme_engine_check_version(gpgme_protocol_t proto) {
  return IN(gpgme, gpgme_engine_check_version)(proto);
}
const char *gpgme_get_dirinfo(const char *what) { return IN(gpgme, gpgme_get_dirinfo)(what); }
gpgme_error_t gpgme_get_key(gpgme_ctx_t ctx, const char *fpr, gpgme_key_t *r_key, int secret) {
  return IN(gpgme, gpgme_get_key)(ctx, fpr, r_key, secret);
}
void gpgme_key_unref(gpgme_key_t key) { IN(gpgme, gpgme_key_unref)(key); }
gpgme_error_t gpgme_new(gpgme_ctx_t *ctx) { return IN(gpgme, gpgme_new)(ctx); }
gpgme_error_t gpgme_op_assuan_transact_ext(gpgme_ctx_t ctx, const char *command,
    gpgme_assuan_data_cb_t data_cb, void *data_cb_value, gpgme_assuan_inquire_cb_t inq_cb,
    void *inq_cb_value, gpgme_assuan_status_cb_t stat_cb, void *stat_cb_value,
    gpgme_error_t *op_err) {
  return IN(gpgme, gpgme_op_assuan_transact_ext)(ctx, command, data_cb, data_cb_value, inq_cb,
      inq_cb_value, stat_cb, stat_cb_value, op_err);
}
gpgme_error_t gpgme_op_export(gpgme_ctx_t ctx, const char *pattern, gpgme_export_mode_t mode,
    gpgme_data_t keydata) {
  return IN(gpgme, gpgme_op_export)(ctx, pattern, mode, keydata);
}
gpgme_error_t gpgme_op_import(gpgme_ctx_t ctx, gpgme_data_t keydata) {
  return IN(gpgme, gpgme_op_import)(ctx, keydata);
}
gpgme_import_result_t gpgme_op_import_result(gpgme_ctx_t ctx) {
  return IN(gpgme, gpgme_op_import_result)(ctx);
}
gpgme_error_t gpgme_op_sign(gpgme_ctx_t ctx, gpgme_data_t plain, gpgme_data_t sig,
    gpgme_sig_mode_t mode) {
  return IN(gpgme, gpgme_op_sign)(ctx, plain, sig, mode);
}
gpgme_sign_result_t gpgme_op_sign_result(gpgme_ctx_t ctx) {
  return IN(gpgme, gpgme_op_sign_result)(ctx);
}
gpgme_error_t gpgme_op_spawn(gpgme_ctx_t ctx, const char *file, const char *argv[],
    gpgme_data_t datain, gpgme_data_t dataout, gpgme_data_t dataerr, unsigned int flags) {
  return IN(gpgme, gpgme_op_spawn)(ctx, file, argv, datain, dataout, dataerr, flags);
}
gpgme_error_t gpgme_op_verify(gpgme_ctx_t ctx, gpgme_data_t sig, gpgme_data_t signed_text,
    gpgme_data_t plaintext) {
  return IN(gpgme, gpgme_op_verify)(ctx, sig, signed_text, plaintext);
}
gpgme_verify_result_t gpgme_op_verify_result(gpgme_ctx_t ctx) {
  return IN(gpgme, gpgme_op_verify_result)(ctx);
}
void gpgme_release(gpgme_ctx_t ctx) { IN(gpgme, gpgme_release)(ctx); }
void gpgme_set_armor(gpgme_ctx_t ctx, int yes) { IN(gpgme, gpgme_set_armor)(ctx, yes); }
gpgme_error_t gpgme_set_protocol(gpgme_ctx_t ctx, gpgme_protocol_t proto) {
  return IN(gpgme, gpgme_set_protocol)(ctx, proto);
}
gpgme_error_t gpgme_signers_add(gpgme_ctx_t ctx, const gpgme_key_t key) {
  return IN(gpgme, gpgme_signers_add)(ctx, key);
}
void gpgme_signers_clear(gpgme_ctx_t ctx) { IN(gpgme, gpgme_signers_clear)(ctx); }
gpgme_error_t gpgme_sig_notation_add(gpgme_ctx_t ctx, const char *name, const char *value,
    gpgme_sig_notation_flags_t flags) {
  return IN(gpgme, gpgme_sig_notation_add)(ctx, name, value, flags);
}
void gpgme_sig_notation_clear(gpgme_ctx_t ctx) { IN(gpgme, gpgme_sig_notation_clear)(ctx); }
int gpgme_strerror_r(gpg_error_t err, char *buf, size_t buflen) {
  return IN(gpgme, gpgme_strerror_r)(err, buf, buflen);
}
