import CSystem
import LibCrypto
public import OpenPGPCard
public import Secrets

/// Remembers, until the next boot, which texts were sent to which card as one of its PINs and failed, or got
/// no answer, in whatever process: none is sent a second time unasked. Kept as salted digests in a file under
/// /run that only its owner reads (docs/formats.md).
///
/// A damaged file forgets, it never stops anyone: what it guards against is a script's loop that burns the
/// tries.
public final class FailedPINs: PINMemory {
  private let folder: [UInt8]
  private let path: [UInt8]
  private let owner: UInt32
  /// Why a note could not be written: the program goes on, and says so.
  public private(set) var problem: DiskKeyError?

  /// An entry is a salt and SHA-256(salt ‖ manufacturer ‖ serial number ‖ which PIN ‖ text). The salt begins
  /// with `LK`, 2, fate and PIN in one byte, manufacturer and serial number; that of the first release is
  /// random throughout.
  private static var saltSize: Int { 16 }
  private static var entrySize: Int { 48 }
  private static var version: UInt8 { 2 }
  /// The most entries; the oldest go first.
  static var maximumEntries: Int { 256 }

  /// - Parameters:
  ///   - folder: where the file is, as `/run/latchkey`; made when first needed.
  ///   - owner: whose it must be; nil for this process's user.
  public init(folder: [UInt8], of owner: UInt32? = nil) {
    self.folder = folder
    path = folder + [UInt8]("/failed-pins")
    self.owner = owner ?? geteuid()
  }

  /// Whether a later release wrote something into the file, which this one can't read.
  public var isFromLaterRelease: Bool {
    let entries = entries()
    for start in stride(from: 0, to: entries.count, by: Self.entrySize)
    where Self.kind(entries, start) == .ofLaterRelease {
      return true
    }
    return false
  }

  /// What is known of a text: ``PINFate/unknown`` of each where a later release wrote into the file.
  public func fate(of text: borrowing SecretBytes, as pin: PIN, on card: CardIdentifier) -> PINFate?
  {
    var others: [UInt8] = []
    return look(for: text, pin, card, &others)
  }

  /// Notes a text's fate, under a lock that all processes heed.
  public func note(
    _ fate: PINFate?, of text: borrowing SecretBytes, as pin: PIN, on card: CardIdentifier
  ) {
    do throws(DiskKeyError) {
      // One process at a time: what two would add at once, one of them would lose.
      let directory = try lockedFolder()
      defer { system_unlock_and_close(directory) }
      var kept: [UInt8] = []
      _ = look(for: text, pin, card, &kept)
      if let fate {
        var salt = Self.name(pin, card)
        salt[3] |= fate.rawValue << 4
        do throws(CryptoError) {
          salt += try randomBytes(Self.saltSize - salt.count)
        } catch {
          throw .crypto
        }
        kept += salt
        kept += try Self.digest(text, pin, card, salt.span)
      }
      if kept.count > Self.maximumEntries * Self.entrySize { kept.removeFirst(Self.entrySize) }
      try write(kept)
    } catch {
      problem = error
    }
  }

  /// What the entries say of a text.
  /// - Parameter others: gets the entries of all others.
  private func look(
    for text: borrowing SecretBytes, _ pin: PIN, _ card: CardIdentifier, _ others: inout [UInt8]
  ) -> PINFate? {
    let entries = entries()
    var fate: PINFate?
    var start = 0
    while start < entries.count {
      let kind = Self.kind(entries, start)
      if kind != .ofLaterRelease, Self.matches(entries, start, text, pin, card) {
        let isFailed = kind == .old || entries[start + 3] >> 4 != PINFate.unknown.rawValue
        if fate != .failed { fate = isFailed ? .failed : .unknown }
      } else {
        others.append(entries.span.extracting(start..<(start + Self.entrySize)))
        // What it says nobody here can read: it may be this very text.
        if kind == .ofLaterRelease, fate == nil { fate = .unknown }
      }
      start += Self.entrySize
    }
    return fate
  }

