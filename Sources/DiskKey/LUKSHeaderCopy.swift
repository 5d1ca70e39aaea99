import CSystem
import Secrets

/// The first bytes of a device, copied into memory: what was checked is what is used, and nobody can
/// change it in between.
struct LUKSHeaderCopy: ~Copyable {
  /// The most a header may have. LUKS2's largest is 4 MiB of metadata twice and 128 MiB of keyslots.
  static let maximumSize: UInt64 = 144 << 20

  private let file: OpenFile

  /// Copies the first `size` bytes of a device or file.
  init(of device: [UInt8], size: UInt64) throws(DiskKeyError) {
    file = try Self.copy(device, size: size)
  }

  private static func copy(_ device: [UInt8], size: UInt64) throws(DiskKeyError) -> OpenFile {
    guard size <= maximumSize else { throw .header(.dataOffset) }
    let source = try OpenFile(reading: device, as: .device)
    // Safe: a constant C string.
    let made = unsafe system_memory_file(StaticString("luks-header").cString)
    guard made >= 0 else { throw .file(.device, errno: system_errno()) }
    let file = OpenFile(owning: made)
    var left = Int(size)
    var buffer = [UInt8](repeating: 0, count: min(left, 1 << 17))
    while left > 0 {
      // Safe: the array is exclusively ours, and the count is within it.
      let got = unsafe buffer.withUnsafeMutableBytes { room in
        unsafe read(source.descriptor, room.baseAddress, min(left, room.count))
      }
      if got < 0, system_errno() == EINTR { continue }
      guard got >= 0 else { throw .file(.device, errno: system_errno()) }
      // Shorter than its own header.
      guard got > 0 else { throw .header(.notLUKS) }
      var done = 0
      while done < got {
        // Safe: the range lies within what was read.
        let written = unsafe buffer.withUnsafeBytes { bytes in
          unsafe write(made, bytes.baseAddress.map { unsafe $0 + done }, got - done)
        }
        if written < 0, system_errno() == EINTR { continue }
        guard written > 0 else { throw .file(.device, errno: system_errno()) }
        done += written
      }
      left -= got
    }
    return file
  }

  /// A path under which this process can open it.
  var path: [UInt8] {
    [UInt8]("/proc/self/fd/") + [UInt8](decimal: Int(file.descriptor))
  }

  /// `count` bytes at `offset`, which lie within the copy.
  func bytes(at offset: Int, count: Int) throws(DiskKeyError) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: count)
    // Safe: the array is exclusively ours, with that many bytes.
    let got = unsafe out.withUnsafeMutableBytes { room in
      unsafe pread(file.descriptor, room.baseAddress, room.count, off_t(offset))
    }
    guard got == count else { throw .header(.notLUKS) }
    return out
  }
}
