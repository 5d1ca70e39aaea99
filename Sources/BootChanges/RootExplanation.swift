public import BootManifest
import LibCrypto
import Storage

/// What differs in a system's root from the hashes that were signed with /boot, and whether a package is why.
public struct RootExplanation: Sendable {
  /// What most likely made a difference.
  public enum Cause: Equatable, Sendable {
    /// An installed package ships the file as it is.
    case package(PackageFile)
    /// A package ships it, with other content, or it is gone.
    case notAsShipped(PackageFile)
    /// Nothing that this system knows of.
    case unknown

    /// Whether it needs no further look.
    public var explains: Bool {
      if case .package = self { true } else { false }
    }
  }

  /// Those that nothing explains first.
  public let changes: [(change: RootChange, cause: Cause)]

  /// Files are compared up to this size.
  private static let limit = 256 << 20

  /// - Parameters:
  ///   - changes: what differs.
  ///   - root: the root, whose own dpkg is asked.
  public init(of changes: [RootChange], root: String) {
    let root = root.hasSuffix("/") ? String(root.dropLast()) : root
    guard !changes.isEmpty else {
      self.changes = []
      return
    }
    let packages = PackageDatabase(root: root)
    let names = changes.map { MergedPath.names(String(decoding: $0.name.bytes, as: UTF8.self)) }
    let shipped = packages.checksums(of: Set(names.flatMap { $0 }))
    let found = zip(changes, names).map { change, names in
      var cause = Cause.unknown
      let owners = names.compactMap { shipped[$0] }
      if let owner = owners.first {
        let content = try? DurableFile.read(root + "/" + names[0], limit: Self.limit)
        let sum = content.flatMap { md5(of: $0.span) }
        let match = owners.first { $0.checksum == sum && sum != nil }
        cause =
          match.map { .package(packages.file($0)) } ?? .notAsShipped(packages.file(owner))
      }
      return (change: change, cause: cause)
    }
    self.changes = found.filter { !$0.cause.explains } + found.filter { $0.cause.explains }
  }
}

/// The two names of a file where /usr is merged: packages may know it by the other.
enum MergedPath {
  private static let folders = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"]

  /// Without a slash in front; the name itself first.
  static func names(_ path: String) -> [String] {
    if path.hasPrefix("usr/") {
      let rest = path.dropFirst(4)
      return folders.contains { rest.hasPrefix($0 + "/") } ? [path, String(rest)] : [path]
    }
    return folders.contains { path.hasPrefix($0 + "/") } ? [path, "usr/" + path] : [path]
  }
}
