/// Why an image can't be looked into, or why it can't be told what the kernel makes of it.
public enum ImageError: Error, Equatable, Sendable {
  /// It can't be read, or a program can't be started; errno.
  case unreadable(errno: Int32)
  /// No initramfs begins like that.
  case notAnImage
  /// An archive in it is damaged, or none as makers of images write them. Where in the image: that entry,
  /// or the compressed part that it is in.
  case damaged(CPIOFault, at: Int)
  /// What is behind an archive is no archive, nor compressed in a known way, or doesn't begin at a multiple
  /// of four bytes.
  case unknownCompression(at: Int)
  /// A part is compressed in a way that the program reads and the kernel may not, or is cut.
  case unsupported(Compression, at: Int)
  /// The program that decompresses it isn't there, or others than root can write it.
  case noProgram(Compression)
  /// The program can't be started, or not confined; errno.
  case cannotStart(Compression, errno: Int32)
  /// The compressed part is damaged.
  case cannotDecompress(Compression)
  /// It holds more than any initramfs: see ``ImageLimits``.
  case tooLarge
}

/// What no image exceeds, so that looking into one has an end.
public enum ImageLimits {
  /// The most bytes of an image, and of what its compressed parts hold.
  public static let size = 1 << 30
  /// What comes out of compressed parts is at most this, and ``ratio`` times the image.
  public static let smallSize = 64 << 20
  /// See ``smallSize``.
  public static let ratio = 64
  /// The most compressed parts.
  public static let members = 64
  /// The most entries, and the most archives.
  public static let entries = 200_000
  /// The most bytes of their paths and of links' targets.
  public static let names = 16 << 20
  /// The most zeros in a row between archives.
  public static let zeros = 1 << 20
}
