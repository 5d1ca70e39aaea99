import CSystem

/// Where a compressed part of an image ends for the kernel, found by its framing alone. Anything in it that
/// the kernel's decompressors (`lib/decompress_*.c`) read otherwise than the programs do, or don't read, is
/// refused; so programs get neither more nor less than one member.
struct CompressedMember: ~Copyable {
  private var window: ImageWindow
  private let compression: Compression
  private let start: Int

  /// - Parameters:
  ///   - descriptor: the image, open while this is used.
  ///   - start: where the member begins in it.
  init(_ compression: Compression, in descriptor: Int32, size: Int, from start: Int) {
    window = ImageWindow(descriptor, size: size)
    self.compression = compression
    self.start = start
  }

  /// Where the next part may begin; of gzip only its head is looked at, and its start is given back.
  /// - Throws: ``ImageError/unsupported(_:at:)``, or that the image can't be read.
  consuming func end() throws(ImageError) -> Int {
    let end: Int? =
      switch compression {
      case .gzip: try gzip()
      case .zstd: try zstd()
      case .xz: try xz()
      case .lz4: try lz4()
      case .bzip2: try bzip2()
      case .lzop: try lzop()
      }
    guard let end, end <= window.size else { throw .unsupported(compression, at: start) }
    return end
  }

  /// RFC 1952. The kernel skips ten bytes and a name, whatever else the flags say.
  private mutating func gzip() throws(ImageError) -> Int? {
    guard let head = try window.bytes(10, at: start), head[head.startIndex + 2] == 8,
      [0, 8].contains(head[head.startIndex + 3])
    else { return nil }
    return start
  }

  /// RFC 8878: one frame without a dictionary, with a window of 128 MiB at most.
  private mutating func zstd() throws(ImageError) -> Int? {
    guard let flags = try window.byte(at: start + 4) else { return nil }
    let isSingle = flags & 0x20 != 0
    // Reserved, and a dictionary's id.
    guard flags & 0x08 == 0, flags & 0x03 == 0 else { return nil }
    var place = start + 5
    if !isSingle {
      guard let byte = try window.byte(at: place) else { return nil }
      place += 1
      let base = 1 << (10 + byte >> 3)
      guard base + base / 8 * (byte & 7) <= Self.maximumWindow else { return nil }
    }
    let size = [isSingle ? 1 : 0, 2, 4, 8][flags >> 6]
    if isSingle {
      guard let content = try window.little(size, at: place), content >= 0,
        content + (size == 2 ? 256 : 0) <= Self.maximumWindow
      else { return nil }
    }
    place += size
    while let header = try window.little(3, at: place) {
      place += 3
      switch header >> 1 & 3 {
      case 0, 2: place += header >> 3
      case 1: place += 1
      default: return nil
      }
      if header & 1 != 0 { return place + (flags & 0x04 != 0 ? 4 : 0) }
    }
    return nil
  }

  private static let maximumWindow = 128 << 20

  /// The xz file format 1.2.1: one stream with CRC32 or no check at all, blocks of LZMA2 alone, and a
  /// dictionary of 64 MiB at most.
  private mutating func xz() throws(ImageError) -> Int? {
    guard let check = try window.big(2, at: start + 6), check <= 1 else { return nil }
    var place = start + 12
    var blocks = 0
    while let byte = try window.byte(at: place), byte != 0 {
      guard let end = try xzBlock(at: place, headerSize: (byte + 1) * 4, checkSize: check * 4)
      else { return nil }
      place = end
      blocks += 1
    }
    let index = place
    place += 1
    for number in 0..<(1 + 2 * blocks) {
      guard let value = try variable(&place), number > 0 || value == blocks else { return nil }
    }
    // Its padding and checksum, then the footer, which has its size.
    place += (4 - (place - index) % 4) % 4 + 4
    guard let footer = try window.bytes(12, at: place),
      try window.little(4, at: place + 4) == (place - index) / 4 - 1,
      footer.suffix(2).elementsEqual("YZ".utf8)
    else { return nil }
    return place + 12
  }

