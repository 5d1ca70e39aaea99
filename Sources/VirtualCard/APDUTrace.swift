import FoundationEssentials
import Glibc

/// A file with a line for each command a card ran: header, lengths, status word, never any data.
///
/// `00 CA 00 6E  Lc 0  Le 256  -> 9000  256 bytes  0.4 ms`; what the reader does to the card's power
/// begins with `#`.
public final class APDUTrace {
  private let descriptor: CInt

  /// Adds to the file at `path`, or makes it.
  public init(to path: String) throws(CardFileError) {
    // Safe: the path is a terminated copy for the call.
    descriptor = unsafe open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      // Safe: strerror gives a terminated text, copied at once.
      throw .unwritable(path, unsafe String(cString: strerror(errno)))
    }
  }

  deinit { close(descriptor) }

  /// Notes a command, its answer and how long the card took.
  public func note(_ command: [UInt8], _ answer: [UInt8], milliseconds: Double) {
    let header = command.prefix(4).map { Hex([$0]).text }.joined(separator: " ")
    let apdu = APDU(command)
    let lengths =
      apdu.map { "Lc \($0.data.count)  Le \($0.expected.map(String.init) ?? "-")" }
      ?? "\(command.count) bytes that are no APDU"
    let status = Hex(Array(answer.suffix(2))).text
    let time = (milliseconds * 100).rounded() / 100
    write("\(header)  \(lengths)  -> \(status)  \(max(0, answer.count - 2)) bytes  \(time) ms")
  }

  /// Notes something else.
  public func note(event: String) { write("# \(event)") }

  private func write(_ line: String) {
    let bytes = [UInt8]((line + "\n").utf8)
    // Safe: the bytes outlive the call. A trace that can't be written stops no card.
    _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
  }
}
