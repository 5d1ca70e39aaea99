import CSystem
package import Storage

/// A running program that decompresses. What it reads may be anybody's: it is confined (`system_start_filter`),
/// and is gone when this value is.
package struct DecompressionProgram: ~Copyable {
  /// What it writes, to read until the end.
  package let output: Int32
  private let process: pid_t

  /// Of the processors' time: a hundred times what the largest images need.
  private static let seconds: UInt32 = 300

  /// - Parameter descriptor: what it reads, from its place on.
  /// - Throws: ``ImageError``.
  init(_ compression: Compression, reading descriptor: Int32) throws(ImageError) {
    guard let path = TrustedProgram.path(compression.rawValue) else {
      throw .noProgram(compression)
    }
    do throws(StorageError) {
      try self.init(path, "-dc", reading: descriptor, seconds: Self.seconds)
    } catch {
      throw .cannotStart(compression, errno: error.code)
    }
  }

  /// Starts any program in the same way.
  /// - Parameters:
  ///   - path: an absolute one.
  ///   - seconds: the most of the processors' time.
  package init(
    _ path: String, _ argument: String, reading descriptor: Int32, seconds: UInt32
  ) throws(StorageError) {
    var output: Int32 = -1
    // Safe: the texts are C strings for the call, and the number is ours.
    let process = unsafe system_start_filter(path, argument, descriptor, seconds, &output)
    guard process > 0 else { throw StorageError("start", path, code: -process) }
    self.process = process
    self.output = output
  }

  /// Waits for its end, after all that it wrote was read.
  /// - Returns: its exit code, or 128 and the number of the signal that ended it.
  package consuming func end() -> Int32 {
    close(output)
    let status = system_end_filter(process)
    discard self
    return status
  }

  deinit {
    close(output)
    system_stop_filter(process)
  }
}
