/// What every path in a list of the set must be: `./` and components that lead nowhere else.
enum ListPath {
  /// Why `path` is refused; nil if it isn't.
  static func problem(_ path: [UInt8], strays: Bool = false) -> ListError.Problem? {
    guard path.starts(with: "./".utf8) else { return .notRelative }
    if path.last == 0x0D { return .carriageReturn }
    if path.contains(where: BootEntry.isForbidden) { return .forbiddenByte }
    if path.count > 2 {
      for name in path.dropFirst(2).split(separator: 0x2F, omittingEmptySubsequences: false)
      where name.isEmpty || name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8) {
        return .dots
      }
    }
    if strays ? SetName.isOwn(path) : BootEntry.isLeftOut(path) { return .leftOut }
    return nil
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

  /// The next piece without its terminator, nil at the end.
  mutating func next() throws(ListError) -> [UInt8]? {
    guard position < bytes.count else { return nil }
    entry += 1
    guard entry <= Limits.entries else { throw failure(.tooMany) }
    var piece: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == terminator { return piece }
      piece.append(byte)
    }
    throw failure(.unterminated)
  }

  /// A problem of the entry read last.
  func failure(_ problem: ListError.Problem) -> ListError {
    ListError(file: file, entry: entry, problem: problem)
  }
}

/// 32 bytes from 64 lowercase digits; nil for anything else.
func digest(fromHexadecimal text: ArraySlice<UInt8>) -> [UInt8]? {
  guard text.count == 64 else { return nil }
  var bytes: [UInt8] = []
  var high: UInt8?
  for digit in text {
    guard let value = hexadecimal(digit, lower: true) else { return nil }
    if let top = high {
      bytes.append(top << 4 | value)
      high = nil
    } else {
      high = value
    }
  }
  return bytes
}
