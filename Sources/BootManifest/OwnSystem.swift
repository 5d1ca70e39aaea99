import LibCrypto

/// The secret from which this system's id is made, as it lies in `/var/lib/latchkey/system`.
///
///     latchkey-system 1
///     <64 hexadecimal digits>
///
/// The id is public, as it stands on /boot. It is a hash of this secret with what tells two machines apart
/// that were cloned from one image: neither the machine-id nor the board's UUID can be found from it.
public struct OwnSystem: Equatable, Sendable {
  private let secret: [UInt8]

  private static let secretSize = 32
  private static let version = Array("latchkey-system 1\n".utf8)

  /// What is wrong with the file.
  public enum Fault: Error, Equatable, Sendable {
    /// Not in its form.
    case damaged
    /// Written by a newer Latchkey.
    case newer
  }

  /// A new one, of random bytes.
  public init() throws(BootError) {
    do throws(CryptoError) { secret = try randomBytes(Self.secretSize) } catch { throw .crypto }
  }

  /// Reads the file.
  public init(parsing bytes: Span<UInt8>) throws(Fault) {
    let size = Self.version.count + 2 * Self.secretSize + 1
    guard bytes.count >= Self.version.count,
      bytes.extracting(first: Self.version.count).equals(Self.version.span)
    else {
      throw FileVersion.isNewer(bytes, than: 1, Array("latchkey-system ".utf8)) ? .newer : .damaged
    }
    guard bytes.count == size, bytes[size - 1] == 0x0A,
      let found = FileDigest(hexadecimal: bytes.extracting(Self.version.count..<size - 1))
    else { throw .damaged }
    secret = found.bytes
  }

  /// The file's bytes.
  public var bytes: [UInt8] { Self.version + hexadecimal(secret) + [0x0A] }

  /// This system's id, 16 bytes.
  /// - Parameters:
  ///   - machineID: of `/etc/machine-id`; empty if there is none.
  ///   - boardUUID: of the firmware's DMI table; empty if there is none.
  public func id(machineID: [UInt8], boardUUID: [UInt8]) throws(BootError) -> [UInt8] {
    let digest = try sha256(secret + machineID + [0] + boardUUID)
    return Array(digest.prefix(SignedSystem.idSize))
  }
}
