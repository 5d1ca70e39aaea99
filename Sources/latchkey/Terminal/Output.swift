import CSystem
import FoundationEssentials

/// Where words go: results to stdout, what is for people to stderr.
enum Output {
  /// A line of results.
  static func result(_ line: String) { write(line, to: 1) }

  /// A line for the person at the terminal.
  static func note(_ line: String) { write(line, to: 2) }

  /// One JSON document, the whole result of a command run with `--json`.
  static func document(_ command: String, _ body: some Encodable) throws(Failure) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(Document(command: command, result: body)) else {
      throw Failure(.system, "the result can't be written as JSON", next: "Please report this.")
    }
    result(String(decoding: data, as: UTF8.self))
  }

  /// Bytes of results, as they are.
  static func bytes(_ bytes: [UInt8]) { write(bytes, to: 1) }

  private static func write(_ line: String, to descriptor: Int32) {
    write(Array((line + "\n").utf8), to: descriptor)
  }

  private static func write(_ all: [UInt8], to descriptor: Int32) {
    var bytes = all[...]
    while !bytes.isEmpty {
      // Safe: the bytes are borrowed for the call. Nobody can be told that nobody listens.
      let written = unsafe bytes.withUnsafeBytes { bytes in
        unsafe CSystem.write(descriptor, bytes.baseAddress, bytes.count)
      }
      guard written > 0 || (written < 0 && system_errno() == EINTR) else { return }
      bytes = bytes.dropFirst(max(written, 0))
    }
  }
}

/// What every JSON document has around its result; `version` grows when a field changes its meaning.
private struct Document<Result: Encodable>: Encodable {
  let version = 1
  let command: String
  let result: Result
}
