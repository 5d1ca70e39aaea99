public import Initramfs

/// A file in an initramfs that is not as it was when /boot was signed, or that is there at all where nothing
/// was kept to compare with.
public struct ImageChange: Equatable, Sendable {
  /// In which way.
  public enum Kind: Equatable, Sendable {
    /// Not there before.
    case added
    /// Of another content.
    case changed
    /// Gone.
    case deleted
    /// Other permission bits.
    case mode(from: UInt32, to: UInt32)
    /// Of another owner.
    case owner(from: ImageListing.Owner, to: ImageListing.Owner)
    /// A link that points elsewhere.
    case retargeted(from: [UInt8], to: [UInt8])
    /// Something else now: a link for a file, and so on.
    case replaced
    /// There, and it is not known since when.
    case present
    /// In an archive of the image, and a later one puts something else in its place.
    case overlaid
  }

  /// What it most likely is from.
  public enum Cause: Equatable, Sendable {
    /// An installed package ships the same file.
    case package(PackageFile)
    /// The same as a file of this system's settings, below /etc.
    case settings(String)
    /// What initramfs-tools writes itself, in the form that it has.
    case generated
    /// A folder, or a link to what is in the image or as on this system.
    case structure
    /// The same is in an image that was signed.
    case asBefore
    /// The same as a file of this system, which no package ships.
    case local(String)
    /// A package ships the file, with other content.
    case notAsShipped(PackageFile)
    /// Nothing that this system knows of.
    case unknown
    /// It is gone, and what is gone has no content to compare.
    case gone
    /// Latchkey needs it to open what is enrolled here, and it is not there, or leaves a volume out.
    case partMissing

    /// Whether it needs no further look.
    public var explains: Bool {
      switch self {
      case .package, .settings, .generated, .structure, .gone, .asBefore: true
      case .local, .notAsShipped, .unknown, .partMissing: false
      }
    }
  }

  /// Its path in the image, without a slash in front.
  public let path: [UInt8]
  /// In which way.
  public let kind: Kind
  /// What it most likely is from.
  public let cause: Cause
}

extension ImageListing {
  /// What differs from an older one; with none, all that is there. What the kernel unpacks first and then
  /// overlays counts as well: a kernel that reads less of an image than another boots it.
  func differences(since old: ImageListing?) -> [(entry: Entry, kind: ImageChange.Kind)] {
    let hidden = overlaid.filter { !(old?.overlaid.contains($0) ?? false) }
      .map { (entry: $0, kind: ImageChange.Kind.overlaid) }
    guard let old else { return entries.map { ($0, .present) } + hidden }
    var changes: [(entry: Entry, kind: ImageChange.Kind)] = []
    for entry in entries {
      guard let before = old[entry.path] else {
        changes.append((entry, .added))
        continue
      }
      if let kind = entry.change(since: before) { changes.append((entry, kind)) }
    }
    changes += old.entries.filter { self[$0.path] == nil }.map { ($0, .deleted) }
    return changes + hidden
  }
}

extension ImageListing.Entry {
  fileprivate func change(since before: Self) -> ImageChange.Kind? {
    if mode & 0o170000 != before.mode & 0o170000 { return .replaced }
    if case .link(let from) = before.content, case .link(let to) = content, from != to {
      return .retargeted(from: from, to: to)
    }
    if content != before.content { return .changed }
    if mode != before.mode { return .mode(from: before.mode & 0o7777, to: mode & 0o7777) }
    if owner != before.owner { return .owner(from: before.owner, to: owner) }
    return nil
  }
}
