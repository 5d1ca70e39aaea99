import CSystem

/// How a part of an image is compressed, and the program that undoes it: what made the image on this
/// machine has it too.
public enum Compression: String, CaseIterable, Sendable {
  case gzip
  case zstd
  case xz
  case lz4
  case bzip2
  case lzop

  /// What begins with these bytes; nil for none of them.
  init?(of bytes: ArraySlice<UInt8>) {
    for kind in Self.allCases {
      for magic in kind.magics where bytes.starts(with: magic) {
        self = kind
        return
      }
    }
    return nil
  }

  private var magics: [[UInt8]] {
    switch self {
    case .gzip: [[0x1F, 0x8B]]
    case .zstd: [[0x28, 0xB5, 0x2F, 0xFD]]
    case .xz: [[0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]]
    // The kernel wants the legacy frame; dracut has written the other.
    case .lz4: [[0x02, 0x21, 0x4C, 0x18], [0x04, 0x22, 0x4D, 0x18]]
    case .bzip2: [[0x42, 0x5A, 0x68]]
    case .lzop: [[0x89, 0x4C, 0x5A, 0x4F]]
    }
  }

  /// The bytes of a file from `start` to its end, decompressed.
  /// - Parameters:
  ///   - descriptor: the file; its place is moved.
  ///   - limit: the most bytes that may come out.
  /// - Throws: ``ImageError``.
  func decompress(
    _ descriptor: Int32, from start: Int, limit: Int
  ) throws(ImageError) -> [UInt8] {
    guard lseek(descriptor, off_t(start), SEEK_SET) == off_t(start) else {
      throw .unreadable(errno: system_errno())
    }
    let program = try DecompressionProgram(self, reading: descriptor)
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 20)
    var failed: Int32 = 0
    while bytes.count <= limit {
      // Safe: the array is exclusively ours, and the count is its room.
      let got = unsafe block.withUnsafeMutableBytes { room in
        unsafe read(program.output, room.baseAddress, room.count)
      }
      if got < 0, system_errno() == EINTR { continue }
      if got < 0 { failed = system_errno() }
      guard got > 0 else { break }
      bytes += block[..<got]
    }
    guard failed == 0 else { throw .unreadable(errno: failed) }
    guard bytes.count <= limit else { throw .tooLarge }
    let status = program.end()
    // gzip's 2 is a warning: zeros behind the end, as some boot loaders want them.
    guard status == 0 || (self == .gzip && status == 2) else { throw .cannotDecompress(self) }
    return bytes
  }
}

/// Why an image can't be looked into.
public enum ImageError: Error, Equatable, Sendable {
  /// It can't be read, or a program can't be started; errno.
  case unreadable(errno: Int32)
  /// No initramfs begins like that.
  case notAnImage
  /// A part of it is no whole archive; where that begins in the image.
  case damaged(CPIOFault, at: Int)
  /// What is behind an archive is no archive, nor compressed in a known way.
  case unknownCompression(at: Int)
  /// The program that decompresses it isn't there, or others than root can write it.
  case noProgram(Compression)
  /// The program can't be started, or not confined; errno.
  case cannotStart(Compression, errno: Int32)
  /// The compressed part is damaged.
  case cannotDecompress(Compression)
  /// It is larger than any initramfs: decompressed, more than 2 GiB.
  case tooLarge
}
