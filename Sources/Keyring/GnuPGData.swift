internal import CGPGME

/// Bytes on their way to gpg, or from it (`gpgme_data_t`).
@safe
final class GnuPGData {
  let handle: gpgme_data_t

  /// Empty, to be written to.
  init() throws(KeyringError) {
    var data: gpgme_data_t?
    // Safe: the handle is ours, released in deinit.
    try KeyringError.check(unsafe gpgme_data_new(&data))
    guard let made = unsafe data else { throw .noGPG }
    unsafe handle = made
  }

  /// Bytes, copied.
  init(_ bytes: [UInt8]) throws(KeyringError) {
    var data: gpgme_data_t?
    // Safe: the bytes are copied in the call; the handle is ours, released in deinit.
    let error = unsafe bytes.withUnsafeBytes { buffer in
      unsafe gpgme_data_new_from_mem(
        &data, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count, 1)
    }
    try KeyringError.check(error)
    guard let made = unsafe data else { throw .noGPG }
    unsafe handle = made
  }

  /// What an open file holds from its current place on.
  init(descriptor: Int32) throws(KeyringError) {
    var data: gpgme_data_t?
    // Safe: the handle is ours, released in deinit; the caller keeps the descriptor open. Texts are C
    // strings for the call. By itself GPGME hands gigabytes over in pieces of 512 bytes.
    try KeyringError.check(unsafe gpgme_data_new_from_fd(&data, descriptor))
    guard let made = unsafe data else { throw .noGPG }
    _ = unsafe gpgme_data_set_flag(made, "io-buffer-size", "1048576")
    unsafe handle = made
  }

  deinit {
    // Safe: nothing uses it any longer.
    unsafe gpgme_data_release(handle)
  }

  /// All that is in it.
  func bytes() -> [UInt8] {
    // Safe: the handle is ours; read is told the size of the room.
    _ = unsafe gpgme_data_seek(handle, 0, SEEK_SET)
    var all: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      let got = unsafe piece.withUnsafeMutableBytes { room in
        unsafe gpgme_data_read(handle, room.baseAddress, room.count)
      }
      guard got > 0 else { return all }
      all += piece.prefix(got)
    }
  }
}

extension KeyringError {
  /// Throws what an error code of GPGME's means.
  static func check(_ error: gpgme_error_t) throws(KeyringError) {
    guard error != 0 else { return }
    throw KeyringError(error)
  }

  /// What an error code of GPGME's, or of gpg's behind it, means.
  init(_ error: gpgme_error_t) {
    switch gpgme_err_code(error) {
    case GPG_ERR_INV_ENGINE, GPG_ERR_UNSUPPORTED_PROTOCOL: self = .noGPG
    case GPG_ERR_NO_PUBKEY, GPG_ERR_EOF, GPG_ERR_INV_USER_ID, GPG_ERR_NOT_FOUND: self = .noKey
    case GPG_ERR_NO_SECKEY, GPG_ERR_UNUSABLE_SECKEY: self = .noSecretKey
    case GPG_ERR_CERT_REVOKED: self = .revoked
    case GPG_ERR_KEY_EXPIRED, GPG_ERR_CERT_EXPIRED: self = .expired
    case GPG_ERR_WRONG_KEY_USAGE: self = .notForSigning
    case GPG_ERR_CANCELED, GPG_ERR_FULLY_CANCELED: self = .cancelled
    case GPG_ERR_NO_PIN_ENTRY: self = .noPinentry
    case GPG_ERR_BAD_PASSPHRASE, GPG_ERR_BAD_PIN: self = .wrongPassphrase
    case GPG_ERR_PIN_BLOCKED: self = .blocked
    case GPG_ERR_CARD_NOT_PRESENT, GPG_ERR_CARD_REMOVED, GPG_ERR_NO_SCDAEMON, GPG_ERR_ENODEV,
      GPG_ERR_CARD:
      self = .noCard
    case GPG_ERR_NO_AGENT, GPG_ERR_ASS_CONNECT_FAILED, GPG_ERR_AGENT: self = .noAgent
    default:
      var text = [CChar](repeating: 0, count: 256)
      let room = text.count
      // Safe: the array has that room, and what is written is terminated.
      _ = unsafe text.withUnsafeMutableBufferPointer {
        unsafe gpgme_strerror_r(error, $0.baseAddress, room)
      }
      self = .other(
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
  }
}