  private mutating func xzBlock(
    at start: Int, headerSize: Int, checkSize: Int
  ) throws(ImageError) -> Int? {
    guard let flags = try window.byte(at: start + 1), flags & 0x3F == 0 else { return nil }
    var place = start + 2
    for flag in [0x40, 0x80] where flags & flag != 0 {
      guard try variable(&place) != nil else { return nil }
    }
    guard try window.big(2, at: place) == 0x2101, let dictionary = try window.byte(at: place + 2),
      dictionary <= 28
    else { return nil }
    let data = start + headerSize
    place = data
    // Chunks of LZMA2.
    while let control = try window.byte(at: place), control != 0 {
      if control < 0x80 {
        guard control <= 2, let size = try window.big(2, at: place + 1) else { return nil }
        place += 3 + size + 1
      } else {
        guard let size = try window.big(2, at: place + 3) else { return nil }
        place += (control >= 0xC0 ? 6 : 5) + size + 1
      }
    }
    place += 1
    return place + (4 - (place - data) % 4) % 4 + checkSize
  }

  /// A number of seven bits a byte, its lowest first.
  private mutating func variable(_ place: inout Int) throws(ImageError) -> Int? {
    var value = 0
    for shift in stride(from: 0, to: 56, by: 7) {
      guard let byte = try window.byte(at: place) else { return nil }
      place += 1
      value |= (byte & 0x7F) << shift
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }

  /// Blocks with their size before them, until the image ends or a size is none: there is no other end.
  private mutating func lz4() throws(ImageError) -> Int? {
    var place = start + 4
    while place + 4 <= window.size, let size = try window.little(4, at: place), size != 0 {
      // Of eight megabytes at most, decompressed (LZ4_compressBound).
      guard size <= 8 << 20 + (8 << 20) / 255 + 16 else { return nil }
      place += 4 + size
    }
    return place > start + 4 ? place : nil
  }

  /// A header of 100 to 900 kilobytes, blocks, and at the end a magic of 48 bits and a checksum of 32. They
  /// begin at any bit, so that these are looked for at each: the first is the end, or the program will miss
  /// it. Neither may a block be "randomised", as the kernel has no such thing.
  private mutating func bzip2() throws(ImageError) -> Int? {
    let end: UInt64 = 0x1772_4538_5090
    let block: UInt64 = 0x3141_5926_5359
    guard let level = try window.byte(at: start + 3), (0x31...0x39).contains(level) else {
      return nil
    }
    // What may be in the byte behind the one that a magic begins in: eight bits of it wherever it begins.
    var isPossible = [Bool](repeating: false, count: 256)
    for magic in [end, block] {
      for shift in 0..<8 as Range<UInt64> { isPossible[Int(magic >> (32 + shift) & 0xFF)] = true }
    }
    var place = start + 4
    while place + 10 <= window.size {
      guard let piece = try window.bytes(min(window.size - place, 64 << 10), at: place) else {
        return nil
      }
      for index in piece.indices.dropLast(9) where isPossible[Int(piece[index + 1])] {
        var bits: UInt64 = 0
        for byte in piece[index..<(index + 8)] { bits = bits << 8 | UInt64(byte) }
        for shift in 0..<8 as Range<UInt64> {
          let magic = (bits << shift) >> 16
          if magic == end {
            return place + (index - piece.startIndex) + (shift == 0 ? 10 : 11)
          }
          // Its checksum of 32 bits, and then the one that must be clear.
          let flag = 80 + Int(shift)
          if magic == block, index + flag / 8 < piece.endIndex,
            piece[index + flag / 8] & (0x80 >> UInt8(flag % 8)) != 0
          {
            return nil
          }
        }
      }
      guard place + piece.count < window.size else { break }
      // A magic in the last of it, and what is behind that, are looked at together.
      place += piece.count - 10
    }
    return nil
  }

  /// lzop's header with a checksum of what comes out and nothing else that the kernel takes for data, and
  /// blocks of 256 KiB at most.
  private mutating func lzop() throws(ImageError) -> Int? {
    let version = start + 9
    guard let written = try window.big(2, at: version), written >= 0x0940,
      let needed = try window.big(2, at: version + 4), needed <= written,
      let flags = try window.big(4, at: version + 8), flags & 0xFFFF & ~0x000C == 1,
      let name = try window.byte(at: version + 24)
    else { return nil }
    var place = version + 25 + name + 4
    while let plain = try window.big(4, at: place) {
      if plain == 0 { return place + 4 }
      guard let size = try window.big(4, at: place + 4), size > 0, size <= plain,
        plain <= 256 << 10
      else { return nil }
      place += 12 + size
    }
    return nil
  }
}
