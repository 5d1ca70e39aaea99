/// What every path in a list of the set must be: `./` and components that lead nowhere else.
enum ListPath {
  /// Why `path` is refused; nil if it isn't.
  static func problem(_ path: Span<UInt8>, strays: Bool = false) -> ListError.Problem? {
    guard path.count >= 2, path[0] == 0x2E, path[1] == 0x2F else { return .notRelative }
    if path.isReturned { return .carriageReturn }
    var hasDots = false
    var start = 2
    for index in 2..<path.count + 1 {
      let byte = index < path.count ? path[index] : 0x2F
      if BootEntry.isForbidden(byte) { return .forbiddenByte }
      guard byte == 0x2F else { continue }
      if path.count > 2, isDots(path.extracting(start..<index)) { hasDots = true }
      start = index + 1
    }
    if hasDots { return .dots }
    guard BootEntry.isLeftOut(path) else { return nil }
    guard strays else { return .leftOut }
    var copy: [UInt8] = []
    for index in path.indices { copy.append(path[index]) }
    return SetName.isOwn(copy) ? .leftOut : nil
  }

  /// Whether it is nothing, `.` or `..`.
  private static func isDots(_ name: Span<UInt8>) -> Bool {
    guard name.count <= 2 else { return false }
    for index in name.indices where name[index] != 0x2E { return false }
    return true
  }
}

/// Takes bytes apart at a terminator that the last piece must have too.
struct ListReader: ~Escapable {
  private let bytes: Span<UInt8>
  private let terminator: UInt8
  private let file: EscapedName
  private var position = 0
  /// The entry read last, counted from 1.
  private(set) var entry = 0

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, endedBy terminator: UInt8, file: EscapedName) {
    self.bytes = bytes
    self.terminator = terminator
    self.file = file
  }

  /// Where the next piece is, without its terminator; nil at the end.
  mutating func next() throws(ListError) -> Range<Int>? {
    guard position < bytes.count else { return nil }
    entry += 1
    guard entry <= Limits.entries else { throw failure(.tooMany) }
    let start = position
    while position < bytes.count {
      position += 1
      if bytes[position - 1] == terminator { return start..<position - 1 }
    }
    throw failure(.unterminated)
  }

  /// A problem of the entry read last.
  func failure(_ problem: ListError.Problem) -> ListError {
    ListError(file: file, entry: entry, problem: problem)
  }
}

extension Span<UInt8> {
  /// Whether it is a line that ends in CR LF.
  var isReturned: Bool { !isEmpty && self[count - 1] == 0x0D }
}

/// 32 bytes from 64 lowercase digits; nil for anything else.
func digest(fromHexadecimal text: ArraySlice<UInt8>) -> [UInt8]? {
  FileDigest(hexadecimal: text.span)?.bytes
}
