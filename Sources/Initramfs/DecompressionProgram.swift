import CSystem

/// A running program that decompresses, and is gone when this value is.
struct DecompressionProgram: ~Copyable {
  /// What it writes, to read until the end.
  let output: Int32
  private let process: pid_t

  /// - Parameter descriptor: what it reads, from its place on.
  /// - Throws: ``ImageError``.
  init(_ compression: Compression, reading descriptor: Int32) throws(ImageError) {
    var output: Int32 = -1
    // Safe: the names are C strings for the call, and the number is ours.
    let process = unsafe system_start_filter(compression.rawValue, "-dc", descriptor, &output)
    guard process > 0 else {
      if process == -ENOENT { throw .noProgram(compression) }
      throw .unreadable(errno: -process)
    }
    self.process = process
    self.output = output
  }

  /// Waits for its end, after all that it wrote was read.
  /// - Returns: its exit code, or 128 and the number of the signal that ended it.
  consuming func end() -> Int32 {
    close(output)
    let status = system_end_filter(process)
    discard self
    return status
  }

  deinit {
    close(output)
    _ = system_end_filter(process)
  }
}
