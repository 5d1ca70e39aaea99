import Foundation
import TestSupport

/// A reader with a card of other people's making in it, and `latchkey` before it, with an image, a
/// /boot and PINs to work on.
final class ForeignCard {
  let folder: TemporaryFolder
  let daemon: PCSCDaemon

  /// - Parameters:
  ///   - program: a script of Cards/.
  ///   - state: the name of the folder that it gets to keep its state in.
  ///   - beside: the file of a virtual card for a second reader.
  init(
    _ program: String, python: String, state: String = "state",
    beside: ((TemporaryFolder) throws -> String)? = nil
  ) throws {
    let folder = try TemporaryFolder()
    self.folder = folder
    for name in [state, "BOOT", "BOOT/grub"] {
      try FileManager.default.createDirectory(
        atPath: folder.path(name), withIntermediateDirectories: false)
    }
    try folder.write("pin", "271828\n")
    try folder.write("admin", "31415926\n")
    try folder.write("old", "the old passphrase\n")
    try folder.write("BOOT/vmlinuz", "a kernel")
    try folder.write("BOOT/grub/grub.cfg", "menuentry 'Debian' { linux /vmlinuz }")
    var cards: [String?] = [nil]
    if let beside { cards.append(try beside(folder)) }
    daemon = try PCSCDaemon(cards: cards)
    try daemon.insert(program: python) { reader in
      [
        Repository.path("Tests/ClientTests/Cards/\(program).py"), String(reader.port),
        reader.traceFile, folder.path(state),
      ]
    }
  }

  /// Runs `latchkey`.
  func latchkey(_ arguments: [String]) throws -> Program {
    try Program.run(
      Repository.product("latchkey"), arguments,
      environment: daemon.environment, folder: folder.path)
  }

  /// Provisions it with keys of this kind, and exports `ada.asc`.
  func provision(_ algorithm: String) throws -> Program {
    try latchkey([
      "provision", "--name", "Ada", "--email", "ada@example.org", "--algorithm", algorithm,
      "--pin-file", "pin", "--admin-pin-file", "admin", "--export", "ada.asc", "--yes",
      "--sysroot", "system",
    ])
  }

  /// Signs /boot with it and verifies that.
  func signAndVerify() throws -> [Program] {
    [
      try latchkey([
        "sign", "--pin-file", "pin", "--boot", "BOOT", "--names", "relative", "--yes", "--sysroot",
        "system",
      ]),
      try latchkey(["verify", "--boot", "BOOT", "--trusted", "ada.asc", "--sysroot", "system"]),
    ]
  }

  /// Makes a LUKS2 image, enrolls it with the card and opens it.
  func enrollAndUnlock() throws -> [Program] {
    let image = folder.path("disk.img")
    return [
      try Program.run("truncate", ["-s", "20M", image]),
      try Program.run(
        "cryptsetup",
        [
          "luksFormat", "-q", "--type", "luks2", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations",
          "1000", image, "-",
        ], text: "the old passphrase"),
      try latchkey([
        "enroll", "disk.img", "--pin-file", "pin", "--passphrase-file", "old", "--boot", "BOOT",
        "--yes", "--sysroot", "system",
      ]),
      try latchkey([
        "unlock", "disk.img", "--pin-file", "pin", "--boot", "BOOT", "--trusted", "ada.asc",
        "--test", "--sysroot", "system",
      ]),
    ]
  }
}
