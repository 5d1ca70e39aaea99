public import Secrets

/// Writes BER-TLV with the shortest lengths.
public enum TLVWriter {
  /// Tag and length of an element whose value has `length` bytes (0 to 65535).
  public static func header(_ tag: UInt16, length: Int) -> [UInt8] {
    var out: [UInt8] = []
    if tag > 0xFF { out.append(UInt8(tag >> 8)) }
    out.append(UInt8(tag & 0xFF))
    if length > 0xFF {
      out.append(0x82)
      out.append(UInt8(length >> 8))
    } else if length > 0x7F {
      out.append(0x81)
    }
    out.append(UInt8(length & 0xFF))
    return out
  }

  /// A whole element.
  public static func element(_ tag: UInt16, _ value: [UInt8]) -> [UInt8] {
    header(tag, length: value.count) + value
  }

  /// Adds a whole element with a secret value to `out`, which must have the room.
  public static func append(
    _ tag: UInt16, _ value: Span<UInt8>, to out: inout SecretBytes
  ) {
    let header = header(tag, length: value.count)
    out.append(header.span)
    out.append(value)
  }
}
