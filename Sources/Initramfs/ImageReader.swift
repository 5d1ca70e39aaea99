import CSystem
import LibCrypto

/// A file as an image has it: of several names of one file, the one that carries the content.
public struct ImageFile: Sendable {
  /// Its path, without a slash or dot in front.
  public let path: [UInt8]
  /// SHA-256 of its content.
  public let digest: [UInt8]
  /// MD5 of its content, as package managers keep it; nil where libcrypto has none.
  public let checksum: [UInt8]?
  /// Its content, if it was to be kept.
  public let bytes: [UInt8]?
}

/// Reads an image as the kernel does (`init/initramfs.c`): archives at multiples of four, zeros, and what is
/// compressed, which ends where its own framing says and has something behind it like anything else. Where
/// the kernel would stop and boot what it has by then, and where it could be told apart by what is there
/// already, reading fails: what is read is all of the image, and all that the kernel has.
struct ImageReader: ~Copyable {
  private var input: ImageInput
  private var files = ImageFiles()
  /// Where the entry begins that is read.
  private var begin = 0
  private let keeping: (_ path: [UInt8], _ size: Int) -> Bool
  private let look: (ImageFile) -> Void

  /// - Parameters:
  ///   - keeping: which files are handed on whole.
  ///   - look: gets each file, of which a later one may take the place.
  /// - Throws: ``ImageError``.
  init(
    image path: String, keeping: @escaping (_ path: [UInt8], _ size: Int) -> Bool,
    look: @escaping (ImageFile) -> Void
  ) throws(ImageError) {
    input = try ImageInput(image: path)
    self.keeping = keeping
    self.look = look
  }

  /// All of it.
  /// - Throws: ``ImageError``.
  consuming func read() throws(ImageError) -> ImageListing {
    var isBehindArchive = false
    while true {
      try input.skipZeros()
      guard try input.available(1) > 0 else { break }
      let begin = input.place
      if begin % 4 == 0, try input.peek(6)?.starts(with: "07070".utf8) == true {
        try archive()
        isBehindArchive = true
        continue
      }
      guard let compression = try input.peek(9).flatMap(Compression.init(of:)),
        // The kernel wants all that follows an archive and zeros there.
        !isBehindArchive || begin % 4 == 0
      else { throw files.isEmpty ? .notAnImage : .unknownCompression(at: begin) }
      try input.enter(compression)
      try archives()
      try input.leave()
      isBehindArchive = false
    }
    guard !files.isEmpty else { throw .notAnImage }
    return files.listing
  }

  /// The archives of a compressed part, which begins with one.
  private mutating func archives() throws(ImageError) {
    repeat {
      guard input.place % 4 == 0 else {
        throw .damaged(.notAnArchive, at: input.named(input.place))
      }
      try archive()
      try input.skipZeros()
    } while try input.available(1) > 0
  }

  // MARK: One archive

  /// The name of the entry that ends an archive.
  private static let trailer = "TRAILER!!!"
  /// The longest target of a link, without an end (PATH_MAX).
  private static let maximumTarget = 4095

  /// An archive, its trailer included. Entries follow each other without a gap.
  private mutating func archive() throws(ImageError) {
    repeat { begin = input.place } while try entry()
    do throws(ImageFiles.Fault) { try files.endArchive() } catch { throw self.error(error) }
  }

  /// The entry that begins here.
  /// - Returns: false if it was the trailer.
  private mutating func entry() throws(ImageError) -> Bool {
    let header: CPIOHeader
    let head = try input.peek(CPIOHeader.size)
    do throws(CPIOFault) {
      guard let head else { throw .truncated }
      header = try CPIOHeader(head)
    } catch {
      throw fault(error)
    }
    input.skip(CPIOHeader.size)
    // dracut's own cpio fills names up with zeros, so that contents lie in blocks.
    let field = try take(header.nameSize)
    guard let end = field.firstIndex(of: 0), field[end...].allSatisfy({ $0 == 0 }) else {
      throw fault(.name)
    }
    let name = Array(field[..<end])
    try skipPadding()
    if name.elementsEqual(Self.trailer.utf8), header.type != 0o120000 {
      guard header.contentSize == 0 else { throw fault(.type) }
      return false
    }
    var target: [UInt8] = []
    if header.type == 0o120000 {
      guard header.contentSize <= Self.maximumTarget else { throw fault(.type) }
      target = try take(header.contentSize)
      try skipPadding()
    }
    let path: [UInt8]
    do throws(ImageFiles.Fault) { path = try files.add(header, name, target: target) } catch {
      throw self.error(error)
    }
    if header.type == 0o100000 {
      let file = try content(of: path, header)
      try skipPadding()
      do throws(ImageFiles.Fault) {
        try files.write(file.digest, size: header.contentSize, to: path)
      } catch {
        throw self.error(error)
      }
      look(file)
    }
    return true
  }

  private mutating func content(
    of path: [UInt8], _ header: CPIOHeader
  ) throws(ImageError) -> ImageFile {
    var rest = header.contentSize
    var bytes: [UInt8]? = keeping(path, rest) ? [] : nil
    var digest: MessageDigest
    do throws(CryptoError) { digest = try MessageDigest(.sha256) } catch {
      throw .unreadable(errno: ENOMEM)
    }
    var checksum = FileChecksum()
    var sum: UInt32 = 0
    while rest > 0 {
      let count = try input.available(rest)
      guard count > 0, let piece = try input.peek(count) else { throw fault(.truncated) }
      digest.update(piece.span)
      checksum.update(piece.span)
      if header.checksum != nil { for byte in piece { sum &+= UInt32(byte) } }
      bytes?.append(contentsOf: piece)
      input.skip(count)
      rest -= count
    }
    if let known = header.checksum, known != sum { throw fault(.checksum) }
    return ImageFile(
      path: path, digest: digest.finish(), checksum: checksum.finish(), bytes: bytes)
  }

  private mutating func take(_ count: Int) throws(ImageError) -> [UInt8] {
    guard let bytes = try input.peek(count) else { throw fault(.truncated) }
    input.skip(count)
    return Array(bytes)
  }

  /// What fills the last four bytes up.
  private mutating func skipPadding() throws(ImageError) {
    let padding = try take((4 - input.place % 4) % 4)
    guard padding.allSatisfy({ $0 == 0 }) else { throw fault(.padding) }
  }

  private func fault(_ fault: CPIOFault) -> ImageError {
    .damaged(fault, at: input.named(begin))
  }

  private func error(_ error: ImageFiles.Fault) -> ImageError {
    switch error {
    case .archive(let fault): self.fault(fault)
    case .tooLarge: .tooLarge
    }
  }
}
