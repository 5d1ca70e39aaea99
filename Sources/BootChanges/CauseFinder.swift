import BootEntries
public import BootManifest
import FoundationEssentials
import LibCrypto
import Storage

/// Finds what most likely made each difference under /boot.
public struct CauseFinder {
  let packages: PackageDatabase
  let root: String
  private let boot: String
  /// What was kept at the signing; nil if nothing was.
  private let snapshot: BootSnapshot?
  /// The images that were made here.
  private let records: ImageRecords

  /// A kernel or an initramfs is smaller.
  private static let limit = 1 << 30

  /// - Parameters:
  ///   - root: the root of the system that knows, as `/`.
  ///   - boot: the folder that is, or stands for, its /boot.
  ///   - snapshot: what was kept when it was signed.
  public init(root: String, boot: String, since snapshot: BootSnapshot? = nil) {
    self.root = root.hasSuffix("/") ? String(root.dropLast()) : root
    self.boot = boot
    self.snapshot = snapshot
    packages = PackageDatabase(root: self.root)
    records = ImageRecords(state: self.root + "/var/lib/latchkey", boot: boot)
  }

  /// The cause of one difference.
  public func cause(of change: BootChange) -> BootCause {
    // Without its dot: `/vmlinuz-6.1.0-1-amd64`.
    let path = String(decoding: change.name.bytes.dropFirst(), as: UTF8.self)
    switch change.kind {
    case .deleted: return causeOfAbsence(path)
    case .retargeted(let old, let target):
      return causeOfLink(path, target.bytes, from: String(decoding: old.bytes, as: UTF8.self))
    case .added(.link), .replaced(_, .link): return causeOfLink(path, nil)
    case .added(.file), .replaced(_, .file), .changed: return causeOfContent(path)
    case .added(.folder):
      if isLatchkeys(path) { return isInConfiguration(path) ? .latchkey : .unknown }
      return packages.owner(of: "/boot" + path).map(BootCause.shipped) ?? .unknown
    default: return .unknown
    }
  }

  /// A file that is new, or has other content.
  private func causeOfContent(_ path: String) -> BootCause {
    guard let content = try? DurableFile.read(boot + path, limit: Self.limit) else {
      return .unknown
    }
    if let owner = packages.owner(of: "/boot" + path) {
      switch packages.isAsShipped("/boot" + path, content: content) {
      case true?: return owner.isDowngraded ? .downgraded(owner) : .shipped(owner)
      case false?: return .notAsShipped(owner)
      case nil: return .unknown
      }
    }
    if BootImages.isOne(Array(path.utf8)), let cause = causeByRecord(path, content) { return cause }
    if let kernel = kernel(of: path, after: "/initrd.img-") {
      guard let recorded = recordedImage(kernel), let actual = try? digest(.sha1, of: content.span)
      else { return .unknown }
      return recorded == actual
        ? .updateInitramfs(kernel: kernel) : .notAsRecorded(kernel: kernel)
    }
    if path.hasSuffix("/grubenv"), let found = GrubEnvironment(content) {
      let old = snapshot?.environments.first { $0.path.elementsEqual(path.utf8) }
      return .grubEnvironment(
        old.flatMap { GrubEnvironment($0.bytes) }.map { found.changes(since: $0) })
    }
    if let copied = causeOfCopy(path, content) { return copied }
    if path.hasSuffix("/grub.cfg"), saysGrubMkconfig(content) {
      return .grubMkconfig(isCompared: false)
    }
    if path.hasPrefix("/latchkey/") {
      let own = try? DurableFile.read(
        root + "/etc" + path, limit: Self.limit, isOurs: true)
      if own == content { return .latchkey }
    }
    return .unknown
  }

  /// A file that grub-install, or another installer, copies from a package's.
  private func causeOfCopy(_ path: String, _ content: [UInt8]) -> BootCause? {
    let origins = CopyOrigin.paths(of: path)
    guard !origins.isEmpty else { return nil }
    let shipped = packages.checksums(of: Set(origins))
    guard let sum = md5(of: content.span) else { return nil }
    var other: PackageDatabase.Shipped?
    for origin in origins {
      guard let found = shipped[origin] else { continue }
      if found.checksum == sum { return .copied(packages.file(found), of: "/" + origin) }
      other = other ?? found
    }
    return other.map { .notAsShipped(packages.file($0)) }
  }

