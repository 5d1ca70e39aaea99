internal import LibCrypto
internal import Secrets
internal import SmartCard

extension Session {
  /// The kind of a slot's key: as confirmed, else as the card says.
  func algorithm(of slot: KeySlot) throws(CardError) -> KeyAlgorithm {
    if let confirmed, confirmed.slot == slot { return confirmed.publicKey.algorithm }
    guard let algorithm = application.attributes(of: slot)?.algorithm else {
      throw .unsupportedAlgorithm
    }
    return algorithm
  }

  func sign(
    _ digest: Span<UInt8>, _ hash: HashAlgorithm, with slot: KeySlot,
    _ command: (Int) -> Command
  ) throws(CardError) -> [UInt8] {
    let algorithm = try algorithm(of: slot)
    guard digest.count == hash.digestSize, hash != .sha1 else { throw .wrongData }
    var input: [UInt8]
    switch algorithm {
    case .rsa: input = digestInfo(hash) + [UInt8](copying: digest)
    // The leftmost bytes, as many as the order has (FIPS 186-5 §6.4.1).
    case .ecdsa(let curve):
      input = [UInt8](copying: digest.extracting(first: min(digest.count, curve.coordinateSize)))
    case .eddsa: input = [UInt8](copying: digest)
    case .ecdh: throw .wrongKey(slot)
    }
    try use(slot, command(algorithm.signatureSize), input.span)
    guard channel.response.count == algorithm.signatureSize else { throw .wrongKey(slot) }
    return channel.response.withBytes { [UInt8](copying: $0) }
  }

  func decipher(
    _ cryptogram: Cryptogram, into secret: inout SecretBytes
  ) throws(CardError) {
    let slot = KeySlot.decryption
    let algorithm = try algorithm(of: slot)
    var data: [UInt8]
    let size: Int
    switch (cryptogram, algorithm) {
    case (.rsa(let bytes), .rsa(let bits)):
      guard bytes.count == (bits + 7) / 8 else { throw .wrongData }
      data = [0x00] + bytes
      size = bytes.count
    case (.ecdh(let point), .ecdh(let curve)):
      guard point.count == curve.pointSize else { throw .wrongData }
      data = TLVWriter.element(0x86, point)
      data = TLVWriter.element(0xA6, TLVWriter.element(0x7F49, data))
      size = curve.pointSize
    default: throw .wrongData
    }
    try use(slot, .decipher(upTo: size), data.span)
    defer { channel.forgetResponse() }
    try Self.take(channel.response, algorithm, into: &secret)
  }

  /// What DECIPHER gave, held against what such a key can give.
  private static func take(
    _ answer: borrowing SecretBytes, _ algorithm: KeyAlgorithm, into secret: inout SecretBytes
  ) throws(CardError) {
    var range = 0..<answer.count
    switch algorithm {
    case .ecdh(let curve):
      // The x coordinate, or the whole point: cards do both.
      if curve.form == .weierstrass, answer.count == curve.pointSize, answer.bytes[0] == 0x04 {
        range = 1..<(1 + curve.coordinateSize)
      }
      guard range.count == curve.coordinateSize else { throw .wrongKey(.decryption) }
    default:
      guard range.count < algorithm.signatureSize else { throw .wrongKey(.decryption) }
    }
    guard range.count <= secret.capacity - secret.count else { throw .wrongData }
    secret.append(answer.bytes.extracting(range))
  }

  /// An operation with a slot's private key.
  private func use(
    _ slot: KeySlot, _ command: Command, _ data: Span<UInt8>
  ) throws(CardError) {
    switch try send(command, data) {
    case .success: return
    case .touchTimedOut: throw .touchTimedOut
    case .noSuchObject: throw .noKey(slot)
    case let status: throw .status(status, ins: command.ins)
    }
  }
}

/// The DER before a SHA-2 digest in a PKCS#1 signature (RFC 8017 §9.2, note 1); SHA-1 was refused.
private func digestInfo(_ hash: HashAlgorithm) -> [UInt8] {
  let last: UInt8
  switch hash {
  case .sha1, .sha256: last = 0x01
  case .sha384: last = 0x02
  case .sha512: last = 0x03
  }
  let size = UInt8(hash.digestSize)
  return [
    0x30, 0x11 + size, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last,
    0x05, 0x00, 0x04, size,
  ]
}
