import CSystem
import FoundationEssentials
import Storage

/// The note that /boot is to be signed: a file that everyone on the system may read, shown at login and on
/// the desktop for as long as it is there.
struct BootNotice {
  /// Where it is.
  let path: String
  private let folder: String
  private let boot: String

  init(_ folders: SystemFolders) {
    folder = folders.state
    path = folder + "/boot-notice"
    boot = folders.boot
  }

  /// What it says, a line each; nil if there is none.
  var lines: [String]? {
    guard let bytes = try? DurableFile.read(path, limit: 1 << 16, isOurs: true) else { return nil }
    // What is shown on terminals is escaped where it is written; whoever wrote it, no control goes through.
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
      Escaped.name(Array($0.utf8))
    }
  }

  /// Leaves it, in place of one that is there.
  func leave(_ lines: [String]) throws(Failure) {
    guard lines != self.lines else { return }
    do throws(StorageError) {
      try DurableFile.makeFolder(folder, mode: 0o755)
      try DurableFile.write(
        Array((lines.joined(separator: "\n") + "\n").utf8), to: path, mode: 0o644)
    } catch {
      throw Failure(error)
    }
  }

  /// Takes it away, as /boot is as it was signed. Where that isn't allowed, root's next look does.
  func clear() {
    // Safe: a C string for the call.
    guard unsafe access(path, F_OK) == 0 else { return }
    do throws(StorageError) { try DurableFile.remove(path) } catch {}
  }

  /// Takes it away if the folder that was found good is the /boot that it is about.
  func clear(whereGood place: String) {
    var place = place
    while place.count > 1, place.hasSuffix("/") { place.removeLast() }
    if place == boot { clear() }
  }
}

/// The mark that /boot has changed and is to be looked at when the run that changed it is over; in it, what
/// the note will say if that comes to nothing. Root's alone.
struct BootMark {
  private let folder: String
  private let path: String

  init(_ folders: SystemFolders) {
    folder = folders.run
    path = folder + "/boot-changed"
  }

  /// What was put into it; nil if there is no mark.
  var lines: [String]? {
    guard let bytes = try? DurableFile.read(path, limit: 1 << 16, isOurs: true) else { return nil }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Sets it.
  func set(_ lines: [String] = []) throws(Failure) {
    do throws(StorageError) {
      try DurableFile.makeFolder(folder, mode: 0o700)
      try DurableFile.write(Array(lines.joined(separator: "\n").utf8), to: path, mode: 0o600)
    } catch {
      throw Failure(error)
    }
  }

  /// Takes it away.
  func remove() throws(Failure) {
    do throws(StorageError) {
      try DurableFile.remove(path)
    } catch {
      throw Failure(error)
    }
  }
}
