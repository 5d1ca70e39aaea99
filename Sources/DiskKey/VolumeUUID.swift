/// A LUKS volume's UUID, as its header writes it: `6ec0b1d2-….` in lowercase, 36 bytes.
///
/// Nothing else gets into one, so it is safe as the name of a folder.
public struct VolumeUUID: Equatable, Sendable {
  /// The 36 ASCII bytes.
  public let text: [UInt8]

  /// - Parameter text: 36 ASCII bytes, hexadecimal in groups of 8, 4, 4, 4 and 12; capitals are
  ///   taken and lowered. Nil for anything else.
  public init?(_ text: Span<UInt8>) {
    guard text.count == 36 else { return nil }
    var lowered: [UInt8] = []
    for index in text.indices {
      let byte = text[index]
      switch byte {
      case UInt8(ascii: "-"):
        guard Self.dashes.contains(index) else { return nil }
        lowered.append(byte)
        continue
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"):
        lowered.append(byte)
      case UInt8(ascii: "A")...UInt8(ascii: "F"):
        lowered.append(byte | 0x20)
      default:
        return nil
      }
      guard !Self.dashes.contains(index) else { return nil }
    }
    self.text = lowered
  }

  private static let dashes = [8, 13, 18, 23]
}