  /// Forgets that PIN of that card; and what the first release wrote, which names neither.
  public func forget(_ pin: PIN, of card: CardIdentifier) {
    let name = Self.name(pin, card)
    do throws(DiskKeyError) {
      let directory = try lockedFolder()
      defer { system_unlock_and_close(directory) }
      let entries = entries()
      var kept: [UInt8] = []
      var start = 0
      while start < entries.count {
        var isNamed = true
        for index in name.indices {
          let byte = entries[start + index]
          if (index == 3 ? byte & 0x0F : byte) != name[index] { isNamed = false }
        }
        // An entry of the first release may be any card's.
        if !isNamed, Self.kind(entries, start) != .old {
          kept.append(entries.span.extracting(start..<(start + Self.entrySize)))
        }
        start += Self.entrySize
      }
      if kept != entries { try write(kept) }
    } catch {
      problem = error
    }
  }

  /// Which release wrote an entry.
  private enum Kind {
    case old
    case own
    case ofLaterRelease
  }

  private static func kind(_ entries: [UInt8], _ start: Int) -> Kind {
    guard entries[start] == UInt8(ascii: "L"), entries[start + 1] == UInt8(ascii: "K") else {
      return .old
    }
    return entries[start + 2] == version ? .own : .ofLaterRelease
  }

  /// The folder, which nobody else can write, locked: to be unlocked and closed.
  private func lockedFolder() throws(DiskKeyError) -> Int32 {
    // Safe: C strings for the calls.
    guard unsafe mkdir(folder.cString, 0o700) == 0 || system_errno() == EEXIST else {
      throw .file(.failedPINs, errno: system_errno())
    }
    let directory = unsafe system_open(folder.cString, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
    guard directory >= 0 else { throw .file(.failedPINs, errno: system_errno()) }
    var status = stat()
    // Safe: a structure of ours, written during the call.
    guard unsafe fstat(directory, &status) == 0, status.st_uid == owner,
      status.st_mode & 0o022 == 0
    else {
      close(directory)
      throw .writableByOthers(.failedPINs)
    }
    while flock(directory, LOCK_EX) != 0, system_errno() == EINTR {}
    return directory
  }

  /// All whole entries, or none where they can't be read or others could have written them.
  private func entries() -> [UInt8] {
    do throws(DiskKeyError) {
      let file = try OpenFile(reading: path, as: .failedPINs)
      let status = try file.status(as: .failedPINs)
      guard status.st_uid == owner, status.st_mode & 0o022 == 0 else { return [] }
      var entries = try file.bytes(
        limit: Self.maximumEntries * Self.entrySize, as: .failedPINs)
      // A torn entry would shift all that follow.
      entries.removeLast(entries.count % Self.entrySize)
      return entries
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

  /// Whether the entry that begins there is about that text. One whose digest can't be made holds nothing
  /// back.
  private static func matches(
    _ entries: [UInt8], _ start: Int, _ text: borrowing SecretBytes, _ pin: PIN,
    _ card: CardIdentifier
  ) -> Bool {
    let hashed = start + saltSize
    do throws(DiskKeyError) {
      let digest = try digest(text, pin, card, entries.span.extracting(start..<hashed))
      return equalInConstantTime(
        digest.span, entries.span.extracting(hashed..<(start + entrySize)))
    } catch {
      return false
    }
  }

  /// How a salt begins, without the fate.
  private static func name(_ pin: PIN, _ card: CardIdentifier) -> [UInt8] {
    let serial = card.serial
    return [
      UInt8(ascii: "L"), UInt8(ascii: "K"), version, pin.rawValue,
      UInt8(card.manufacturer >> 8), UInt8(card.manufacturer & 0xFF), UInt8(serial >> 24),
      UInt8(serial >> 16 & 0xFF), UInt8(serial >> 8 & 0xFF), UInt8(serial & 0xFF),
    ]
  }

  private static func digest(
    _ text: borrowing SecretBytes, _ pin: PIN, _ card: CardIdentifier, _ salt: Span<UInt8>
  ) throws(DiskKeyError) -> [UInt8] {
    let name = name(pin, card)
    do throws(CryptoError) {
      var digest = try MessageDigest(.sha256)
      digest.update(salt)
      digest.update(name.span.extracting(droppingFirst: 4))
      digest.update(name.span.extracting(3..<4))
      digest.update(text.bytes)
      return digest.finish()
    } catch {
      throw .crypto
    }
  }
}
