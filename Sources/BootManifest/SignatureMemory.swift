import Glibc

/// The time and digest of the last signature that was accepted for a /boot, and the systems that it was for.
///
/// It is kept by the path of /boot, not by its file system's UUID: whoever can put an older set back
/// can also change a UUID, but not where this system mounts it.
public struct SignatureMemory: Sendable {
  /// What is remembered.
  public struct Accepted: Equatable, Sendable {
    /// When it was made, in seconds since 1970.
    public let time: UInt32
    /// SHA-256 of the signed list.
    public let digest: [UInt8]
    /// The id among the set's that was this system's own then; nil if none was.
    public let own: [UInt8]?
    /// The systems that the set was for.
    public let systems: [SignedSystem]

    /// Whether a set lacks this system, which the accepted one named.
    /// - Parameter system: this system's id now: another one after its machine-id changed.
    func isForAnother(_ signed: SignedBy, than system: [UInt8]?) -> Bool {
      own != nil && !signed.systems.has(own) && !signed.systems.has(system)
    }

    /// Whether a set is an older one put back: signed before, or at the same second but another.
    func forbids(_ signed: SignedBy) -> Bool {
      signed.time < time || signed.time == time && signed.digest != digest
    }
  }

  /// The folder it is kept in, usually `/var/lib/latchkey`; made when first needed.
  public let folder: String
  /// The path of the /boot it is about, without links.
  public let boot: String
  /// This system's id; nil where it has none yet, or it may not be read.
  public let system: [UInt8]?
  private let calls: FileCalls

  /// The memory kept in `folder` for the /boot at the path `boot`.
  /// - Parameter system: this system's id, if it is known.
  public init(folder: String, boot: String, system: [UInt8]? = nil) {
    self.init(folder: folder, boot: boot, system: system, calls: .kernel)
  }

  /// The same, with system calls of the caller's.
  package init(folder: String, boot: String, system: [UInt8]? = nil, calls: FileCalls) {
    self.folder = folder
    self.system = system
    self.boot = SignatureMemory.resolved(boot)
    self.calls = calls
  }

  /// What was accepted last; nil if nothing yet.
  /// - Throws: ``BootError/damagedMemory(_:)`` if that cannot be read: no reason to accept anything;
  ///   ``BootError/newerMemory(_:)``.
  public func last() throws(BootError) -> Accepted? {
    let root: Descriptor
    do throws(BootError) {
      root = try Descriptor.folder(at: Array(folder.utf8))
    } catch .noFolder(_, ENOENT) {
      return nil
    }
    let name = try self.name
    guard let status = try root.status(of: name, path: name) else { return nil }
    guard status.type == .file else { throw .damagedMemory(EscapedName(name)) }
    let bytes = try root.file(name, path: name)
      .contents(limit: 16384 + boot.utf8.count * 4, size: status.identity.size, path: name)
    if let accepted = parse(bytes) { return accepted }
    let isNewer = FileVersion.isNewer(bytes.span, than: 2, Self.versionless)
    throw isNewer ? .newerMemory(EscapedName(name)) : .damagedMemory(EscapedName(name))
  }

  /// Remembers a signature, unless a newer one is remembered already. Only for one that
  /// ``BootFolder/verify(_:trusted:now:memory:)`` or
  /// ``BootFolder/write(_:signature:trusted:now:memory:)`` of this very /boot gave.
  public func accept(_ signature: SignedBy) throws(BootError) {
    let last = try last()
    if let last, signature.time < last.time { return }
    let own = [system, last?.own].compactMap(\.self).first(where: signature.systems.has)
    let accepted = Accepted(
      time: signature.time, digest: signature.digest, own: own ?? last?.own,
      systems: signature.systems)
    guard accepted != last else { return }
    // Safe: mkdir(2) reads the path alone.
    let made = unsafe withName(Array(folder.utf8)) { unsafe mkdir($0, 0o755) }
    guard made == 0 || errno == EEXIST else {
      throw .system(operation: "create", name: EscapedName(folder), code: errno)
    }
    let root = try Descriptor.folder(at: Array(folder.utf8))
    let name = try self.name
    let pending = SetName.pending(name)
    _ = calls.remove(root.number, pending)
    try calls.write(
      text(accepted), as: pending, in: root.number)
    try calls.check(calls.rename(root.number, pending, name), "rename", name)
    try calls.synchronize(root.number, EscapedName(folder))
  }

  /// `signed-` and the SHA-256 of the path of /boot.
  private var name: [UInt8] {
    get throws(BootError) {
      Array("signed-".utf8) + hexadecimal(try sha256(Array(boot.utf8)))
    }
  }

  private static let version = Array("latchkey-memory 2\n".utf8)
  /// Of before 2026-12: it names no system.
  private static let former = Array("latchkey-memory 1\n".utf8)
  private static let versionless = Array("latchkey-memory ".utf8)

  private func text(_ accepted: Accepted) -> [UInt8] {
    common(Self.version, accepted) + Array("own ".utf8)
      + (accepted.own.map { hexadecimal($0) } ?? Array("-".utf8))
      + Array(" \(accepted.systems.count)\n".utf8)
      + accepted.systems.flatMap(\.line)
  }

  /// What both versions begin with.
  private func common(_ version: [UInt8], _ accepted: Accepted) -> [UInt8] {
    version + EscapedName.escape(Array(boot.utf8), escapingSpace: false) + [0x0A]
      + Array("\(accepted.time)\n".utf8) + hexadecimal(accepted.digest) + [0x0A]
  }

  /// What ``text(_:)`` wrote, or its former version; nil for anything else.
  private func parse(_ bytes: [UInt8]) -> Accepted? {
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    guard lines.count >= 5, lines.removeLast().isEmpty,
      let time = UInt32(String(decoding: lines[2], as: UTF8.self)),
      let digest = digest(fromHexadecimal: lines[3])
    else { return nil }
    if lines.count == 4 {
      let accepted = Accepted(time: time, digest: digest, own: nil, systems: [])
      return common(Self.former, accepted) == bytes ? accepted : nil
    }
    var systems: [SignedSystem] = []
    for line in lines[5...] {
      guard let system = SignedSystem(line: Array(line).span),
        systems.count < SignedSystem.maximum, !systems.has(system.id)
      else { return nil }
      systems.append(system)
    }
    let own = lines[4].dropFirst(4).prefix { $0 != 0x20 }
    let system = SignedSystem(line: (Array("system ".utf8) + own + [0x20, 0x2D]).span)
    let accepted = Accepted(time: time, digest: digest, own: system?.id, systems: systems)
    return text(accepted) == bytes ? accepted : nil
  }

  /// The path without links, dots and doubled slashes; as it is if there is nothing there.
  private static func resolved(_ path: String) -> String {
    var found = path
    // Safe: what realpath(3) wrote up to its zero byte is what counts as initialized.
    let room = unsafe [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX) + 1) { buffer, count in
      let isThere = unsafe withName(Array(path.utf8)) { name in
        unsafe buffer.withMemoryRebound(to: CChar.self) { room in
          // Safe: realpath(3) writes at most PATH_MAX bytes, the last of them 0.
          unsafe realpath(name, room.baseAddress) != nil
        }
      }
      count = isThere ? unsafe buffer.firstIndex(of: 0) ?? 0 : 0
    }
    if !room.isEmpty { found = String(decoding: room, as: UTF8.self) }
    return found
  }
}
