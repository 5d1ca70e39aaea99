public import LibCrypto

/// Why a detached signature does not hold.
public enum SignatureError: Error, Equatable, Sendable {
  /// The bytes are no signature at all: what is wrong with them.
  case unreadable(OpenPGPError)
  /// There is more than one signature, whatever the others are.
  case severalSignatures
  /// Another packet or further bytes stand beside the signature.
  case trailingBytes
  /// Not a signature over bytes as they are (type 0x00): its type.
  case wrongType(UInt8)
  /// Its hash function doesn't hold any more, or isn't known: its number in RFC 9580 §9.5.
  case weakHash(UInt8)
  /// No signed fingerprint of its issuer.
  case noIssuer
  /// What it says of its issuer contradicts itself.
  case issuersDiffer
  /// No signed creation time.
  case noCreationTime
  /// Made for something else, as it says itself: for what.
  case madeFor(SignaturePurpose)
  /// A critical subpacket that isn't understood: its type.
  case unknownCritical(UInt8)
  /// Something beside the issuer's key ID that isn't signed: its subpacket's type.
  case unsignedInformation(UInt8)
  /// By a key that isn't among the trusted: its fingerprint.
  case untrusted([UInt8])
  /// By a key that may not sign: its fingerprint and why.
  case key([UInt8], KeyProblem)
  /// Made later than now. Seconds since 1970.
  case fromTheFuture(UInt32)
  /// Made before its key was. Seconds since 1970.
  case olderThanItsKey(UInt32)
  /// It said when it stops to hold, and that has passed. Seconds since 1970.
  case expired(at: UInt32)
  /// The key did not sign this data: the data, or the signature, were changed.
  case bad
  /// libcrypto failed.
  case crypto(CryptoError)
}
