import Foundation
import TestSupport
import Testing

/// How the command reaches a card.
enum Way: CaseIterable, CustomTestStringConvertible {
  /// In the command's own process, by `--virtual-card`.
  case inProcess
  /// Through the real pcscd and vpcd.
  case reader

  var testDescription: String { self == .inProcess ? "in-process" : "through pcscd" }
}

/// A folder with a dongle, PINs, a LUKS image and a /boot, where commands run as a person would run
/// them; the system's own /etc and /var are not touched.
final class Workplace {
  let folder: TemporaryFolder
  private(set) var way: Way
  private(set) var daemon: PCSCDaemon?

  static let pin = "271828"
  static let passphrase = "the old passphrase"

  /// - Parameters:
  ///   - boot: `.real` for a Debian kernel's files, `.small` for a few of ours.
  ///   - changed: writes a profile to use instead, and gives its path.
  init(
    _ way: Way = .inProcess, profile: String = "nitrokey-3", boot: Boot = .small,
    changed: ((TemporaryFolder) throws -> String)? = nil
  ) throws {
    self.way = way
    folder = try TemporaryFolder()
    for (name, text) in [
      ("pin", Self.pin + "\n"), ("admin", "31415926\n"), ("wrong", "123123\n"),
      ("old", Self.passphrase + "\n"), ("short", "12\n"),
    ] { try folder.write(name, text) }
    let path = try changed?(folder) ?? Repository.path("cards/\(profile).json")
    try createCard("dongle.card", profile: path)
    switch boot {
    case .small: try makeSmallBoot()
    case .real:
      _ = try run("cp", ["-a", Repository.path(".build-boot/boot"), "BOOT"], expecting: 0)
    }
    if way == .reader { daemon = try PCSCDaemon(card: folder.path("dongle.card")) }
  }

  enum Boot { case real, small }

  /// `virtual-card create`.
  func createCard(
    _ name: String, profile: String = Repository.path("cards/nitrokey-3.json"),
    serial: String? = nil
  ) throws {
    var arguments = ["create", "--profile", profile, folder.path(name)]
    if let serial { arguments += ["--serial", serial] }
    _ = try run(Repository.product("virtual-card"), arguments, expecting: 0)
  }

  /// From here on the commands go through a pcscd with these cards, a reader each; nil for an empty one.
  /// - Parameter touch: the options of `virtual-card run` for who touches them, and when.
  func insert(_ cards: [String?], touch: [String] = []) throws {
    daemon = nil
    way = .reader
    daemon = try PCSCDaemon(cards: cards.map { $0.map(folder.path) }, options: touch)
  }

  private func makeSmallBoot() throws {
    let boot = folder.path("BOOT")
    for path in ["/grub", "/efi"] {
      try FileManager.default.createDirectory(
        atPath: boot + path, withIntermediateDirectories: true)
    }
    try folder.write("BOOT/vmlinuz-6.1", "a kernel")
    try folder.write("BOOT/initrd.img-6.1", "an initrd")
    try folder.write("BOOT/grub/grub.cfg", "menuentry 'Debian' { linux /vmlinuz-6.1 }")
    try FileManager.default.createSymbolicLink(
      atPath: boot + "/vmlinuz", withDestinationPath: "vmlinuz-6.1")
  }

  /// A LUKS image of 18 MiB that the passphrase opens, with quick key derivation.
  func makeImage(_ name: String = "disk.img", type: String = "luks2") throws {
    _ = try run("truncate", ["-s", "20M", name], expecting: 0)
    let derivation =
      type == "luks1"
      ? ["--pbkdf-force-iterations", "1000"]
      : ["--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"]
    _ = try run(
      "cryptsetup", ["luksFormat", "-q", "--type", type] + derivation + [name, "-"],
      text: Self.passphrase, expecting: 0)
  }

  /// What makes the command use the card: options and environment.
  var card: [String] { way == .inProcess ? ["--virtual-card", "dongle.card"] : [] }
  var environment: [String: String] { daemon?.environment ?? [:] }

  /// Runs `latchkey`; options for card and system folders are added.
  @discardableResult
  func latchkey(
    _ arguments: [String], card: [String]? = nil, expecting status: Int32? = nil,
    input: String = ""
  ) throws -> Program {
    try run(
      Repository.product("latchkey"), arguments + (card ?? self.card) + ["--sysroot", "system"],
      text: input, expecting: status)
  }

  @discardableResult
  func run(
    _ program: String, _ arguments: [String], text: String = "", expecting status: Int32? = nil
  ) throws -> Program {
    let result = try Program.run(
      program, arguments, text: text, environment: environment, folder: folder.path)
    if let status, result.status != status {
      throw TestSupportError(
        """
        \(program) \(arguments.joined(separator: " ")): exit code \(result.status), not \(status)
        \(result.text)\(result.errorText)
        """)
    }
    return result
  }

  /// Provisions the dongle and exports `ada.asc`.
  func provision(_ more: [String] = []) throws {
    try latchkey(
      [
        "provision", "--name", "Ada", "--email", "ada@example.org", "--pin-file", "pin",
        "--admin-pin-file", "admin", "--export", "ada.asc", "--yes",
      ] + more, expecting: 0)
  }

  /// A dongle in a reader, and `disk.img`, which it opens.
  static func enrolled() throws -> Workplace {
    let work = try Workplace(.reader)
    try work.provision()
    try work.makeImage()
    try work.enroll()
    return work
  }

  /// Enrolls `disk.img`.
  func enroll() throws {
    try latchkey(
      [
        "enroll", "disk.img", "--pin-file", "pin", "--passphrase-file", "old", "--boot", "BOOT",
        "--yes",
      ], expecting: 0)
  }

  /// Signs `BOOT`.
  func sign(_ more: [String] = []) throws {
    try latchkey(
      ["sign", "--pin-file", "pin", "--boot", "BOOT", "--names", "relative", "--yes"] + more,
      expecting: 0)
  }

  func verify(_ boot: String = "BOOT") throws -> Program {
    try latchkey(["verify", "--boot", boot, "--trusted", "ada.asc"])
  }

  /// `unlock --test`, with the PIN in that file.
  func unlock(pin: String = "pin") throws -> Program {
    try latchkey([
      "unlock", "disk.img", "--pin-file", pin, "--boot", "BOOT", "--trusted", "ada.asc", "--test",
    ])
  }
}
