import BootManifest
import Storage

/// This system, as a signed /boot names it: its id by the secret in /var/lib/latchkey, and its host's name.
struct SystemIdentity {
  private let folders: SystemFolders
  private var path: String { folders.state + "/system" }

  init(_ folders: SystemFolders) { self.folders = folders }

  /// The id; nil where there is none yet, or who runs this may not read it.
  func id() throws(Failure) -> [UInt8]? {
    let bytes: [UInt8]?
    do throws(StorageError) {
      bytes = try DurableFile.read(path, limit: 4096)
    } catch {
      guard Failure.isForbidden(error.code) else { throw Failure(error) }
      return nil
    }
    guard let bytes else { return nil }
    let own: OwnSystem
    do throws(OwnSystem.Fault) {
      own = try OwnSystem(parsing: bytes.span)
    } catch {
      throw failure(error)
    }
    return try id(of: own)
  }

  /// Makes an id if there is none yet. Where it can't be kept there is none.
  func make() throws(Failure) {
    guard try id() == nil else { return }
    let own: OwnSystem
    do throws(BootError) { own = try OwnSystem() } catch { throw Failure(error, at: folders.boot) }
    do throws(StorageError) {
      try DurableFile.makeFolder(folders.state, mode: 0o755)
      // What another process made meanwhile stays.
      try DurableFile.write(own.bytes, to: path, mode: 0o600, replacing: false)
    } catch {}
  }

  /// The system by its id, with its host's name.
  func system(_ id: [UInt8]) -> SignedSystem { SignedSystem(id: id, name: hostName) }

  private func failure(_ fault: OwnSystem.Fault) -> Failure {
    let what = "\(Escaped.text(path)), from which this system's id is made,"
    return switch fault {
    case .newer:
      Failure(.system, "\(what) was written by a newer Latchkey", next: "Update Latchkey.")
    case .damaged:
      Failure(
        .system, "\(what) is damaged",
        next: "Remove it: the next latchkey sign makes this system another id.")
    }
  }

  private func id(of own: OwnSystem) throws(Failure) -> [UInt8] {
    do throws(BootError) {
      return try own.id(
        machineID: line("/etc/machine-id") ?? [],
        boardUUID: line("/sys/class/dmi/id/product_uuid") ?? [])
    } catch {
      throw Failure(error, at: folders.boot)
    }
  }

  private var hostName: [UInt8]? { line("/etc/hostname") ?? line("/proc/sys/kernel/hostname") }

  /// The first line of a file of this system's, without blanks around it; nil if it is empty, or can't be
  /// read.
  private func line(_ path: String) -> [UInt8]? {
    guard let bytes = try? DurableFile.read(folders.path(path), limit: 4096) else { return nil }
    let blanks: [UInt8] = [0x20, 0x09, 0x0D]
    let first = bytes.prefix { $0 != 0x0A }.drop(while: blanks.contains)
    guard let end = first.lastIndex(where: { !blanks.contains($0) }) else { return nil }
    return Array(first[...end])
  }
}
