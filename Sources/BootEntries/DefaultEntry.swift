import CSystem
import LibCrypto
import Storage

/// The entry that Heads boots by itself: `kexec_default.N.txt` with its line, and
/// `kexec_default_hashes.txt` with the hashes of its files.
public struct DefaultEntry: Equatable, Sendable {
  /// Its number in the menu as it was when it was chosen, from 1.
  public let number: Int
  /// Its line.
  public let line: [UInt8]

  /// One that was chosen under that number.
  package init(number: Int, line: [UInt8]) {
    self.number = number
    self.line = line
  }

  /// The default of a /boot; nil if there is none.
  /// - Throws: ``BootMenuError/storage(_:)``.
  public init?(of boot: String) throws(BootMenuError) {
    guard let number = Self.numbers(of: boot).first else { return nil }
    do throws(StorageError) {
      guard let bytes = try DurableFile.read(Self.path(boot, number), limit: 65536) else {
        return nil
      }
      self.number = number
      line = bytes.last == 0x0A ? bytes.dropLast() : bytes
    } catch {
      throw .storage(error)
    }
  }

  /// Whether the menu still has it in its place. If not, Heads says "boot entry has changed".
  public func isIn(_ menu: BootMenu) -> Bool {
    number <= menu.entries.count && menu.entries[number - 1].line == .heads(line)
  }

  /// Makes an entry the default, as Heads writes it. /boot must be signed afterwards.
  /// - Parameter number: its place in the menu, from 1.
  /// - Throws: ``BootMenuError``; nothing is written then, but where the disk is full or read-only.
  public static func choose(
    _ number: Int, in menu: BootMenu, of boot: String
  ) throws(BootMenuError) {
    guard number > 0, number <= menu.entries.count else {
      throw .noSuchEntry(of: menu.entries.count)
    }
    let entry = menu.entries[number - 1]
    guard case .heads(let line) = entry.line else { throw .unknownLine }
    let hashes = try hashes(of: entry, below: boot) { _ in nil }
    do throws(StorageError) {
      try DurableFile.write(hashes, to: boot + "/kexec_default_hashes.txt", mode: 0o644)
      try DurableFile.write(line + [0x0A], to: path(boot, number), mode: 0o644)
      for old in numbers(of: boot) where old != number {
        try DurableFile.remove(path(boot, old))
      }
    } catch {
      throw .storage(error)
    }
  }

  /// What `kexec_default_hashes.txt` says of an entry's files.
  /// - Parameter known: the SHA-256 of a file by its path below /boot, where it is known already.
  public static func hashes(
    of entry: MenuEntry, below boot: String, known: ([UInt8]) -> [UInt8]?
  ) throws(BootMenuError) -> [UInt8] {
    var hashes: [UInt8] = []
    for file in entry.files {
      let digest: [UInt8]
      if let known = known(file) { digest = known } else { digest = try read(file, below: boot) }
      for byte in digest {
        let digits = String(byte, radix: 16)
        hashes += Array((digits.utf8.count == 1 ? "0" + digits : digits).utf8)
      }
      hashes += Array("  .".utf8) + file + [0x0A]
    }
    return hashes
  }

  /// The SHA-256 of a file below /boot.
  private static func read(
    _ file: [UInt8], below boot: String
  ) throws(BootMenuError) -> [UInt8] {
    let bytes: [UInt8]?
    do throws(StorageError) {
      bytes = try DurableFile.read(
        boot + String(decoding: file, as: UTF8.self), limit: 2 << 30)
    } catch {
      throw .storage(error)
    }
    guard let bytes else { throw .missingFile(file) }
    do throws(CryptoError) {
      return try digest(.sha256, of: bytes.span)
    } catch {
      throw .crypto
    }
  }

  private static func path(_ boot: String, _ number: Int) -> String {
    boot + "/kexec_default.\(number).txt"
  }

  /// The numbers of all defaults there are, in the order of their files' names: Heads takes the first.
  public static func numbers(of boot: String) -> [Int] {
    // Safe: C strings for the calls; the listing is closed.
    guard let listing = unsafe opendir(boot) else { return [] }
    var numbers: [Int] = []
    while let entry = unsafe readdir(listing) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      if parts.count == 3, parts[0] == "kexec_default", parts[2] == "txt",
        let number = Int(parts[1]),
        number > 0, String(number) == parts[1]
      {
        numbers.append(number)
      }
    }
    unsafe closedir(listing)
    return numbers.sorted { "\($0)".utf8.lexicographicallyPrecedes("\($1)".utf8) }
  }
}
