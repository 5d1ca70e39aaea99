/// Whether bytes are, or could pass for, what a signature of /boot goes over: the output of
/// `sha256sum kexec*.txt`, in either dialect. Heads knows no other sign of what a signature is for, so such
/// bytes are signed as a /boot's only.
///
/// Broader than Heads is: a single line of that kind among others, upper case, `*` before the name, any folder
/// before it, CR LF, escaped names and the BSDs' style count. As every line of a real list is one, looking at
/// the beginning is enough.
public struct SignedListForm: Sendable {
  /// How much of the beginning is looked at: far more than the longest line.
  public static let reach = 1 << 20
  private var beginning: [UInt8] = []

  /// Of nothing yet.
  public init() {}

  /// The next piece of the bytes.
  public mutating func update(_ piece: Span<UInt8>) {
    let room = SignedListForm.reach - beginning.count
    guard room > 0 else { return }
    let taken = piece.extracting(first: room)
    beginning.reserveCapacity(beginning.count + taken.count)
    for index in taken.indices { beginning.append(taken[index]) }
  }

  /// Whether a line of that kind was in the bytes so far.
  public var isThere: Bool {
    // `sha256sum -z` ends lines with a zero byte.
    beginning.split { $0 == 0x0A || $0 == 0x0D || $0 == 0 }.contains(where: Self.isLine)
  }

  /// The same of bytes in memory.
  public static func appears(in bytes: Span<UInt8>) -> Bool {
    var form = SignedListForm()
    form.update(bytes)
    return form.isThere
  }

  /// Whether a file name is one of a signed set's: `kexec.sig` or `kexec*.txt`, in capitals too, as on FAT.
  public static func isName(_ name: some Sequence<UInt8>) -> Bool {
    let lower = name.map(lowercase)
    return lower == SetName.signature || SetName.isSigned(lower) || lower == Array("kexec.txt".utf8)
  }

  private static func isLine(_ line: ArraySlice<UInt8>) -> Bool {
    // A byte order mark, blanks, and the backslash before a line with an escaped name.
    let text = line.drop { [0xEF, 0xBB, 0xBF, 0x20, 0x09, 0x5C].contains($0) }
    if let name = plainName(text) ?? taggedName(text) { return isListedName(name) }
    return false
  }

  /// `hex  name`, `hex *name`.
  private static func plainName(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard text.count > 65, text.prefix(64).allSatisfy(isDigit), isBlank(text[text.startIndex + 64])
    else { return nil }
    return text.dropFirst(64).drop { isBlank($0) || $0 == 0x2A }
  }

  /// `SHA256 (name) = hex`.
  private static func taggedName(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard text.prefix(6).map(lowercase) == Array("sha256".utf8),
      let open = text.firstIndex(of: 0x28), let close = text.lastIndex(of: 0x29), open < close
    else { return nil }
    return text[(open + 1)..<close]
  }

  /// Whether the last part of a path is `kexec*.txt`.
  private static func isListedName(_ path: ArraySlice<UInt8>) -> Bool {
    let name = path.suffix(from: path.lastIndex(of: 0x2F).map { $0 + 1 } ?? path.startIndex)
    guard let last = name.lastIndex(where: { !isBlank($0) && $0 != 0x22 && $0 != 0x27 }) else {
      return false
    }
    let lower = name[...last].drop { $0 == 0x22 || $0 == 0x27 }.map(lowercase)
    return lower.starts(with: Array("kexec".utf8)) && lower.suffix(4) == Array(".txt".utf8)[...]
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private static func isDigit(_ byte: UInt8) -> Bool {
    hexadecimal(lowercase(byte), lower: true) != nil
  }

  private static func lowercase(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
  }
}
