/// What a signature over data says it was made for, in a notation that Latchkey writes (RFC 9580
/// §5.2.3.24): signed with the data, readable, and not critical, so that gpg and Heads pass over it.
///
///     purpose@latchkey.example=boot
///
/// The firmware and gpg write none: such a signature counts for whatever its data are.
public enum SignaturePurpose: Equatable, Sendable {
  /// The list of a signed /boot.
  case boot
  /// A file: an ISO image, a list of checksums, any other bytes.
  case file
  /// Something that this version doesn't know, or two things at once.
  case other

  /// The notation's name.
  public static var notationName: StaticString { "purpose@latchkey.example" }

  /// The notation's value; nil for what is never written.
  public var notationValue: StaticString? {
    switch self {
    case .boot: "boot"
    case .file: "file"
    case .other: nil
    }
  }

  /// What the notations of a signature say; nil if none is about it.
  static func said(by packet: SignaturePacket) -> SignaturePurpose? {
    var found: SignaturePurpose?
    for subpacket in packet.hashed where subpacket.type == Subpacket.notation {
      // What is no notation says nothing; a critical one is refused as such.
      guard let said = try? said(by: subpacket) else { continue }
      found = found == nil || found == said ? said : .other
    }
    return found
  }

  private static func said(by subpacket: Subpacket) throws(OpenPGPError) -> SignaturePurpose? {
    var reader = ByteReader(subpacket.body.span, tag: PacketTag.signature)
    _ = try reader.uint32()
    let nameSize = try reader.uint16()
    let valueSize = try reader.uint16()
    let name = try reader.bytes(nameSize)
    let value = try reader.bytes(valueSize)
    guard name.isText(notationName) else { return nil }
    for known in [SignaturePurpose.boot, .file] {
      if let text = known.notationValue, value.isText(text), reader.isAtEnd { return known }
    }
    return .other
  }

  /// The subpacket that says it; empty for what is never written.
  var subpacket: [UInt8] {
    guard let notationValue else { return [] }
    var name: [UInt8] = []
    name.append(ascii: SignaturePurpose.notationName)
    var value: [UInt8] = []
    value.append(ascii: notationValue)
    // The first flag: text for people.
    var body: [UInt8] = [0x80, 0, 0, 0]
    body.append(uint16: name.count)
    body.append(uint16: value.count)
    return Subpacket.written(Subpacket.notation, body + name + value)
  }
}

extension [UInt8] {
  fileprivate func isText(_ text: StaticString) -> Bool {
    var expected: [UInt8] = []
    expected.append(ascii: text)
    return self == expected
  }
}
