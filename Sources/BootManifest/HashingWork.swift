/// How the files of a scan are shared out among those who hash: large ones each by itself, the largest
/// first, so that nobody is left with one at the end; then the small ones, many at a time and those of a
/// folder together.
struct HashingWork: Sendable {
  /// Where in the scan they are.
  let files: [Int]
  /// Parts of `files`, each of which one worker does.
  let pieces: [Range<Int>]
  /// How many work at it.
  let workers: Int

  /// Bytes of a file that is a piece by itself.
  private static let large = 1 << 20
  /// Files, and bytes, of a piece of small ones.
  private static let batch = 64
  /// What is hashed sooner than another thread is woken.
  private static let little = 128 << 10

  init(_ scan: BootScan, where isWanted: (BootEntry) -> Bool = { _ in true }) {
    var large: [Int] = []
    var small: [Int] = []
    var bytes = 0
    for (index, entry) in scan.entries.enumerated()
    where entry.type == .file && !SetName.isOwn(entry.path) && isWanted(entry) {
      if entry.size >= Self.large { large.append(index) } else { small.append(index) }
      bytes = bytes.addingReportingOverflow(entry.size).partialValue
    }
    large.sort { scan.entries[$0].size > scan.entries[$1].size }
    var pieces = large.indices.map { $0..<$0 + 1 }
    files = large + small
    var start = large.count
    var gathered = 0
    for index in start..<files.count {
      gathered += scan.entries[files[index]].size
      if index + 1 - start == Self.batch || gathered >= Self.large {
        pieces.append(start..<index + 1)
        start = index + 1
        gathered = 0
      }
    }
    if start < files.count { pieces.append(start..<files.count) }
    self.pieces = pieces
    let isLittle = bytes <= Self.little && files.count <= Self.batch
    workers = isLittle ? min(1, files.count) : min(pieces.count, ProcessorCount.online)
  }
}
