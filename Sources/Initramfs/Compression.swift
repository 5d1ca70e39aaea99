/// How a part of an image is compressed, as the kernel knows it (`lib/decompress.c`). zlib undoes gzip here;
/// of the others the program does: what made the image on this machine has it too.
public enum Compression: String, CaseIterable, Sendable {
  case gzip
  case zstd
  case xz
  case lz4
  case bzip2
  case lzop

  /// What begins with these bytes; nil for none of them.
  init?(of bytes: ArraySlice<UInt8>) {
    guard let kind = Self.allCases.first(where: { bytes.starts(with: $0.magic) }) else {
      return nil
    }
    self = kind
  }

  private var magic: [UInt8] {
    switch self {
    case .gzip: [0x1F, 0x8B]
    case .zstd: [0x28, 0xB5, 0x2F, 0xFD]
    case .xz: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]
    // The legacy frame: the kernel has no other.
    case .lz4: [0x02, 0x21, 0x4C, 0x18]
    case .bzip2: [0x42, 0x5A, 0x68]
    case .lzop: [0x89, 0x4C, 0x5A, 0x4F, 0x00, 0x0D, 0x0A, 0x1A, 0x0A]
    }
  }
}
