import CSystem
import Secrets
import Storage

/// Data that a command takes from a file or standard input, or hands to a file or standard output.
enum DataFile {
  /// A file's bytes; `-` is standard input.
  /// - Parameter limit: the most bytes that make sense.
  static func read(_ path: String, limit: Int = 1 << 20) throws(Failure) -> [UInt8] {
    let secret = try readSecret(path, limit: limit)
    return [UInt8](copying: secret.bytes)
  }

  /// The same for what nobody else may see.
  static func readSecret(_ path: String, limit: Int) throws(Failure) -> SecretBytes {
    // Safe: the path is passed as a C string for the call; the descriptor is closed below.
    let file = path == "-" ? 0 : unsafe system_open(path, O_RDONLY, 0)
    guard file >= 0 else { throw Failure(StorageError("open", path, code: system_errno())) }
    defer { if file != 0 { close(file) } }
    var content = SecretBytes(capacity: limit + 1)
    var isAtEnd = false
    var error: Int32 = 0
    while !isAtEnd, error == 0, content.count <= limit {
      // Safe: the room is what is left of the secret, and read is told so.
      unsafe content.append { room in
        let got = unsafe CSystem.read(file, room.baseAddress, room.count)
        if got < 0, system_errno() != EINTR { error = system_errno() }
        isAtEnd = got == 0
        return max(got, 0)
      }
    }
    guard error == 0 else { throw Failure(StorageError("read", path, code: error)) }
    guard content.count <= limit else {
      throw Failure(
        .wrongUse, "\(Escaped.text(path)) has more than \(limit) bytes", next: "Check the path.")
    }
    return content
  }

  /// Writes bytes to a file that isn't there yet, or to standard output where no file is named.
  static func write(_ bytes: [UInt8], to path: String?, mode: UInt32 = 0o644) throws(Failure) {
    try write(bytes.span, to: path, mode: mode)
  }

  /// The same for what nobody else may see.
  static func write(secret: borrowing SecretBytes, to path: String?) throws(Failure) {
    try write(secret.bytes, to: path, mode: 0o600)
  }

  private static func write(
    _ bytes: Span<UInt8>, to path: String?, mode: UInt32
  ) throws(Failure) {
    guard let path, path != "-" else { return Output.bytes(bytes) }
    do throws(StorageError) {
      try DurableFile.write(bytes, to: path, mode: mode, replacing: false)
    } catch {
      guard error.code != EEXIST else {
        throw Failure(
          .wrongUse, "\(Escaped.text(path)) is there already", next: "Choose another name.")
      }
      throw Failure(error)
    }
    Output.note("Written: \(Escaped.text(path))")
  }
}
