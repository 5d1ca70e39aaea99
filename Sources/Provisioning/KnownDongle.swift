import CSystem
public import OpenPGPCard
public import Storage

/// A dongle that was provisioned or used on this system: its serial, how its PINs are derived, and which
/// keys are on it, so that none of that is taken from a card's own word later on. The keys' numbers are
/// in the trusted certificates.
///
/// A file of a few lines of ASCII, by the dongle's identifier:
///
///     latchkey dongle 1
///     card 000F:12345678
///     kdf 810100
///     key 35f2…
public struct KnownDongle: Equatable, Sendable {
  /// Which dongle.
  public let identifier: CardIdentifier
  /// Its KDF-DO.
  public let keyDerivation: KeyDerivation
  /// The fingerprints of its keys, 20 bytes each, at most three.
  public let fingerprints: [[UInt8]]

  /// A dongle, its KDF-DO and its keys' fingerprints.
  public init(
    identifier: CardIdentifier, keyDerivation: KeyDerivation, fingerprints: [[UInt8]]
  ) {
    self.identifier = identifier
    self.keyDerivation = keyDerivation
    self.fingerprints = fingerprints
  }

  /// The most bytes its file may have.
  public static let maximumSize = 4096

  /// Reads a file's bytes; nil if they are anything else than it writes.
  public init?(parsing bytes: [UInt8]) {
    guard bytes.count <= Self.maximumSize else { return nil }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard (4...7).contains(lines.count), lines[lines.count - 1].isEmpty,
      lines[0].elementsEqual("latchkey dongle 1".utf8),
      let card = Self.value("card ", in: lines[1]),
      let identifier = CardIdentifier(text: Array(card).span), Array(card) == identifier.text,
      let encoded = Self.value("kdf ", in: lines[2]).flatMap(Self.bytes),
      let derivation = try? KeyDerivation(parsing: encoded.span)
    else { return nil }
    var fingerprints: [[UInt8]] = []
    for line in lines[3..<(lines.count - 1)] {
      guard let fingerprint = Self.value("key ", in: line).flatMap(Self.bytes),
        fingerprint.count == 20
      else { return nil }
      fingerprints.append(fingerprint)
    }
    self.init(identifier: identifier, keyDerivation: derivation, fingerprints: fingerprints)
  }

  /// The file's bytes.
  public var encoded: [UInt8] {
    var text = Array("latchkey dongle 1\ncard ".utf8) + identifier.text + Array("\nkdf ".utf8)
    text += Self.text(keyDerivation.encoded)
    for fingerprint in fingerprints { text += Array("\nkey ".utf8) + Self.text(fingerprint) }
    return text + [UInt8(ascii: "\n")]
  }

  /// What is known of a dongle in `folder`, or nil if nothing is.
  /// - Throws: ``StorageError`` with `EBADMSG` for a damaged file: the card's own word must not take its
  ///   place.
  public static func load(
    _ identifier: CardIdentifier, from folder: String
  ) throws(StorageError) -> KnownDongle? {
    let path = path(identifier, in: folder)
    guard let bytes = try DurableFile.read(path, limit: Self.maximumSize, isOurs: true) else {
      return nil
    }
    guard let known = KnownDongle(parsing: bytes), known.identifier == identifier else {
      throw StorageError("read", path, code: EBADMSG)
    }
    return known
  }

  /// Writes it to `folder`, which is made if it isn't there.
  public func save(to folder: String) throws(StorageError) {
    try DurableFile.makeFolder(folder, mode: 0o755)
    try DurableFile.write(encoded, to: Self.path(identifier, in: folder), mode: 0o644)
  }

  private static func path(_ identifier: CardIdentifier, in folder: String) -> String {
    folder + "/" + String(decoding: identifier.text, as: UTF8.self)
  }

  private static func value(_ key: StaticString, in line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let prefix = Array("\(key)".utf8)
    return line.starts(with: prefix) ? line.dropFirst(prefix.count) : nil
  }

  private static let digits = Array("0123456789abcdef".utf8)

  private static func text(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0x0F)]] }
  }

  private static func bytes(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let nibbles = text.map { digits.firstIndex(of: $0) }
    guard nibbles.count.isMultiple(of: 2) else { return nil }
    var out: [UInt8] = []
    for index in stride(from: 0, to: nibbles.count, by: 2) {
      guard let high = nibbles[index], let low = nibbles[index + 1] else { return nil }
      out.append(UInt8(high << 4 | low))
    }
    return out
  }
}
