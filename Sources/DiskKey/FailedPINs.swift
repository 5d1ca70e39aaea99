import CSystem
import LibCrypto
public import OpenPGPCard
public import Secrets

/// Remembers, until the next boot, which texts failed as PINs on which card, in whatever process: none
/// is sent a second time. Kept as salted digests in a file under /run that only its owner reads.
///
/// A damaged file forgets, it never stops anyone: what it guards against is a script's loop that
/// burns the tries.
public struct FailedPINs: Sendable {
  private let folder: [UInt8]
  private let path: [UInt8]

  /// An entry is a salt and SHA-256(salt ‖ manufacturer ‖ serial ‖ which PIN ‖ text).
  private static let saltSize = 16
  private static let entrySize = 48
  /// The most entries; the oldest go first.
  static let maximumEntries = 256

  /// - Parameter folder: where the file is, as `/run/latchkey`; made when first needed.
  public init(folder: [UInt8]) {
    self.folder = folder
    path = folder + [UInt8]("/failed-pins")
  }

  /// Whether that text already failed on that card, as that one of its PINs.
  public func contains(
    _ pin: borrowing SecretBytes, as which: PIN = .user, on card: CardIdentifier
  ) throws(DiskKeyError) -> Bool {
    let entries = entries()
    var start = 0
    while start + Self.entrySize <= entries.count {
      let salt = [UInt8](entries[start..<(start + Self.saltSize)])
      let found = [UInt8](entries[(start + Self.saltSize)..<(start + Self.entrySize)])
      let digest = try Self.digest(pin, which, card, salt)
      if equalInConstantTime(digest.span, found.span) { return true }
      start += Self.entrySize
    }
    return false
  }

  /// Remembers a text that failed.
  /// - Throws: ``DiskKeyError/file(_:errno:)``, ``DiskKeyError/writableByOthers(_:)``: the program goes
  ///   on, and says so.
  public func remember(
    _ pin: borrowing SecretBytes, as which: PIN = .user, on card: CardIdentifier
  ) throws(DiskKeyError) {
    let salt: [UInt8]
    do throws(CryptoError) { salt = try randomBytes(Self.saltSize) } catch { throw .crypto }
    let entry = salt + (try Self.digest(pin, which, card, salt))
    // Safe: C strings.
    guard unsafe mkdir(folder.cString, 0o700) == 0 || system_errno() == EEXIST else {
      throw .file(.failedPINs, errno: system_errno())
    }
    // One process at a time: what two would add at once, one of them would lose.
    let directory = try lockedFolder()
    defer { system_unlock_and_close(directory) }
    var kept = entries()
    // A torn entry would shift all that follow.
    kept.removeLast(kept.count % Self.entrySize)
    let room = (Self.maximumEntries - 1) * Self.entrySize
    if kept.count > room { kept.removeFirst(kept.count - room) }
    try write(kept + entry)
  }

  /// Forgets all, as when a PIN was changed: what failed before may be right now.
  public func forgetAll() {
    // Safe: a C string.
    _ = unsafe unlink(path.cString)
  }

  /// The folder, which nobody else can write, locked: to be unlocked and closed.
  private func lockedFolder() throws(DiskKeyError) -> Int32 {
    // Safe: a C string for the call.
    let directory = unsafe system_open(folder.cString, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
    guard directory >= 0 else { throw .file(.failedPINs, errno: system_errno()) }
    var status = stat()
    // Safe: a structure of ours, written during the call.
    guard unsafe fstat(directory, &status) == 0, status.st_uid == geteuid(),
      status.st_mode & 0o022 == 0
    else {
      close(directory)
      throw .writableByOthers(.failedPINs)
    }
    while flock(directory, LOCK_EX) != 0, system_errno() == EINTR {}
    return directory
  }

  /// All there is, or nothing where it can't be read or others could have written it.
  private func entries() -> [UInt8] {
    do throws(DiskKeyError) {
      let file = try OpenFile(reading: path, as: .failedPINs)
      let status = try file.status(as: .failedPINs)
      guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else { return [] }
      return try file.bytes(limit: Self.maximumEntries * Self.entrySize, as: .failedPINs)
    } catch {
      return []
    }
  }

  /// Replaces the file by way of a new one, so that a reader sees the old or the new.
  private func write(_ bytes: [UInt8]) throws(DiskKeyError) {
    let fresh = path + [UInt8](".new")
    // Safe: C strings. O_EXCL: what lies there is from a run that was cut, or not ours.
    _ = unsafe unlink(fresh.cString)
    let made = unsafe system_open(fresh.cString, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    guard made >= 0 else { throw .file(.failedPINs, errno: system_errno()) }
    let file = OpenFile(owning: made)
    // Safe: the array is borrowed for the call.
    let written = unsafe bytes.withUnsafeBytes { buffer in
      unsafe CSystem.write(file.descriptor, buffer.baseAddress, buffer.count)
    }
    guard written == bytes.count, unsafe rename(fresh.cString, path.cString) == 0 else {
      throw .file(.failedPINs, errno: system_errno())
    }
  }

  private static func digest(
    _ pin: borrowing SecretBytes, _ which: PIN, _ card: CardIdentifier, _ salt: [UInt8]
  ) throws(DiskKeyError) -> [UInt8] {
    var identifier: [UInt8] = []
    identifier.append(UInt64(card.manufacturer), size: 2)
    identifier.append(UInt64(card.serial), size: 4)
    identifier.append(which.rawValue)
    do throws(CryptoError) {
      var digest = try MessageDigest(.sha256)
      digest.update(salt.span)
      digest.update(identifier.span)
      digest.update(pin.bytes)
      return digest.finish()
    } catch {
      throw .crypto
    }
  }
}
