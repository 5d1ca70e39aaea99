import Foundation

/// The real gpg with a home of its own, removed with it.
public final class GPG: Sendable {
  /// Which gpg.
  public enum Release: Sendable {
    /// Debian 12's 2.2.
    case system
    /// Debian 13's 2.4, laid out by scripts/newer-gnupg.
    case newer

    /// A program of it.
    func program(_ name: String) -> String {
      self == .system ? name : Repository.path(".build-newer/usr/bin/\(name)")
    }
  }

  private let folder: TemporaryFolder
  private let release: Release

  /// The home folder.
  public var home: String { folder.path }

  /// A new empty home.
  public init(_ release: Release = .system) throws {
    self.release = release
    folder = try TemporaryFolder()
    // Makes the trust database, which gpg misses later on where the first run is told not to use it.
    _ = try Program.run(
      release.program("gpg"), ["--batch", "--no-tty", "--check-trustdb"], environment: environment)
  }

  deinit {
    _ = try? Program.run(
      release.program("gpgconf"), ["--kill", "all"], environment: environment)
  }

  private var environment: [String: String] { ["GNUPGHOME": home, "LC_ALL": "C"] }

  /// Runs gpg without questions, its status lines in ``Program/errors``; secret keys have no
  /// passphrase.
  public func run(_ arguments: [String], input: [UInt8] = []) throws -> Program {
    try Program.run(
      release.program("gpg"),
      [
        "--batch", "--no-tty", "--yes", "--status-fd", "2", "--trust-model", "always",
        "--pinentry-mode", "loopback", "--passphrase", "",
      ] + arguments, input: input, environment: environment)
  }

  /// Writes a file into the home, and gives its path.
  public func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    try folder.write(name, bytes: bytes)
  }
}
