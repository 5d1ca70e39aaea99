import LibCrypto
import Secrets

/// A data packet in authenticated chunks: SEIPD v2 (RFC 9580 §5.13.2), or GnuPG's OCB packet, tag 20
/// (draft-koch-librepgp §5.16).
struct AEADData {
  /// Its first four bytes: version, cipher, mode, chunk size.
  private let header: [UInt8]
  private let cipher: SymmetricCipher
  private let mode: AEADMode
  /// SEIPD v2's salt, 32 bytes, or the OCB packet's initialization vector.
  private let salt: [UInt8]
  private let tag: UInt8
  /// Where the chunks begin.
  private let start: Int

  /// Bytes of a chunk's tag.
  private static let tagSize = 16

  /// Reads the header.
  /// - Throws: ``OpenPGPError/unsupportedVersion(tag:version:)``, ``OpenPGPError/unsupportedCipher(_:)``,
  ///   ``OpenPGPError/unsupportedMode(_:)``, ``OpenPGPError/malformed(tag:)``.
  init(tag: UInt8, _ body: Span<UInt8>) throws(OpenPGPError) {
    var reader = ByteReader(body, tag: tag)
    let isGnuPG = tag == PacketTag.ocbData
    let header = try reader.bytes(4)
    guard header[0] == (isGnuPG ? 1 : 2) else {
      throw .unsupportedVersion(tag: tag, version: header[0])
    }
    guard let cipher = SymmetricCipher(rawValue: header[1]) else {
      throw .unsupportedCipher(header[1])
    }
    guard let mode = AEADMode(rawValue: header[2]), !isGnuPG || mode == .ocb else {
      throw .unsupportedMode(header[2])
    }
    // 4 MiB is the most that RFC 9580 allows.
    guard header[3] <= (isGnuPG ? 56 : 16) else { throw .malformed(tag: tag) }
    salt = try reader.bytes(isGnuPG ? mode.nonceSize : 32)
    guard reader.rest.count >= Self.tagSize else { throw .malformed(tag: tag) }
    start = body.count - reader.rest.count
    self.tag = tag
    self.header = header
    self.cipher = cipher
    self.mode = mode
  }

  /// The content, once every chunk's tag and the last one have proved good.
  /// - Parameter body: what the header was read from.
  /// - Throws: ``OpenPGPError/cannotDecrypt``, and nothing else.
  func content(_ body: Span<UInt8>, key sessionKey: Span<UInt8>) throws(OpenPGPError) -> SecretBytes
  {
    do throws(CryptoError) {
      return try chunks(body.extracting(droppingFirst: start), sessionKey)
    } catch {
      throw .cannotDecrypt
    }
  }

  private func chunks(
    _ sealed: Span<UInt8>, _ sessionKey: Span<UInt8>
  ) throws(CryptoError) -> SecretBytes {
    guard sessionKey.count == cipher.keySize else { throw .invalidKey }
    let associated = [0xC0 | tag] + header
    let isGnuPG = tag == PacketTag.ocbData
    // The key, and for SEIPD v2 the nonces' beginning.
    var derived = SecretBytes(capacity: 64)
    var nonceStart = salt
    if isGnuPG {
      derived.append(sessionKey)
    } else {
      let size = cipher.keySize + mode.nonceSize - 8
      try HKDF.sha256(
        sessionKey, salt: salt.span, info: associated.span, count: size, appendingTo: &derived)
      nonceStart = [UInt8](copying: derived.bytes.extracting(droppingFirst: cipher.keySize))
      nonceStart += [UInt8](repeating: 0, count: 8)
      derived.truncate(to: cipher.keySize)
    }

    func open(
      _ piece: Span<UInt8>, _ index: UInt64, _ last: [UInt8], into plain: inout SecretBytes
    ) throws(CryptoError) {
      var count: [UInt8] = []
      count.append(uint64: index)
      var nonce = nonceStart
      for place in 0..<8 { nonce[nonce.count - 8 + place] ^= count[place] }
      let data = associated + (isGnuPG ? count : []) + last
      try mode.open(
        piece, key: derived.bytes, nonce: nonce.span, authenticating: data.span, appendingTo: &plain
      )
    }

    var plain = SecretBytes(capacity: sealed.count)
    let end = sealed.count - Self.tagSize
    let chunk = 1 << (Int(header[3]) + 6) + Self.tagSize
    var place = 0
    var index: UInt64 = 0
    while place < end {
      let next = chunk < end - place ? place + chunk : end
      try open(sealed.extracting(place..<next), index, [], into: &plain)
      place = next
      index += 1
    }
    var total: [UInt8] = []
    total.append(uint64: UInt64(plain.count))
    try open(sealed.extracting(droppingFirst: end), index, total, into: &plain)
    return plain
  }
}
