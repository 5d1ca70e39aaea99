public import OpenPGPCard
public import Storage

/// A dongle that was provisioned or used on this system: its serial and how its PINs are derived, so
/// that neither is taken from a card's own word later on. Its keys are in the trusted certificates.
///
/// A file of three lines of ASCII, by the dongle's identifier:
///
///     latchkey dongle 1
///     card 000F:12345678
///     kdf 810100
public struct KnownDongle: Equatable, Sendable {
  /// Which dongle.
  public let identifier: CardIdentifier
  /// Its KDF-DO.
  public let keyDerivation: KeyDerivation

  /// A dongle and its KDF-DO.
  public init(identifier: CardIdentifier, keyDerivation: KeyDerivation) {
    self.identifier = identifier
    self.keyDerivation = keyDerivation
  }

  /// The most bytes its file may have.
  public static let maximumSize = 4096

  /// Reads a file's bytes; nil if they are anything else than it writes.
  public init?(parsing bytes: [UInt8]) {
    guard bytes.count <= Self.maximumSize else { return nil }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard lines.count == 4, lines[3].isEmpty, lines[0].elementsEqual("latchkey dongle 1".utf8),
      lines[1].starts(with: "card ".utf8), lines[2].starts(with: "kdf ".utf8),
      let identifier = CardIdentifier(text: Array(lines[1].dropFirst(5)).span),
      let encoded = Self.bytes(lines[2].dropFirst(4)),
      let derivation = try? KeyDerivation(parsing: encoded.span)
    else { return nil }
    self.init(identifier: identifier, keyDerivation: derivation)
  }

  /// The file's bytes.
  public var encoded: [UInt8] {
    var text = Array("latchkey dongle 1\ncard ".utf8) + identifier.text + Array("\nkdf ".utf8)
    for byte in keyDerivation.encoded {
      text += [Self.digits[Int(byte >> 4)], Self.digits[Int(byte & 0x0F)]]
    }
    return text + [UInt8(ascii: "\n")]
  }

  /// What is known of a dongle in `folder`, or nil if nothing is, or nothing that can be read.
  public static func load(
    _ identifier: CardIdentifier, from folder: String
  ) throws(StorageError) -> KnownDongle? {
    guard
      let bytes = try DurableFile.read(path(identifier, in: folder), limit: Self.maximumSize),
      let known = KnownDongle(parsing: bytes), known.identifier == identifier
    else { return nil }
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

  private static let digits = Array("0123456789abcdef".utf8)

  private static func bytes(_ text: some Collection<UInt8>) -> [UInt8]? {
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
