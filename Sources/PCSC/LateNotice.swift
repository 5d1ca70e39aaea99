internal import CSystem

/// A line for the person, on standard error, if this value still lives after half a second: then a card
/// most likely waits for a touch. One at a time in a process.
public struct LateNotice: ~Copyable {
  private static let delay: Int32 = 500

  /// Prepares a line of at most 254 bytes, written as it is, with a line feed behind it.
  public init(_ line: [UInt8]) {
    let text = line.prefix(254) + [UInt8(ascii: "\n")]
    // Safe: the bytes are borrowed for the call, which copies them.
    unsafe text.withUnsafeBytes { bytes in
      unsafe system_notice_after(Self.delay, bytes.baseAddress, bytes.count)
    }
  }

  deinit { system_notice_cancel() }
}
