public import BootEntries
public import BootManifest

/// What differs from what was signed, and why, as far as this system knows: one look at all of /boot.
public struct BootExplanation: Sendable {
  /// One difference, its cause, and for an initramfs what differs inside.
  public struct Difference: Sendable {
    /// The difference.
    public let change: BootChange
    /// What most likely made it.
    public let cause: BootCause
    /// What differs inside an image; nil for all else.
    public let image: ImageInspection?

    /// Whether it needs no further look: neither itself nor what is in it.
    public var isExplained: Bool { cause.explains && image?.isExplained ?? true }
  }

  /// In which way boot entries could be compared.
  public enum Entries: Sendable {
    /// These changed; what nothing explains first.
    case compared([EntryChange])
    /// Nothing was kept of this signing: it was made by the firmware, or elsewhere.
    case nothingKept
    /// The menu can't be read.
    case unreadable(BootMenuError)
  }

  /// Those that nothing explains first.
  public let differences: [Difference]
  /// The boot entries.
  public let entries: Entries

  /// How many differences and entries nothing explains.
  public var unexplained: Int {
    var count = differences.count { !$0.isExplained }
    if case .compared(let changes) = entries { count += changes.count { !$0.isExplained } }
    return count
  }

  /// Looks into all that differs.
  /// - Parameters:
  ///   - verdict: of this /boot; without a signature that holds there is nothing to compare with.
  ///   - boot: the folder that is /boot.
  ///   - root: the root of the system that knows, as `/`.
  ///   - kept: where what is kept of its signing lies.
  ///   - made: what made images anew in this very run, if anything did: what it made has a cause.
  public init(
    of verdict: BootVerdict, boot: String, root: String, kept: SnapshotFolder, made: String? = nil
  ) {
    guard case .signed(let by, _, let changes) = verdict else {
      differences = []
      entries = .nothingKept
      return
    }
    let snapshot = kept.snapshot(of: by.digest)
    let finder = CauseFinder(root: root, boot: boot, since: snapshot)
    let found = changes.map { change in
      let image = Self.inspection(change, boot, finder, snapshot, kept)
      var cause = finder.cause(of: change)
      // Debian 12's update-initramfs writes down nothing.
      if cause == .unknown, image?.isAccountedFor ?? false { cause = .contents }
      let difference = Difference(change: change, cause: cause, image: image)
      guard let made, !difference.isExplained, change.isOfInitramfs else { return difference }
      return Difference(change: change, cause: .remade(by: made), image: nil)
    }
    differences = found.filter { !$0.isExplained } + found.filter(\.isExplained)
    guard let snapshot else {
      entries = .nothingKept
      return
    }
    do throws(BootMenuError) {
      let menu = try BootMenu(of: boot)
      entries = .compared(
        EntryComparison(
          from: snapshot.entries, to: menu.entries,
          touched: Set(changes.map { Array($0.name.bytes.dropFirst()) }),
          CommandLineSettings(root: finder.root)
        ).changes)
    } catch {
      entries = .unreadable(error)
    }
  }

  private static func inspection(
    _ change: BootChange, _ boot: String, _ finder: CauseFinder, _ snapshot: BootSnapshot?,
    _ kept: SnapshotFolder
  ) -> ImageInspection? {
    switch change.kind {
    case .changed, .added(.file), .replaced(_, .file): break
    default: return nil
    }
    let path = Array(change.name.bytes.dropFirst())
    let old = snapshot?.images.first { $0.path == path }
    guard
      old != nil || path.starts(with: "/initrd.img-".utf8)
        || path.starts(with: "/initramfs-".utf8)
    else { return nil }
    // A new kernel's has no image of its own to be compared with, but those of the others.
    let listings = (snapshot?.images ?? []).compactMap { kept.listing(of: $0.bytes) }
    return ImageInspection(
      String(decoding: path, as: UTF8.self), in: boot,
      since: old.flatMap { kept.listing(of: $0.bytes) }, others: listings, root: finder.root,
      finder.packages)
  }
}

extension BootChange {
  /// Whether it is a new content of an initramfs beside the kernels.
  var isOfInitramfs: Bool {
    switch kind {
    case .added(.file), .changed:
      let path = name.bytes
      return (path.starts(with: "./initrd".utf8) || path.starts(with: "./initramfs".utf8))
        && !path.dropFirst(2).contains(UInt8(ascii: "/"))
    default: return false
    }
  }
}
