import CSystem
import FoundationEssentials
import Synchronization

/// Where words go: results to stdout, what is for people to stderr.
enum Output {
  /// Why some of the results did not get out, as an errno value; 0 if all did. A reader that has gone
  /// away is no reason: it wanted no more.
  static var loss: Int32 { lost.load(ordering: .relaxed) }

  private static let lost = Atomic<Int32>(0)

  /// A line of results.
  static func result(_ line: String) { write(line, to: 1) }

  /// A line for the person at the terminal.
  static func note(_ line: String) { write(line, to: 2) }

  /// One JSON document, the whole result of a command run with `--json`.
  /// - Parameter unreadable: readers that the result has nothing of.
  static func document(
    _ command: String, _ body: some Encodable, unreadable: [UnreadableReader] = []
  ) throws(Failure) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    let document = Document(
      command: command, result: body, unreadable: unreadable.isEmpty ? nil : unreadable)
    guard let data = try? encoder.encode(document) else {
      throw Failure(.system, "the result can't be written as JSON", next: "Please report this.")
    }
    result(String(decoding: data, as: UTF8.self))
  }

  /// Bytes of results, as they are.
  static func bytes(_ bytes: Span<UInt8>) { write(bytes, to: 1) }

  /// Text for the terminal behind stderr, without a line's end.
  static func terminal(_ text: String) {
    let bytes = Array(text.utf8)
    write(bytes.span, to: 2)
  }

  private static func write(_ line: String, to descriptor: Int32) {
    let bytes = Array((line + "\n").utf8)
    write(bytes.span, to: descriptor)
  }

  private static func write(_ bytes: Span<UInt8>, to descriptor: Int32) {
    var start = 0
    while start < bytes.count {
      // Safe: the bytes are borrowed for the call.
      let written = unsafe bytes.extracting(start...).withUnsafeBytes { bytes in
        unsafe CSystem.write(descriptor, bytes.baseAddress, bytes.count)
      }
      if written < 0, system_errno() == EINTR { continue }
      guard written > 0 else {
        let error = system_errno()
        if descriptor == 1, error != EPIPE { lost.store(error, ordering: .relaxed) }
        return
      }
      start += written
    }
  }
}

/// What every JSON document has around its result; `version` grows when a field changes its meaning.
private struct Document<Result: Encodable>: Encodable {
  let version = 1
  let command: String
  let result: Result
  let unreadable: [UnreadableReader]?
}
