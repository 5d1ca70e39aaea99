import CSystem
import Secrets

/// What is needed of a device's header, copied into memory: what was checked is what is used, and nobody can
/// change it in between.
///
/// The copy is as long as the header, but holds its metadata alone at first: the keyslots' areas, which are
/// nearly all of the 16 MiB, are holes until one is asked for.
struct LUKSHeaderCopy: ~Copyable {
  /// The most a header may have. LUKS2's largest is 4 MiB of metadata twice and 128 MiB of keyslots.
  static let maximumSize: UInt64 = 144 << 20
  /// How large a copy of LUKS2's metadata may be (LUKS2 on-disk format 1.1.1, §2.1).
  private static let metadataSizes: ClosedRange<UInt64> = 16 << 10...4 << 20

  private let source: OpenFile
  private let file: OpenFile
  private let size: UInt64

  /// Copies the metadata in the first `size` bytes of a device or file.
  /// - Parameter size: at least 512.
  static func metadata(of device: [UInt8], size: UInt64) throws(DiskKeyError) -> LUKSHeaderCopy {
    guard size <= maximumSize else { throw .header(.dataOffset) }
    let source = try OpenFile(reading: device, as: .device)
    // Shorter than its own header.
    guard lseek(source.descriptor, 0, SEEK_END) >= off_t(size) else { throw .header(.notLUKS) }
    // Safe: a constant C string.
    let made = unsafe system_memory_file(StaticString("luks-header").cString)
    guard made >= 0 else { throw .file(.device, errno: system_errno()) }
    let copy = LUKSHeaderCopy(source: source, file: OpenFile(owning: made), size: size)
    guard ftruncate(made, off_t(size)) == 0 else { throw .file(.device, errno: system_errno()) }
    try copy.add(0, min(size, 4096))
    try copy.add(0, min(size, copy.metadataSize()))
    return copy
  }

  private init(source: consuming OpenFile, file: consuming OpenFile, size: UInt64) {
    self.source = source
    self.file = file
    self.size = size
  }

  /// Copies `count` bytes at `offset` as well.
  /// - Throws: ``HeaderFault/notLUKS`` where they don't lie within the header.
  func add(_ offset: UInt64, _ count: UInt64) throws(DiskKeyError) {
    guard offset <= size, count <= size - offset else { throw .header(.notLUKS) }
    var place = Int(offset)
    let end = place + Int(count)
    var buffer = [UInt8](repeating: 0, count: min(Int(count), 1 << 14))
    while place < end {
      // Safe: the array is exclusively ours, and the count is within it.
      let got = unsafe buffer.withUnsafeMutableBytes { room in
        unsafe pread(source.descriptor, room.baseAddress, min(end - place, room.count), place)
      }
      if got < 0, system_errno() == EINTR { continue }
      guard got >= 0 else { throw .file(.device, errno: system_errno()) }
      guard got > 0 else { throw .header(.notLUKS) }
      // Safe: as above. What a file in memory takes less of is read again.
      let written = unsafe buffer.withUnsafeBytes { bytes in
        unsafe pwrite(file.descriptor, bytes.baseAddress, got, place)
      }
      if written < 0, system_errno() == EINTR { continue }
      guard written > 0 else { throw .file(.device, errno: system_errno()) }
      place += written
    }
  }

  /// How much the metadata take: all of it where the first block doesn't say, as where only the second copy
  /// of LUKS2's is whole, which libcryptsetup looks for in several places.
  private func metadataSize() throws(DiskKeyError) -> UInt64 {
    let block = try bytes(at: 0, count: 16)
    // LUKS1's has no size; it is of 592 bytes.
    if block[7] == 1 { return 4096 }
    var number: UInt64 = 0
    for byte in block[8...] { number = number << 8 | UInt64(byte) }
    return Self.metadataSizes.contains(number) ? 2 * number : size
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
