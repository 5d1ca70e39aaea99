import BootManifest
import FoundationEssentials
import LibCrypto
import Storage

/// The files of the default entry as they were when `entries default` put others in their place: with
/// them the old signature can be checked all the same, and that nobody changed the choice since.
struct ChosenDefault {
  /// A folder of root's for each /boot, with two folders in it: `before`, with `kexec.sig`, and `after`.
  private let folder: String
  private let boot: String

  init(boot: String, _ folders: SystemFolders) {
    self.boot = boot
    let resolved = Array(SignatureMemory(folder: folders.state, boot: boot).boot.utf8)
    let digest = (try? digest(.sha256, of: resolved.span)) ?? []
    folder = folders.state + "/default-" + Hexadecimal.text(digest).lowercased()
  }

  /// Keeps the files as they are, unless those from before an earlier choice are kept already.
  func keepBefore() throws(StorageError) {
    guard let signature = try Self.read(boot + "/" + Self.signature) else { return }
    if try Self.read(folder + "/before/" + Self.signature, isOurs: true) == signature { return }
    try copy(to: "before")
    try DurableFile.write(signature, to: folder + "/before/" + Self.signature, mode: 0o644)
  }

  /// Keeps the files that were chosen.
  func keepAfter() throws(StorageError) {
    guard try Self.read(boot + "/" + Self.signature) != nil else { return }
    try copy(to: "after")
  }

  /// The files from before the choice; nil where there was none since the last signature, or the files are
  /// not those that were chosen.
  var former: [(name: [UInt8], bytes: [UInt8])]? {
    do throws(StorageError) {
      guard let signature = try Self.read(boot + "/" + Self.signature),
        try Self.read(folder + "/before/" + Self.signature, isOurs: true) == signature
      else { return nil }
      let chosen = try Self.files(in: folder + "/after", areOurs: true)
      let present = try Self.files(in: boot)
      guard chosen.elementsEqual(present, by: { $0.name == $1.name && $0.bytes == $1.bytes }) else {
        return nil
      }
      return try Self.files(in: folder + "/before", areOurs: true)
    } catch {
      return nil
    }
  }

  /// Forgets it: /boot was signed.
  func forget() { try? FileManager.default.removeItem(atPath: folder) }

  private static let signature = "kexec.sig"

  private func copy(to name: String) throws(StorageError) {
    let place = folder + "/" + name
    try? FileManager.default.removeItem(atPath: place)
    try DurableFile.makeFolder(place, mode: 0o755)
    for file in try Self.files(in: boot) {
      let name = String(decoding: file.name, as: UTF8.self)
      try DurableFile.write(file.bytes, to: place + "/" + name, mode: 0o644)
    }
  }

  private static func files(
    in folder: String, areOurs: Bool = false
  ) throws(StorageError) -> [(name: [UInt8], bytes: [UInt8])] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    var files: [(name: [UInt8], bytes: [UInt8])] = []
    for name in names.sorted()
    where name.hasPrefix("kexec_default") && name.hasSuffix(".txt") {
      guard let bytes = try read(folder + "/" + name, isOurs: areOurs) else { continue }
      files.append((Array(name.utf8), bytes))
    }
    return files
  }

  private static func read(
    _ path: String, isOurs: Bool = false
  ) throws(StorageError) -> [UInt8]? {
    try DurableFile.read(path, limit: 1 << 20, isOurs: isOurs)
  }
}
