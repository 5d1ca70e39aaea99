public import LibCrypto
public import Secrets
public import SmartCard

/// What a PIN is given for.
public protocol Purpose: Sendable {
  /// The PIN it takes.
  static var pin: PIN { get }
  /// P2 of VERIFY: the same user PIN is given as 81 for signatures, as 82 for all else.
  static var reference: UInt8 { get }
}

/// Making signatures: the user PIN as 81.
public struct Signing: Purpose {
  /// The user PIN.
  public static var pin: PIN { .user }
  /// 81.
  public static var reference: UInt8 { 0x81 }
}

/// Deciphering, authenticating, private data: the user PIN as 82.
public struct Decryption: Purpose {
  /// The user PIN.
  public static var pin: PIN { .user }
  /// 82.
  public static var reference: UInt8 { 0x82 }
}

/// Changing what is on the card: the admin PIN, 83.
public struct Administration: Purpose {
  /// The admin PIN.
  public static var pin: PIN { .admin }
  /// 83.
  public static var reference: UInt8 { 0x83 }
}

extension Purpose where Self == Signing {
  /// Making signatures.
  public static var signing: Signing { Signing() }
}
extension Purpose where Self == Decryption {
  /// Deciphering, authenticating, private data.
  public static var decryption: Decryption { Decryption() }
}
extension Purpose where Self == Administration {
  /// Changing what is on the card.
  public static var administration: Administration { Administration() }
}

/// A card whose PIN has been given: the only way to what needs it. It ends with its scope; the card is
/// reset when the visit ends.
public struct Authorization<Transport: CardTransport, Use: Purpose>: ~Copyable {
  let session: Session<Transport>

  init(_ session: Session<Transport>) { self.session = session }

  /// What the card says of itself.
  public var application: ApplicationData { session.application }

  /// Takes the verification back (VERIFY with P1 = FF, version 3.1 and later) before the visit ends.
  /// A card that doesn't know the command keeps it until its reset at the visit's end.
  public consuming func end() throws(CardError) {
    _ = try session.send(.unverify(Use.reference))
  }

  /// The content of a data object that this PIN may read, without its own tag and length.
  /// - Throws: ``CardError/status(_:ins:)`` with `noSuchObject` where the card has none.
  public mutating func readObject(_ tag: UInt16) throws(CardError) -> [UInt8] {
    try session.readObject(tag)
  }

  /// The same for what nobody else may see: `secret` is what the card keeps, and nothing else.
  public mutating func readObject(
    _ tag: UInt16, into secret: inout SecretBytes
  ) throws(CardError) {
    try session.readObject(tag, into: &secret)
  }

  /// Writes a data object that this PIN may write. `content` comes without tag and length.
  public mutating func putObject(_ tag: UInt16, _ content: Span<UInt8>) throws(CardError) {
    try session.require(.putData(tag), content)
  }
}

extension Authorization where Use == Signing {
  /// A signature by the signature key (PSO: COMPUTE DIGITAL SIGNATURE, §7.2.10).
  /// - Parameters:
  ///   - digest: the hash, `hash.digestSize` bytes. EdDSA signs these bytes as its message, as OpenPGP
  ///     has it.
  ///   - hash: with what it was made: SHA-256 or stronger.
  /// - Returns: RSA: as long as the modulus; ECDSA: r ‖ s; EdDSA: R ‖ S.
  /// - Throws: ``CardError/touchTimedOut``, ``CardError/noKey(_:)``, ``CardError/wrongData``;
  ///   ``CardError/status(_:ins:)`` with `notAuthorized` for a second signature on a card that wants a
  ///   PIN for each.
  public mutating func sign(
    _ digest: Span<UInt8>, hash: HashAlgorithm
  ) throws(CardError) -> [UInt8] {
    try session.sign(digest, hash, with: .signing) { size in .sign(upTo: size) }
  }
}

extension Authorization where Use == Decryption {
  /// Deciphers with the decryption key (PSO: DECIPHER, §7.2.11).
  /// - Parameters:
  ///   - cryptogram: RSA: as long as the modulus; ECDH: the sender's point.
  ///   - secret: takes RSA's message without its padding, or ECDH's shared secret (the x coordinate, or
  ///     X25519's 32 bytes), appended. It must have the room.
  /// - Throws: ``CardError/wrongData`` for a cryptogram of another kind or length than the key's;
  ///   ``CardError/touchTimedOut``, ``CardError/noKey(_:)``, ``CardError/status(_:ins:)``.
  public mutating func decipher(
    _ cryptogram: Cryptogram, into secret: inout SecretBytes
  ) throws(CardError) {
    try session.decipher(cryptogram, into: &secret)
  }

  /// A signature by the authentication key (INTERNAL AUTHENTICATE, §7.2.13).
  /// - Parameters and result: as `sign`.
  public mutating func authenticate(
    _ digest: Span<UInt8>, hash: HashAlgorithm
  ) throws(CardError) -> [UInt8] {
    try session.sign(digest, hash, with: .authentication) { size in .authenticate(upTo: size) }
  }

  /// Enciphers with the card's AES key: CBC with a zero initialisation vector, whole blocks
  /// (PSO: ENCIPHER, §7.2.12).
  /// - Returns: as many bytes as `blocks`.
  public mutating func encipher(_ blocks: Span<UInt8>) throws(CardError) -> [UInt8] {
    guard application.capabilities.hasAES, !blocks.isEmpty, blocks.count % 16 == 0 else {
      throw .wrongData
    }
    try session.require(.encipher(upTo: blocks.count + 1), blocks)
    let answer = session.channel.response.withBytes { [UInt8](copying: $0) }
    guard answer.count == blocks.count + 1, answer[0] == 0x02 else { throw .malformed(tag: 0xD5) }
    return [UInt8](copying: answer.span.extracting(droppingFirst: 1))
  }

  /// Deciphers with the card's AES key what ``encipher(_:)`` gave, and appends it to `secret`.
  public mutating func decipher(
    blocks: Span<UInt8>, into secret: inout SecretBytes
  ) throws(CardError) {
    guard application.capabilities.hasAES, !blocks.isEmpty, blocks.count % 16 == 0,
      secret.capacity - secret.count >= blocks.count
    else { throw .wrongData }
    let data = [0x02] + [UInt8](copying: blocks)
    try session.require(.decipher(upTo: blocks.count), data.span)
    defer { session.channel.forgetResponse() }
    guard session.channel.response.count == blocks.count else { throw .malformed(tag: 0xD5) }
    secret.append(firstBytes: blocks.count, of: session.channel.response)
  }

  /// Which slot's key DECIPHER and AUTHENTICATE use until the next reset (MANAGE SECURITY ENVIRONMENT,
  /// §7.2.18): swapped, or as they are named.
  public mutating func useKeys(swapped: Bool) throws(CardError) {
    let deciphering: [UInt8] = [0x83, 0x01, swapped ? 0x03 : 0x02]
    let authenticating: [UInt8] = [0x83, 0x01, swapped ? 0x02 : 0x03]
    try session.require(.useKey(0xB8), deciphering.span)
    try session.require(.useKey(0xA4), authenticating.span)
  }
}
