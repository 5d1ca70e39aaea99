internal import CGPGME
import CSystem

/// What became of certificates that were handed to gpg.
public struct ImportOutcome: Equatable, Sendable {
  /// Certificates that it was new to.
  public let added: Int
  /// New signatures, user ids, subkeys and revocations on those it had.
  public let updated: Int
  /// Those it had as they are.
  public let unchanged: Int
  /// Those it refused.
  public let refused: Int
}

extension GnuPG {
  /// Adds certificates to the keyring; what it has stays.
  public func importCertificates(_ bytes: [UInt8]) throws(KeyringError) -> ImportOutcome {
    try home.run { () throws(KeyringError) in
      let data = try GnuPGData(bytes)
      // Safe: both handles are ours; the result lives until the next operation.
      try KeyringError.check(unsafe gpgme_op_import(context, data.handle))
      guard let result = unsafe gpgme_op_import_result(context)?.pointee else { throw .noGPG }
      return unsafe ImportOutcome(
        added: Int(result.imported),
        updated: Int(
          result.new_user_ids + result.new_sub_keys + result.new_signatures
            + result.new_revocations),
        unchanged: Int(result.unchanged), refused: Int(result.not_imported))
    }
  }

  /// The certificate as the keyring has it, in armor; empty where it has none.
  public func exportCertificate(_ fingerprint: String) throws(KeyringError) -> [UInt8] {
    try home.run { () throws(KeyringError) in
      let data = try GnuPGData()
      unsafe gpgme_set_armor(context, 1)
      // Safe: a C string for the call; both handles are ours.
      try KeyringError.check(unsafe gpgme_op_export(context, fingerprint, 0, data.handle))
      return data.bytes()
    }
  }

  /// Says that the key is the person's own (ultimate ownertrust).
  public func trustOwner(_ fingerprint: String) throws(KeyringError) {
    try home.run { () throws(KeyringError) in
      var made: gpgme_ctx_t?
      // Safe: the context is ours, released below; texts are C strings for the calls.
      try KeyringError.check(unsafe gpgme_new(&made))
      guard let spawning = unsafe made else { throw .noGPG }
      defer { unsafe gpgme_release(spawning) }
      try KeyringError.check(unsafe gpgme_set_protocol(spawning, GPGME_PROTOCOL_SPAWN))
      guard let info = unsafe gpgme_ctx_get_engine_info(context),
        let program = unsafe info.pointee.file_name
      else { throw .noGPG }
      let input = try GnuPGData(Array("\(fingerprint):6:\n".utf8))
      let words = ["", "--batch", "--homedir", home.folder, "--import-ownertrust"]
      var arguments: [UnsafePointer<CChar>?] = unsafe words.map { word in
        unsafe UnsafePointer(strdup(word))
      }
      unsafe arguments.append(nil)
      defer {
        unsafe arguments.forEach { unsafe free(UnsafeMutableRawPointer(mutating: $0)) }
      }
      try KeyringError.check(
        unsafe arguments.withUnsafeMutableBufferPointer { buffer in
          unsafe gpgme_op_spawn(spawning, program, buffer.baseAddress, input.handle, nil, nil, 0)
        })
    }
  }
}
