/// A folder below /boot that is kept open for as long as what is asked for lies in it: of very many small
/// files, few are in a folder of their own.
struct HeldFolder: ~Copyable {
  /// The path that led to it, with a slash behind it.
  private var path: [UInt8] = []
  private var folder: Descriptor

  /// Of /boot itself.
  init(_ boot: borrowing Descriptor) throws(BootError) {
    path = Array("./".utf8)
    folder = try boot.folder(Array(".".utf8), path: path)
  }

  /// Opens the file at `./path` of a scan of `boot`, folder by folder but for what is open already.
  mutating func file(_ full: [UInt8], in boot: BootFolder) throws(BootError) -> Descriptor {
    let start = (full.lastIndex(of: 0x2F) ?? 1) + 1
    if !path.span.equals(full.span.extracting(..<start)) {
      folder = try boot.folder(of: full)
      path = Array(full[..<start])
    }
    return try folder.file(full, from: start)
  }
}