  /// An image by what was written down when one was made under its name; nil if nothing ever was.
  private func causeByRecord(_ path: String, _ content: [UInt8]) -> BootCause? {
    switch records.record(of: Array(path.utf8)) {
    case .none: return nil
    case .missing: return .notRecorded
    case .unreadable: return .recordUnreadable
    case .record(let record):
      return (try? digest(.sha256, of: content.span)) == record.digest
        ? .made(record) : .notMade(record)
    }
  }

  /// A link like `vmlinuz`: Debian's kernels keep one to the newest image, and one to the one before.
  /// - Parameter old: where it led to.
  private func causeOfLink(_ path: String, _ target: [UInt8]?, from old: String? = nil) -> BootCause
  {
    guard ["/vmlinuz", "/vmlinuz.old", "/initrd.img", "/initrd.img.old"].contains(path),
      let name = target.map({ String(decoding: $0, as: UTF8.self) })
        ?? (try? FileManager.default.destinationOfSymbolicLink(atPath: boot + path)),
      !name.contains("/")
    else { return .unknown }
    let start = path.hasPrefix("/vmlinuz") ? "vmlinuz-" : "initrd.img-"
    guard name.hasPrefix(start), causeOfContent("/" + name).explains else { return .unknown }
    if let newer = old ?? (path.hasSuffix(".old") ? nil : newest(start)), isOlder(name, than: newer)
    {
      return .olderKernel(to: name, than: newer)
    }
    return .kernelLink(to: name)
  }

  /// The newest of the kernels, or of their images, that are there.
  private func newest(_ start: String) -> String? {
    ((try? FileManager.default.contentsOfDirectory(atPath: boot)) ?? [])
      .filter { $0.hasPrefix(start) }
      .reduce(nil) { best, name in
        guard let best else { return name }
        return isOlder(best, than: name) ? name : best
      }
  }

  private func isOlder(_ name: String, than other: String) -> Bool {
    guard let now = KernelVersion(ofFile: Array(name.utf8)),
      let before = KernelVersion(ofFile: Array(other.utf8))
    else { return false }
    return now.isOlder(than: before)
  }

  /// A file that is gone: with a kernel that was removed.
  private func causeOfAbsence(_ path: String) -> BootCause {
    if isLatchkeys(path), !isInConfiguration(path) { return .latchkey }
    for start in ["/vmlinuz-", "/initrd.img-", "/config-", "/System.map-"] {
      guard let kernel = kernel(of: path, after: start) else { continue }
      let names = ["linux-image-" + kernel, "linux-image-" + kernel + "-unsigned"]
      if let event = packages.log.departure(where: names.contains) { return .removed(event) }
    }
    return .unknown
  }

  /// Whether it is what `enroll`, `rotate` and `revoke` write, or a folder of theirs.
  private func isLatchkeys(_ path: String) -> Bool {
    path == "/latchkey" || path.hasPrefix("/latchkey/")
  }

  /// Whether root's own folder has the same name.
  private func isInConfiguration(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root + "/etc" + path)
  }

  private func kernel(of path: String, after start: String) -> String? {
    guard path.hasPrefix(start), path.count > start.count else { return nil }
    let kernel = String(path.dropFirst(start.count))
    return kernel.contains("/") || kernel.hasPrefix(".") ? nil : kernel
  }

  /// The SHA-1 that update-initramfs keeps of each image that it made.
  private func recordedImage(_ kernel: String) -> [UInt8]? {
    guard
      let text = try? DurableFile.read(
        root + "/var/lib/initramfs-tools/" + kernel, limit: 4096, isOurs: true),
      text.count > 40
    else { return nil }
    return Hexadecimal.bytes(text.prefix(40))
  }

  private func saysGrubMkconfig(_ content: [UInt8]) -> Bool {
    let lines = content.prefix(512).split(separator: UInt8(ascii: "\n"))
    return lines.contains { line in
      line.starts(with: "# It is automatically generated by grub-mkconfig".utf8)
    }
  }
}

extension PackageFile {
  /// Whether an older version came in the place of a newer one when it last came.
  fileprivate var isDowngraded: Bool {
    guard let event, event.action == .upgrade, !event.from.isEmpty else { return false }
    return KernelVersion(Array(event.to.utf8)).isOlder(than: KernelVersion(Array(event.from.utf8)))
  }
}
