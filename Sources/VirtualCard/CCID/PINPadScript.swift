import FoundationEssentials

/// What a person does on a reader's pad, a line each time something is to be typed:
/// digits; `cancel`; `timeout`, when nobody types; and before any of them `wait 2.5`, in seconds. Behind
/// the last line nobody types. Empty lines and those that begin with `#` don't count.
public struct PINPadScript: Equatable, Sendable {
  private enum Press: Equatable {
    case digits([UInt8])
    case cancel
    case timeOut
    case wait(Int)
  }

  private var presses: [Press] = []

  /// Nobody is there.
  public init() {}

  /// - Returns: nil where a line isn't one of these.
  public init?(_ text: [UInt8]) {
    for line in text.split(separator: 0x0A) {
      let words = line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      switch (first, words.count) {
      case ("cancel", 1): presses.append(.cancel)
      case ("timeout", 1): presses.append(.timeOut)
      case ("wait", 2):
        guard let seconds = Double(words[1]), (0...3600).contains(seconds) else { return nil }
        presses.append(.wait(Int(seconds * 1000)))
      case (_, 1) where first.utf8.allSatisfy({ (0x30...0x39).contains($0) }):
        presses.append(.digits(Array(first.utf8)))
      default: return nil
      }
    }
    presses.reverse()
  }

  /// The script in a file.
  /// - Throws: ``CardFileError/unreadable(_:)``, ``CardFileError/damaged(_:_:)``.
  public init(contentsOf path: String) throws(CardFileError) {
    guard let data = FileManager.default.contents(atPath: path) else { throw .unreadable(path) }
    guard let script = PINPadScript([UInt8](data)) else {
      throw .damaged(path, "a line that is neither digits, cancel, timeout nor wait SECONDS")
    }
    self = script
  }

  /// The next thing that is typed.
  /// - Parameter count: how many times digits are.
  /// - Returns: what, and after how many milliseconds.
  package mutating func next(_ count: Int) -> (milliseconds: Int, answer: PINEntry.Answer) {
    var milliseconds = 0
    var typed: [[UInt8]] = []
    while typed.count < count {
      switch presses.popLast() {
      case .digits(let digits): typed.append(digits)
      case .wait(let more): milliseconds += more
      case .cancel: return (milliseconds, .cancelled)
      case .timeOut, nil: return (milliseconds, .timedOut)
      }
    }
    return (milliseconds, .typed(typed))
  }
}
