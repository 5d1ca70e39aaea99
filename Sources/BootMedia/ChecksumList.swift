/// A distribution's list of checksums, as `sha256sum` and its like write them (`hex  name`,
/// `hex *name`), or in the BSDs' style (`SHA256 (name) = hex`).
///
/// Read strictly: comments begin with `#`, and every other line is a checksum, or the list is refused. It
/// says nothing of who wrote it: that is for its signature to say.
public struct ChecksumList: Equatable, Sendable {
  /// In the order of the lines.
  public let entries: [Entry]

  /// A checksum.
  public struct Entry: Equatable, Sendable {
    /// The name in the list, escapes undone. Not to be shown unescaped.
    public let name: [UInt8]
    /// What it was made with.
    public let function: ChecksumFunction
    /// Its bytes.
    public let digest: [UInt8]
    /// The line it stands in, from 1.
    public let line: Int
  }

  /// What is wrong with a list.
  public enum Fault: Error, Equatable, Sendable {
    /// A line that is no checksum.
    case badLine(Int)
    /// A line with a control character.
    case control(line: Int)
    /// There is no checksum in it.
    case empty
    /// More lines than any list has.
    case tooLong
  }

  /// The most lines that are read.
  public static let maximumLines = 100_000

  /// Reads the text of a list.
  public init(parsing text: [UInt8]) throws(Fault) {
    var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    try self.init(lines: lines.map { [UInt8]($0.last == 0x0D ? $0.dropLast() : $0) })
  }

  /// Reads lines without their ends.
  public init(lines: [[UInt8]]) throws(Fault) {
    guard lines.count <= Self.maximumLines else { throw .tooLong }
    var entries: [Entry] = []
    for (index, line) in lines.enumerated() {
      let number = index + 1
      guard line.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }) else {
        throw .control(line: number)
      }
      if line.first == UInt8(ascii: "#") || line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
        continue
      }
      guard let entry = Entry(line, number) else { throw .badLine(number) }
      entries.append(entry)
    }
    guard !entries.isEmpty else { throw .empty }
    self.entries = entries
  }
}

extension ChecksumList.Entry {
  /// Reads a line in either style; nil if it is none.
  init?(_ line: [UInt8], _ number: Int) {
    // GNU's way with names that hold a newline or a backslash: one in front of the line, escapes in it.
    let isEscaped = line.first == UInt8(ascii: "\\")
    let content = isEscaped ? line.dropFirst() : line[...]
    guard let parts = Self.tagged(content) ?? Self.plain(content) else { return nil }
    guard let name = isEscaped ? Self.unescaped(parts.name) : [UInt8](parts.name), !name.isEmpty
    else { return nil }
    self.init(name: name, function: parts.function, digest: parts.digest, line: number)
  }

  private typealias Parts = (
    name: ArraySlice<UInt8>, function: ChecksumFunction, digest: [UInt8]
  )

  /// `hex`, then two blanks, or a blank and a star for what was read as bytes, then the name.
  private static func plain(_ line: ArraySlice<UInt8>) -> Parts? {
    guard let blank = line.firstIndex(of: 0x20), blank + 2 < line.endIndex,
      line[blank + 1] == 0x20 || line[blank + 1] == UInt8(ascii: "*"),
      let digest = hexadecimal(line[..<blank]), let function = ChecksumFunction(size: digest.count)
    else { return nil }
    return (line[(blank + 2)...], function, digest)
  }

  /// `SHA256 (name) = hex`.
  private static func tagged(_ line: ArraySlice<UInt8>) -> Parts? {
    guard let blank = line.firstIndex(of: 0x20),
      let function = ChecksumFunction(name: line[..<blank]),
      line.count > function.size * 2, line[(blank + 1)...].first == UInt8(ascii: "(")
    else { return nil }
    let start = line.endIndex - function.size * 2
    let between = bytes(") = ")
    guard start - between.count >= blank + 2,
      line[(start - between.count)..<start].elementsEqual(between),
      let digest = hexadecimal(line[start...])
    else { return nil }
    return (line[(blank + 2)..<(start - between.count)], function, digest)
  }

  private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
    guard digits.count.isMultiple(of: 2) else { return nil }
    var out: [UInt8] = []
    var high: UInt8?
    for digit in digits {
      let value: UInt8
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = digit - UInt8(ascii: "A") + 10
      default: return nil
      }
      if let first = high {
        out.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return out
  }

  /// `\\`, `\n` and `\r` undone; nil for any other escape.
  private static func unescaped(_ name: ArraySlice<UInt8>) -> [UInt8]? {
    var out: [UInt8] = []
    var rest = name
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        out.append(byte)
        continue
      }
      switch rest.popFirst() {
      case UInt8(ascii: "\\"): out.append(UInt8(ascii: "\\"))
      case UInt8(ascii: "n"): out.append(0x0A)
      case UInt8(ascii: "r"): out.append(0x0D)
      default: return nil
      }
    }
    return out
  }
}
