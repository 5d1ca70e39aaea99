import BootChanges
import BootManifest

/// The initramfs images that a generator makes anew while a volume is changed.
struct RemadeImages {
  private let boot: String
  private let records: ImageRecords
  private let before: [[UInt8]: BootEntry]
  private let start: UInt32

  /// Looks at those that are there before the generator runs.
  init(of boot: String, _ folders: SystemFolders) {
    self.boot = boot
    records = ImageRecords(state: folders.state, boot: boot)
    before = Self.images(boot)
    start = Moment.now
  }

  /// What is written down of those that are others now: by the generator's hook, or here and now.
  /// - Parameter maker: the generator's command.
  func record(madeBy maker: String) -> [ImageRecord] {
    var made: [ImageRecord] = []
    for (path, entry) in Self.images(boot) where before[path] != entry {
      let below = Array(path.dropFirst())
      if case .record(let record) = records.record(of: below), record.witness == .hook,
        record.time >= start
      {
        made.append(record)
        continue
      }
      let image = boot + String(decoding: below, as: UTF8.self)
      try? records.write(image, madeBy: maker, witness: .latchkey, now: Moment.now)
      if case .record(let record) = records.record(of: below) { made.append(record) }
    }
    return made
  }

  private static func images(_ boot: String) -> [[UInt8]: BootEntry] {
    guard let scan = try? BootFolder(path: boot).scan() else { return [:] }
    let found = scan.entries.filter {
      $0.type == .file && ImageRecords.isImage($0.path.dropFirst())
    }
    return Dictionary(uniqueKeysWithValues: found.map { ($0.path, $0) })
  }
}
