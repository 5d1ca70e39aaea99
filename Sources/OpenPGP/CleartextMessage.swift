/// A text with its signature below it, both readable: the cleartext signature framework (RFC 9580 §7).
///
/// Read strictly, so that what is signed is what is read: nothing stands outside, headers are `Hash`
/// only, a line that begins with a dash is escaped, no control characters hide in a line, and ``lines``
/// are the very bytes that the signature goes over.
public struct CleartextMessage: Equatable, Sendable {
  /// The signed lines: escapes undone, blanks at their ends gone, as they aren't signed either.
  public let lines: [[UInt8]]
  /// The signature over them, of type 0x01.
  public let signature: DetachedSignature

  /// Why bytes are no such message.
  public enum Fault: Error, Equatable, Sendable {
    /// It doesn't begin with the framework's first line.
    case noMessage
    /// Another header than `Hash`, or no empty line behind the headers; the line's number from 1.
    case header(line: Int)
    /// A line that begins with a dash which isn't escaped; the line's number.
    case dash(line: Int)
    /// A line with a control character: what a person sees needn't be what is signed. Its number.
    case control(line: Int)
    /// The signature never comes.
    case noSignature
    /// What stands there as the signature isn't one, or isn't alone.
    case signature(SignatureError)
  }

  /// Whether bytes begin as such a message does.
  public static func begins(_ bytes: Span<UInt8>) -> Bool {
    var reader = TextLines(bytes)
    guard let first = reader.next() else { return false }
    return first.isText(messageLine)
  }

  /// Reads one.
  /// - Throws: ``Fault``.
  public init(parsing bytes: Span<UInt8>) throws(Fault) {
    var reader = TextLines(bytes)
    guard let first = reader.next(), first.isText(Self.messageLine) else { throw .noMessage }
    while true {
      guard let header = reader.next() else { throw .header(line: reader.number) }
      if header.isEmpty { break }
      guard Self.isHashHeader(header) else { throw .header(line: reader.number) }
    }
    var lines: [[UInt8]] = []
    while true {
      let start = reader.place
      guard let line = reader.next() else { throw .noSignature }
      if line.isText(Self.signatureLine) {
        do throws(SignatureError) {
          signature = try DetachedSignature(parsing: bytes.extracting(start...), of: .text)
        } catch {
          throw .signature(error)
        }
        self.lines = lines
        return
      }
      lines.append(try Self.text(line, number: reader.number))
    }
  }

  /// Verifies the signature over the lines.
  /// - Parameters: as of ``DetachedSignature/verification(by:at:for:expiredKeys:)``.
  public func verify(
    by trusted: [Certificate], at now: UInt32, for purpose: SignaturePurpose?,
    expiredKeys: DetachedSignature.ExpiredKeys = .refused
  ) throws(SignatureError) -> Verdict {
    let text = signedText
    return try signature.verify(
      over: text.span, by: trusted, at: now, for: purpose, expiredKeys: expiredKeys)
  }

  /// What is signed (§7.2): the lines with CR LF between them, none behind the last.
  public var signedText: [UInt8] {
    var text: [UInt8] = []
    for (index, line) in lines.enumerated() {
      if index > 0 { text += [0x0D, 0x0A] }
      text += line
    }
    return text
  }

  /// A line as it is signed.
  private static func text(_ line: Span<UInt8>, number: Int) throws(Fault) -> [UInt8] {
    var start = 0
    if !line.isEmpty, line[0] == UInt8(ascii: "-") {
      guard line.count > 1, line[1] == 0x20 else { throw .dash(line: number) }
      start = 2
    }
    var end = line.count
    while end > start, line[end - 1] == 0x20 || line[end - 1] == 0x09 { end -= 1 }
    var text: [UInt8] = []
    text.reserveCapacity(end - start)
    for index in start..<end {
      let byte = line[index]
      guard (byte >= 0x20 && byte != 0x7F) || byte == 0x09 else { throw .control(line: number) }
      text.append(byte)
    }
    return text
  }

  /// `Hash: ` and names of hash functions. They bind nobody: the signature says which one it is.
  private static func isHashHeader(_ line: Span<UInt8>) -> Bool {
    let start: StaticString = "Hash: "
    guard line.count > 6, line.extracting(first: 6).isText(start) else { return false }
    for index in 6..<line.count {
      switch line[index] {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ","), UInt8(ascii: "-"), 0x20:
        continue
      default: return false
      }
    }
    return true
  }

  private static let messageLine: StaticString = "-----BEGIN PGP SIGNED MESSAGE-----"
  private static let signatureLine: StaticString = "-----BEGIN PGP SIGNATURE-----"
}

extension Span<UInt8> {
  fileprivate func isText(_ text: StaticString) -> Bool {
    var expected: [UInt8] = []
    expected.append(ascii: text)
    guard count == expected.count else { return false }
    for index in indices where self[index] != expected[index] { return false }
    return true
  }
}

/// Lines ended by LF or CR LF, counted.
private struct TextLines: ~Escapable {
  private let text: Span<UInt8>
  /// Where the next line begins.
  private(set) var place = 0
  /// The number of the line last read, from 1.
  private(set) var number = 0

  @_lifetime(copy text)
  init(_ text: Span<UInt8>) { self.text = text }

  /// The next line without its end; nil when there is none.
  @_lifetime(copy self)
  mutating func next() -> Span<UInt8>? {
    number += 1
    guard place < text.count else { return nil }
    let start = place
    while place < text.count, text[place] != 0x0A { place += 1 }
    var end = place
    if place < text.count { place += 1 }
    if end > start, text[end - 1] == 0x0D { end -= 1 }
    return text.extracting(start..<end)
  }
}
