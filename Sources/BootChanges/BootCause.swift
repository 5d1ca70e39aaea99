/// What most likely made a difference under /boot, by what the running system knows of itself.
///
/// None of it is a proof against who controls that system; it tells an upgrade from what nobody did.
public enum BootCause: Equatable, Sendable {
  /// A package ships the path, and its content, if it is a file, is the package's.
  case shipped(PackageFile)
  /// `update-initramfs` recorded this very content when it made the image of that kernel.
  case updateInitramfs(kernel: String)
  /// An initramfs of which nobody recorded who made it; each file in it has a cause of its own.
  case contents
  /// It is the image that was made here, by what was written down when it was made.
  case made(ImageRecord)
  /// It is another than the one that was made here.
  case notMade(ImageRecord)
  /// What was made here is written down, and it is not among it.
  case notRecorded
  /// What is written down of it can't be read or believed.
  case recordUnreadable
  /// Latchkey ran that program a moment ago, and it is the image that the program left.
  case remade(by: String)
  /// A copy of a package's file from elsewhere, as `grub-install` makes them: that path.
  case copied(PackageFile, of: String)
  /// GRUB's environment: what of it changed since the signing, or nil where that isn't known.
  case grubEnvironment([GrubEnvironment.Change]?)
  /// The file says that `grub-mkconfig` wrote it, which anyone can write into a file: whether it was compared,
  /// command by command and entry by entry, with what was signed.
  case grubMkconfig(isCompared: Bool)
  /// It is the same as root's own copy under /etc/latchkey.
  case latchkey
  /// A link beside the kernels, to a file that a package ships or `update-initramfs` made.
  case kernelLink(to: String)
  /// Such a link, to an older kernel than before, or than the newest that is there.
  case olderKernel(to: String, than: String)
  /// A package ships it, in an older version than before.
  case downgraded(PackageFile)
  /// The package that shipped it, or the kernel that it was made for, was removed.
  case removed(PackageEvent)
  /// A package ships the path, with other content.
  case notAsShipped(PackageFile)
  /// `update-initramfs` recorded other content.
  case notAsRecorded(kernel: String)
  /// Nothing that the system knows of.
  case unknown

  /// Whether it needs no further look.
  public var explains: Bool {
    switch self {
    case .shipped, .copied, .updateInitramfs, .contents, .made, .remade, .latchkey, .kernelLink,
      .removed:
      true
    case .grubMkconfig(let isCompared): isCompared
    case .grubEnvironment(let changes): changes?.allSatisfy(\.isNote) ?? false
    case .notAsShipped, .notAsRecorded, .notMade, .notRecorded, .recordUnreadable, .olderKernel,
      .downgraded, .unknown:
      false
    }
  }
}

/// A path that an installed package ships.
public struct PackageFile: Equatable, Sendable {
  /// The package's name, without the architecture.
  public let package: String
  /// Its version; empty if dpkg's status doesn't tell.
  public let version: String
  /// When it was last installed or upgraded; nil if no log tells.
  public let event: PackageEvent?
}

/// A line of dpkg's log.
public struct PackageEvent: Equatable, Sendable {
  /// What happened.
  public enum Action: String, Equatable, Sendable {
    /// First there.
    case install
    /// A newer or older version came.
    case upgrade
    /// Taken away.
    case remove
    /// Taken away with its settings.
    case purge
  }

  /// `2026-11-20 10:15:00`, in the machine's own time.
  public let time: String
  /// What happened.
  public let action: Action
  /// The package's name, without the architecture.
  public let package: String
  /// The version that was there before; empty for none.
  public let from: String
  /// The version that came; empty for none.
  public let to: String
}
