import BootManifest

/// What a generator made: an initramfs, as it was when it had just been made on this system.
public struct ImageRecord: Equatable, Sendable {
  /// Who wrote it down.
  public enum Witness: String, Equatable, Sendable {
    /// A hook that the generator runs after each image.
    case hook
    /// Latchkey, which had just run the generator itself.
    case latchkey
  }

  /// The image's path below /boot, beginning with a slash.
  public let path: [UInt8]
  /// The program, as `update-initramfs`.
  public let maker: String
  /// Who wrote it down.
  public let witness: Witness
  /// When, in seconds since 1970.
  public let time: UInt32
  /// The image's SHA-256.
  public let digest: [UInt8]

  /// Of its parts. What isn't printable in `maker` is left out.
  public init(path: [UInt8], maker: String, witness: Witness, time: UInt32, digest: [UInt8]) {
    self.path = path
    self.maker = String(
      decoding: maker.utf8.filter { (0x20...0x7E).contains($0) }.prefix(256), as: UTF8.self)
    self.witness = witness
    self.time = time
    self.digest = digest
  }

  /// The most bytes of one.
  static let maximumSize = 16 << 10
  private static let version = "latchkey-made 1"

  /// A line each: version, path, maker, witness, time, SHA-256.
  public var bytes: [UInt8] {
    Array(
      ([
        Self.version, EscapedName(path).description, maker, witness.rawValue, "\(time)",
        Hexadecimal.text(digest),
      ].joined(separator: "\n") + "\n").utf8)
  }

  /// Reads what ``bytes`` wrote; nil for anything else, and for another path.
  public init?(_ bytes: [UInt8], of path: [UInt8]) {
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    guard bytes.count <= Self.maximumSize, lines.count == 7,
      let witness = Witness(rawValue: String(decoding: lines[3], as: UTF8.self)),
      let time = UInt32(String(decoding: lines[4], as: UTF8.self)),
      let digest = Hexadecimal.bytes(lines[5]), digest.count == 32
    else { return nil }
    self.init(
      path: path, maker: String(decoding: lines[2], as: UTF8.self), witness: witness, time: time,
      digest: digest)
    guard self.bytes == bytes else { return nil }
  }
}
