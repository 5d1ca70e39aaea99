internal import CGPGME

/// What a keyring says of one key: a primary key or a subkey.
public struct GnuPGKey: Equatable, Sendable {
  /// Its fingerprint, in hexadecimal digits.
  public let fingerprint: String
  /// When it expires, in seconds since 1970; nil for never.
  public let expiry: UInt32?
  /// It, or its primary key, was revoked.
  public let isRevoked: Bool
  /// It, or its primary key, has expired.
  public let isExpired: Bool
  /// It may sign.
  public let canSign: Bool
  /// Where its secret half is.
  public let secret: Secret

  /// Where a secret half is.
  public enum Secret: Equatable, Sendable {
    /// Nowhere that gpg knows.
    case absent
    /// In gpg's own store.
    case stored
    /// On a card: `MMMM:SSSSSSSS` of its AID, or what gpg says where that is no OpenPGP card's.
    case card(String)
  }
}

extension GnuPG {
  /// What the keyring says of a key.
  /// - Parameter fingerprint: in hexadecimal digits.
  /// - Throws: ``KeyringError/noKey``.
  public func key(_ fingerprint: String) throws(KeyringError) -> GnuPGKey {
    try home.run { () throws(KeyringError) in
      let known = try find(fingerprint, secret: false)
      do throws(KeyringError) {
        let secret = try find(fingerprint, secret: true)
        return GnuPGKey(
          fingerprint: known.fingerprint, expiry: known.expiry, isRevoked: known.isRevoked,
          isExpired: known.isExpired, canSign: known.canSign, secret: secret.secret)
      } catch .noKey {
        return known
      } catch .noSecretKey {
        return known
      }
    }
  }

  private func find(_ fingerprint: String, secret: Bool) throws(KeyringError) -> GnuPGKey {
    let key = try GnuPGKeyHandle(fingerprint, in: self, secret: secret)
    guard let found = key.subkey(fingerprint) else { throw .noKey }
    return found
  }
}

/// GPGME's own of a key, with its subkeys.
@safe
final class GnuPGKeyHandle {
  let key: gpgme_key_t

  /// Looks it up, by any of its keys' fingerprints.
  init(_ fingerprint: String, in gpg: GnuPG, secret: Bool) throws(KeyringError) {
    var found: gpgme_key_t?
    // Safe: a C string for the call; the key is ours, released in deinit.
    try KeyringError.check(
      unsafe gpgme_get_key(gpg.context, fingerprint, &found, secret ? 1 : 0))
    guard let key = unsafe found else { throw .noKey }
    unsafe self.key = key
  }

  deinit {
    // Safe: nothing uses it any longer.
    unsafe gpgme_key_unref(key)
  }

  /// The subkey of that fingerprint; the first is the primary.
  func subkey(_ fingerprint: String) -> GnuPGKey? {
    // Safe: the list lives as long as the key does; texts are copied.
    var next: gpgme_subkey_t? = unsafe key.pointee.subkeys
    while let subkey = unsafe next {
      unsafe next = subkey.pointee.next
      guard let text = unsafe subkey.pointee.fpr, unsafe String(cString: text) == fingerprint else {
        continue
      }
      let expires = unsafe subkey.pointee.expires
      var secret = GnuPGKey.Secret.absent
      if unsafe subkey.pointee.secret != 0 {
        secret = .stored
        if unsafe subkey.pointee.is_cardkey != 0 {
          let number = unsafe subkey.pointee.card_number.map { unsafe String(cString: $0) } ?? ""
          secret = .card(CardNumber.text(number) ?? number)
        }
      }
      return unsafe GnuPGKey(
        fingerprint: fingerprint, expiry: expires > 0 ? UInt32(clamping: expires) : nil,
        isRevoked: key.pointee.revoked != 0 || subkey.pointee.revoked != 0,
        isExpired: key.pointee.expired != 0 || subkey.pointee.expired != 0,
        canSign: subkey.pointee.can_sign != 0, secret: secret)
    }
    return nil
  }
}
