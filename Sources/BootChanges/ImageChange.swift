import Initramfs

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
    /// A link that points elsewhere.
    case retargeted(from: [UInt8], to: [UInt8])
    /// Something else now: a link for a file, and so on.
    case replaced
    /// There, and it is not known since when.
    case present
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
  /// What differs from an older one; with none, all that is there.
  func differences(since old: ImageListing?) -> [(path: [UInt8], kind: ImageChange.Kind)] {
    guard let old else { return entries.map { ($0.path, .present) } }
    var changes: [(path: [UInt8], kind: ImageChange.Kind)] = []
    for entry in entries {
      guard let before = old[entry.path] else {
        changes.append((entry.path, .added))
        continue
      }
      if entry.mode & 0o170000 != before.mode & 0o170000 {
        changes.append((entry.path, .replaced))
        continue
      }
      switch (before.content, entry.content) {
      case (.link(let from), .link(let to)) where from != to:
        changes.append((entry.path, .retargeted(from: from, to: to)))
      case (.file(let from), .file(let to)) where from != to:
        changes.append((entry.path, .changed))
      case _ where before.mode != entry.mode:
        changes.append(
          (entry.path, .mode(from: before.mode & 0o7777, to: entry.mode & 0o7777)))
      default: break
      }
    }
    changes += old.entries.filter { self[$0.path] == nil }.map { ($0.path, .deleted) }
    return changes
  }
}
