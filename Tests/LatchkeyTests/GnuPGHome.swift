import Foundation
import TestSupport

/// A GnuPG home of its own; its agents end with it.
final class GnuPGHome {
  private let folder: TemporaryFolder?

  init() { folder = try? TemporaryFolder() }

  deinit { _ = try? Program.run("gpgconf", ["--kill", "all"], environment: environment) }

  private var environment: [String: String] { ["GNUPGHOME": folder?.path ?? "/nonexistent"] }

  @discardableResult
  func gpg(_ arguments: [String], in work: Workplace) throws -> Program {
    let result = try Program.run(
      "gpg", ["--batch", "--trust-model", "always"] + arguments,
      environment: environment.merging(work.environment) { $1 }, folder: work.folder.path)
    guard result.status == 0 else {
      throw TestSupportError("gpg \(arguments): \(result.errorText)")
    }
    return result
  }

  /// gpg 2.2 wants a trust database for a revocation, which it makes only under its own trust model.
  func importFiles(_ names: [String], in work: Workplace) throws {
    try gpg(["--trust-model", "pgp", "--import"] + names, in: work)
  }
}
