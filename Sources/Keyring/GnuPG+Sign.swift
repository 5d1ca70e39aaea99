internal import CGPGME
import CSystem

extension GnuPG {
  /// A detached signature over bytes by exactly that key; gpg's own pinentry asks.
  /// - Parameters:
  ///   - fingerprint: of the primary key or the subkey that is to sign, in hexadecimal digits.
  ///   - notation: what the signature is to say beside gpg's own (RFC 9580 §5.2.3.24), not critical.
  /// - Returns: what gpg wrote, in armor; not looked at.
  public func sign(
    _ bytes: [UInt8], by fingerprint: String, saying notation: SignatureNotation
  ) throws(KeyringError) -> [UInt8] {
    try home.run { () throws(KeyringError) in
      try sign(try GnuPGData(bytes), by: fingerprint, notation)
    }
  }

  /// The same over all that a file holds.
  public func sign(
    descriptor: Int32, by fingerprint: String, saying notation: SignatureNotation
  ) throws(KeyringError) -> [UInt8] {
    guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw .system(system_errno()) }
    return try home.run { () throws(KeyringError) in
      try sign(try GnuPGData(descriptor: descriptor), by: fingerprint, notation)
    }
  }

  private func sign(
    _ data: GnuPGData, by fingerprint: String, _ notation: SignatureNotation
  ) throws(KeyringError) -> [UInt8] {
    let signer = try GnuPGKeyHandle(fingerprint, in: self, secret: true)
    guard let known = signer.subkey(fingerprint) else { throw .noKey }
    if known.isRevoked { throw .revoked }
    if known.isExpired { throw .expired }
    guard known.canSign else { throw .notForSigning }
    let signature = try GnuPGData()
    // GPGME hands gpg the primary key's id, and gpg then chooses a subkey itself. With this in its place,
    // gpg signs with exactly that key. The field is set back before GPGME frees the key.
    // Safe: the text outlives the operation; the key, and its first subkey, are ours until `signer` ends.
    let exact = unsafe strdup(fingerprint + "!")
    defer { unsafe free(exact) }
    guard let first = unsafe signer.key.pointee.subkeys else { throw .noKey }
    let keyID = unsafe first.pointee.keyid
    let text = unsafe first.pointee.fpr
    unsafe first.pointee.keyid = exact
    unsafe first.pointee.fpr = exact
    defer {
      unsafe first.pointee.keyid = keyID
      unsafe first.pointee.fpr = text
    }
    unsafe gpgme_signers_clear(context)
    try KeyringError.check(unsafe gpgme_signers_add(context, signer.key))
    defer { unsafe gpgme_signers_clear(context) }
    // Safe: both texts are copied in the call.
    unsafe gpgme_sig_notation_clear(context)
    try KeyringError.check(
      unsafe gpgme_sig_notation_add(
        context, notation.name, notation.value, gpgme_sig_notation_flags_t(1)))
    defer { unsafe gpgme_sig_notation_clear(context) }
    unsafe gpgme_set_armor(context, 1)
    let error = unsafe gpgme_op_sign(
      context, data.handle, signature.handle, GPGME_SIG_MODE_DETACH)
    guard error == 0 else {
      // What is wrong with the key says more than that there was no signer.
      if let result = unsafe gpgme_op_sign_result(context),
        let invalid = unsafe result.pointee.invalid_signers, unsafe invalid.pointee.reason != 0
      {
        throw KeyringError(unsafe invalid.pointee.reason)
      }
      throw KeyringError(error)
    }
    var count = 0
    var next = unsafe gpgme_op_sign_result(context)?.pointee.signatures
    while let one = unsafe next {
      count += 1
      unsafe next = one.pointee.next
    }
    guard count == 1 else { throw .signatures(count) }
    return signature.bytes()
  }
}
