import Foundation
import TestSupport

/// A folder with a /boot and a file, and gpg with keys in a home of its own; `latchkey` runs there.
final class Place {
  let folder: TemporaryFolder
  let gpg: GnuPG
  /// The reader, where the place has one.
  let daemon: PCSCDaemon?

  /// - Parameter dongle: whether there is a reader with a card, not made ready yet.
  init(dongle: Bool = false) throws {
    folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path("BOOT"), withIntermediateDirectories: true)
    try folder.write("BOOT/vmlinuz", "a kernel")
    try folder.write("image.iso", "an image")
    try folder.write("pin", "123456\n")
    try folder.write("admin", "12345678\n")
    if dongle {
      let made = try Program.run(
        Repository.product("virtual-card"),
        ["create", "--profile", Repository.path("cards/nitrokey-3.json"), folder.path("card")])
      guard made.status == 0 else { throw TestSupportError(made.errorText) }
      daemon = try PCSCDaemon(card: folder.path("card"))
    } else {
      daemon = nil
    }
    gpg = try GnuPG(daemon)
  }

  /// Makes a key without a passphrase, and gives the fingerprints of its primary key and subkeys.
  /// - Parameter subkeys: gpg's words for the algorithm, the use and the expiry of each.
  func makeKey(
    _ algorithm: String = "ed25519", expiry: String = "never", protected: Bool = false,
    subkeys: [[String]] = []
  ) throws -> [String] {
    let empty =
      protected
      ? ["--pinentry-mode", "loopback", "--passphrase", "secret"]
      : ["--pinentry-mode", "loopback", "--passphrase", ""]
    try check(
      gpg.run(empty + ["--quick-generate-key", "Ada <ada@example.org>", algorithm, "sign", expiry]))
    let primary = try fingerprints()[0]
    for subkey in subkeys { try check(gpg.run(empty + ["--quick-add-key", primary] + subkey)) }
    try export(primary)
    return try fingerprints()
  }

  /// Writes the certificate out as `ada.asc`.
  func export(_ fingerprint: String) throws {
    let exported = try gpg.run(["--armor", "--export", fingerprint])
    // gpg's status lines go to stdout here as well.
    let armor = exported.text.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.hasPrefix("[GNUPG:]") }.joined(separator: "\n")
    try folder.write("ada.asc", armor)
  }

  /// All that gpg has secret halves of.
  func fingerprints() throws -> [String] {
    try gpg.run(["--with-colons", "--list-secret-keys"]).text.split(separator: "\n")
      .filter { $0.hasPrefix("fpr:") }
      .map { String($0.split(separator: ":", omittingEmptySubsequences: false)[9]) }
  }

  /// Runs `latchkey`, with this gpg as the user's.
  @discardableResult
  func latchkey(
    _ arguments: [String], expecting status: Int32? = nil, environment: [String: String] = [:]
  ) throws -> Program {
    let said = try Program.run(
      Repository.product("latchkey"), arguments + ["--sysroot", "system"],
      environment: ["GNUPGHOME": gpg.home, "LC_ALL": "C.UTF-8"]
        .merging(daemon?.environment ?? [:]) { $1 }.merging(environment) { $1 },
      folder: folder.path)
    if let status, said.status != status {
      throw TestSupportError(
        "\(arguments.joined(separator: " ")): \(said.status)\n\(said.text)\(said.errorText)")
    }
    return said
  }

  /// `sign --with` that key: /boot, or files.
  func sign(
    _ key: String, _ files: [String] = [], expecting status: Int32 = 0,
    environment: [String: String] = [:]
  ) throws -> Program {
    try latchkey(
      ["sign", "--with", "gpg:\(key)", "--trusted", "ada.asc", "--yes"]
        + (files.isEmpty ? ["--boot", "BOOT", "--names", "relative"] : files),
      expecting: status, environment: environment)
  }

  /// gpgv's verdict on a detached signature, with the trusted certificate as its keyring.
  func gpgv(_ signature: String, _ file: String) throws -> Program {
    _ = try Program.run(
      "gpg", ["--yes", "--dearmor", "-o", folder.path("keyring.gpg"), folder.path("ada.asc")],
      environment: ["GNUPGHOME": gpg.home])
    return try Program.run(
      "gpgv",
      [
        "--status-fd", "1", "--keyring", folder.path("keyring.gpg"), folder.path(signature),
        folder.path(file),
      ], environment: ["GNUPGHOME": gpg.home])
  }

  private func check(_ program: Program) throws {
    guard program.status == 0 else { throw TestSupportError(program.text + program.errorText) }
  }
}
