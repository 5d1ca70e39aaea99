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
    public var isExplained: Bool { cause.explains && image?.isAccountedFor ?? true }
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
  /// What changed in configurations beside their entries, and in the entries' order.
  public let menus: [MenuChange]
  /// What each entry boots, and whether that is what it booted when it was signed.
  public let boots: [BootOutlook]

  /// How many differences and entries nothing explains.
  public var unexplained: Int {
    var count = differences.count { !$0.isExplained } + menus.count
    switch entries {
    case .compared(let changes): count += changes.count { !$0.isExplained }
    // A menu that was signed as it is says nothing new.
    case .unreadable: count += differences.isEmpty ? 0 : 1
    case .nothingKept: break
    }
    return count
  }

  /// Looks into all that differs.
  /// - Parameters:
  ///   - verdict: of this /boot; without a signature that holds there is nothing to compare with.
  ///   - boot: the folder that is /boot.
  ///   - root: the root of the system that knows, as `/`.
  ///   - kept: where what is kept of its signing lies.
  ///   - made: what a generator made anew in this very run, if one did: that has a cause.
  public init(
    of verdict: BootVerdict, boot: String, root: String, kept: SnapshotFolder,
    made: [ImageRecord] = []
  ) {
    guard case .signed(let by, _, let changes) = verdict else {
      differences = []
      entries = .nothingKept
      menus = []
      boots = BootOutlook.all(of: try? BootMenu(of: boot), in: boot)
      return
    }
    let snapshot = kept.snapshot(of: by.digest)
    let finder = CauseFinder(root: root, boot: boot, since: snapshot)
    let touched = Self.touched(changes, boot)
    var compared: Set<[UInt8]> = []
    do throws(BootMenuError) {
      let menu = try BootMenu(of: boot)
      boots = BootOutlook.all(of: menu, in: boot, since: snapshot, touched: touched)
      if let snapshot {
        let comparison = EntryComparison(
          from: snapshot.entries, to: menu.entries, touched: touched,
          CommandLineSettings(root: finder.root))
        let commands = MenuComparison(from: snapshot, to: menu)
        entries = .compared(comparison.changes)
        menus = comparison.order + commands.changes
        compared = commands.compared
      } else {
        entries = .nothingKept
        menus = []
      }
    } catch {
      entries = .unreadable(error)
      menus = []
      boots = []
    }
    let found = changes.map { change in
      let image = Self.inspection(change, boot, finder, snapshot, kept)
      var cause = finder.cause(of: change)
      // Debian 12's update-initramfs writes down nothing.
      if cause == .unknown, image?.isAccountedFor ?? false { cause = .contents }
      let path = Array(change.name.bytes.dropFirst())
      if case .grubMkconfig = cause, change.kind == .changed {
        cause = .grubMkconfig(isCompared: compared.contains(path))
      }
      let difference = Difference(change: change, cause: cause, image: image)
      // The very image that the generator left a moment ago, whatever is in it.
      if !difference.isExplained, case .made(let record) = cause, made.contains(record) {
        return Difference(change: change, cause: .remade(by: record.maker), image: nil)
      }
      return difference
    }
    differences = found.filter { !$0.isExplained } + found.filter(\.isExplained)
  }

  /// The files that differ from what was signed, and the links that lead to them.
  private static func touched(
    _ changes: [BootChange], _ boot: String
  ) -> EntryComparison.Touched {
    var touched = EntryComparison.Touched()
    for change in changes {
      let path = Array(change.name.bytes.dropFirst())
      switch change.kind {
      case .deleted: touched.gone.insert(path)
      case .mode: break
      default: touched.changed.insert(path)
      }
    }
    return touched
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
    guard old != nil || BootImages.isOne(path) else { return nil }
    // A new kernel's has no image of its own to be compared with, but those of the others.
    let listings = (snapshot?.images ?? []).compactMap { kept.listing(of: $0.bytes) }
    return ImageInspection(
      String(decoding: path, as: UTF8.self), in: boot,
      since: old.flatMap { kept.listing(of: $0.bytes) }, others: listings, root: finder.root,
      finder.packages)
  }
}
