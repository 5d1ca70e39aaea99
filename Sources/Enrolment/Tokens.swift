import CCryptsetup
import CSystem
package import DiskKey

/// What became of the LUKS2 token `openpgp-card`, by which cryptsetup itself finds the dongles.
public enum TokenOutcome: Equatable, Sendable {
  /// It is in the header, under that number.
  case written(number: Int)
  /// The header has no room for one with so many dongles, so there is none. All else works.
  case noRoom
  /// LUKS1 has no tokens.
  case notLUKS2
}

extension CryptDevice {
  /// The numbers of the header's `openpgp-card` tokens.
  package var ourTokens: [Int] {
    guard version == 2 else { return [] }
    var found: [Int] = []
    // LUKS2 has room for 32 (LUKS2 on-disk format 1.1.1, §3.3).
    for number in 0..<32 {
      var type: UnsafePointer<CChar>?
      // Safe: the handle is live; the type's name lives as long as the handle, and ours for ever.
      let status = unsafe crypt_token_status(handle, Int32(number), &type)
      guard status != CRYPT_TOKEN_INVALID, status != CRYPT_TOKEN_INACTIVE, let type = unsafe type,
        unsafe String(cString: type) == "openpgp-card"
      else { continue }
      found.append(number)
    }
    return found
  }

  /// What there is now.
  package var tokenOutcome: TokenOutcome {
    guard version == 2 else { return .notLUKS2 }
    return ourTokens.first.map { .written(number: $0) } ?? .noRoom
  }

  /// Puts a token into the header in the place of all that were there of its type: over the first of
  /// them, in one write of the header, so that a cut leaves the old one or the new one.
  ///
  /// Its size is held against the header's room before anything is written. One that doesn't fit takes
  /// the old ones out: they would speak of another key.
  package func write(_ token: VolumeToken) throws(EnrolmentError) {
    guard version == 2 else { return }
    let text = token.json
    let old = ourTokens
    // With it come its number, quotes, and commas.
    let needed = text.count + 16 - (old.first.flatMap { self.token($0)?.count } ?? 0)
    guard text.count <= VolumeToken.maximumSize, needed <= metadataRoom else {
      return try removeTokens()
    }
    // Safe: the handle is live, and the text a C string for the call.
    let written = unsafe crypt_token_json_set(
      handle, Int32(old.first ?? Int(CRYPT_ANY_TOKEN)), String(decoding: text, as: UTF8.self))
    switch written {
    case 0...: break
    // All numbers are taken, or libcryptsetup counts otherwise.
    case -EINVAL, -ENOSPC:
      return try removeTokens()
    default: throw .keyslot(errno: -written)
    }
    for number in old.dropFirst() { try removeToken(number) }
  }

  /// Takes all `openpgp-card` tokens out of the header.
  func removeTokens() throws(EnrolmentError) {
    for number in ourTokens { try removeToken(number) }
  }

  private func removeToken(_ number: Int) throws(EnrolmentError) {
    // Safe: the handle is live; no text means that the token goes.
    let removed = unsafe crypt_token_json_set(handle, Int32(number), nil)
    guard removed >= 0 else { throw .keyslot(errno: -removed) }
  }
}
