import DiskKey
import Enrolment
import Foundation
import LibCrypto
import OpenPGPCard
import Secrets
import TestSupport
import Testing
import VolumeTestSupport

/// The real cryptsetup with our plugin, in a mount namespace where /etc/latchkey and /run are the scene's,
/// and the plugin is the only one in cryptsetup's folder.
extension Scene {
  /// Made by scripts/build-embedded; without it the tests fail.
  private static let plugin = Repository.path(
    ".build-embedded/release/libcryptsetup-token-openpgp-card.so")

  /// Runs cryptsetup.
  /// - Parameter typed: what it reads on stdin, as a PIN or passphrase.
  func cryptsetup(
    _ arguments: [String], typed: String = "", daemon: PCSCDaemon? = nil
  ) throws -> Program {
    let files = volume.folder
    let plugins = files.path("plugins")
    let etc = files.path("etc-of-the-machine")
    if !FileManager.default.fileExists(atPath: plugins) {
      for folder in [plugins, etc, files.path("run-of-the-machine")] {
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true)
      }
      try FileManager.default.copyItem(
        atPath: Self.plugin, toPath: plugins + "/libcryptsetup-token-openpgp-card.so")
      for name in ["ld.so.cache", "ssl"]
      where FileManager.default.fileExists(atPath: "/etc/" + name) {
        try FileManager.default.copyItem(atPath: "/etc/" + name, toPath: etc + "/" + name)
      }
    }
    // As enrolled, or as a test changed it since.
    try? FileManager.default.removeItem(atPath: etc + "/latchkey")
    try FileManager.default.copyItem(atPath: volume.places.installed, toPath: etc + "/latchkey")
    let script = """
      path=$(cryptsetup --help | sed -n 's/^LUKS2 external token plugin path: \\(.*\\)\\.$/\\1/p')
      mount --bind "$0" "$path" && mount --bind "$1" /etc && mount --bind "$2" /run || exit 99
      shift 2
      exec cryptsetup "$@"
      """
    return try Program.run(
      "unshare",
      ["--mount"] + (getuid() == 0 ? [] : ["--map-root-user"])
        + ["sh", "-c", script, plugins, etc, files.path("run-of-the-machine")] + arguments,
      text: typed, environment: (daemon ?? self.daemon).environment)
  }

  /// `cryptsetup open --test-passphrase --token-only`.
  func openByToken(_ pin: String = TestDongle.pin) throws -> Program {
    try cryptsetup(
      ["open", "--test-passphrase", "--token-only", volume.image], typed: pin + "\n")
  }

  /// Spends a try by other means than ours. False if that was refused.
  func spendTry(_ pin: String) throws -> Bool {
    let hexadecimal = pin.utf8.map { String(format: "%02X", $0) }.joined()
    let length = String(format: "%02X", pin.utf8.count)
    let result = try Program.run(
      "opensc-tool",
      [
        "--card-driver", "default", "-s", "00A4040006D27600012401", "-s",
        "00200082\(length)\(hexadecimal)",
      ], environment: daemon.environment)
    return result.status == 0
  }

  /// How many VERIFY reached the card.
  var pinsSent: Int { instructions.filter { $0 == "20" }.count }
}

@Suite("cryptsetup with the token plugin", .serialized)
struct CryptsetupTokenTests {
  @Test("the right PIN opens the volume, and the card is reset", arguments: [false, true])
  func opens(kdf: Bool) throws {
    let scene = try Scene(TestDongle(profile: "yubikey-5", kdf: kdf))
    let result = try scene.openByToken()
    #expect(result.status == 0, "\(result.errorText)")
    #expect(scene.pinsSent == 1)
  }

  @Test("an RSA dongle opens it, too")
  func rsa() throws {
    let scene = try Scene(TestDongle(key: .rsa(bits: 2048)))
    let result = try scene.openByToken()
    #expect(result.status == 0, "\(result.errorText)")
  }

  @Test("a wrong PIN uses one try, says how many are left, and is not sent again by anyone")
  func wrongPIN() throws {
    let scene = try Scene()
    let first = try scene.openByToken("654321")
    #expect(first.status == 1, "\(first.errorText)")
    #expect(first.errorText.contains("wrong PIN") && first.errorText.contains("2 tries are left"))
    let again = try scene.openByToken("654321")
    #expect(again.status == 1 && again.errorText.contains("already failed"), "\(again.errorText)")
    #expect(scene.pinsSent == 1)
    #expect(try scene.openByToken().status == 0)
  }

  @Test("a PIN that is none is not sent", arguments: ["123", String(repeating: "9", count: 200)])
  func impossible(pin: String) throws {
    let scene = try Scene()
    let result = try scene.openByToken(pin)
    #expect(result.status == 1 && result.errorText.contains("not sent"), "\(result.errorText)")
    #expect(scene.pinsSent == 0)
  }

  @Test("the last try is kept, and a blocked dongle named, with what to do")
  func lastTry() throws {
    let scene = try Scene()
    for pin in ["111111", "222222"] { #expect(try scene.openByToken(pin).status == 1) }
    let last = try scene.openByToken()
    #expect(last.status == 1 && last.errorText.contains("only one try is left"))
    #expect(last.errorText.contains("latchkey unlock asks"), "\(last.errorText)")
    #expect(scene.pinsSent == 2)
    // Someone else spends it.
    #expect(try scene.spendTry("333333"))
    let blocked = try scene.openByToken()
    #expect(blocked.status == 1 && blocked.errorText.contains("is blocked: use the passphrase"))
    #expect(scene.pinsSent == 3)
  }

  @Test("without a PIN nothing is said, and the passphrase is asked for as ever")
  func silent() throws {
    let scene = try Scene()
    for isThere in [true, false] {
      if !isThere { scene.daemon.remove() }
      let result = try scene.cryptsetup(
        ["open", "--test-passphrase", scene.volume.image], typed: TestVolume.passphrase + "\n")
      #expect(result.status == 0)
      #expect(result.errorText.isEmpty, "\(result.errorText)")
    }
    #expect(scene.pinsSent == 0)
  }

  @Test(
    "a wrong dongle, none, and no pcscd: no PIN is asked for, and the reason is there to be had")
  func noDongle() throws {
    let scene = try Scene(inReader: TestDongle(serial: 0x0A0B_0C0D))
    let wrong = try scene.openByToken()
    #expect(wrong.status != 0 && scene.pinsSent == 0, "\(wrong.errorText)")
    scene.daemon.remove()
    let none = try scene.cryptsetup(
      ["open", "--verbose", "--test-passphrase", "--token-only", scene.volume.image])
    #expect(none.status != 0)
    #expect(none.text.contains("no dongle of this volume is plugged in"), "\(none.text)")
  }

  @Test("a dongle of the same serial with another key gets no PIN")
  func twin() throws {
    let scene = try Scene(inReader: TestDongle())
    #expect(try scene.openByToken().status != 0)
    #expect(scene.pinsSent == 0)
  }

  @Test("a KDF-DO changed since the enrolment stops before the PIN")
  func changedKDF() throws {
    let scene = try Scene(TestDongle(profile: "yubikey-5")) { try $0.setUpKDF() }
    let result = try scene.openByToken()
    #expect(
      result.status != 0 && result.errorText.contains("no PIN was sent"), "\(result.errorText)")
    #expect(scene.pinsSent == 0)
  }

  @Test("luksDump shows the token in words, and whether it is trusted here")
  func dump() throws {
    let scene = try Scene()
    let known = try scene.cryptsetup(["luksDump", scene.volume.image])
    #expect(known.status == 0)
    let fingerprint = scene.dongle.recorded.pinned.fingerprint
      .map { String(format: "%02X", $0) }.joined()
    for words in [
      "openpgp-card", "Nitrokey 000F:01020304 (test), key \(fingerprint)",
      "Trusted:    yes, as recorded",
    ] { #expect(known.text.contains(words), "\(known.text)") }
    try FileManager.default.removeItem(atPath: scene.folder)
    let unknown = try scene.cryptsetup(["luksDump", scene.volume.image])
    #expect(unknown.text.contains("Trusted:    no, nothing is recorded"), "\(unknown.text)")
  }

  /// What may disagree with root's record.
  enum Difference: CaseIterable {
    case noRecord
    case otherBlob
    case damagedRecord
    case damagedToken
    case tokenOfAnotherVolume
    case otherUUID
  }

  @Test(
    "where header, token and record don't fit, no card is looked at", arguments: Difference.allCases
  )
  func disagreement(difference: Difference) throws {
    let other = try TestVolume(luks: 2)
    // Before the card is in the reader: its file is one program's at a time.
    let scene = try Scene(beforeBoot: { dongle in try other.enroll(dongle) })
    let image = scene.volume.image
    switch difference {
    case .noRecord: try FileManager.default.removeItem(atPath: scene.folder)
    case .otherBlob: try scene.replaceBlob(with: Array("another".utf8))
    case .damagedRecord:
      try Data([1, 2, 3]).write(to: URL(fileURLWithPath: scene.folder + "/record"))
    case .damagedToken, .tokenOfAnotherVolume:
      var token = #"{"type":"openpgp-card","keyslots":["1"],"openpgp-card":"AAAA"}"#
      if difference == .tokenOfAnotherVolume {
        token = try Program.run("cryptsetup", ["token", "export", "--token-id", "0", other.image])
          .text
      }
      let replaced = try Program.run(
        "cryptsetup",
        [
          "token", "import", "--disable-external-tokens", "--token-id", "0", "--token-replace",
          image,
        ], text: token)
      #expect(replaced.status == 0, "\(replaced.errorText)")
    case .otherUUID:
      let changed = try Program.run(
        "cryptsetup",
        ["luksUUID", "-q", "--uuid", "0b5d6f3a-4f0c-4e55-9b5b-8f4a1f1d2c3b", image])
      #expect(changed.status == 0, "\(changed.errorText)")
      // Root's record, under the new name.
      try FileManager.default.moveItem(
        atPath: scene.folder,
        toPath: scene.volume.places.installed + "/0b5d6f3a-4f0c-4e55-9b5b-8f4a1f1d2c3b")
    }
    scene.daemon.forgetTrace()
    let result = try scene.openByToken()
    #expect(result.status != 0, "\(result.text)\(result.errorText)")
    #expect(scene.instructions.isEmpty)
  }

  @Test("cryptsetup takes no damaged token in")
  func importDamaged() throws {
    let scene = try Scene()
    let result = try scene.cryptsetup(
      ["token", "import", scene.volume.image],
      typed: #"{"type":"openpgp-card","keyslots":["1"],"openpgp-card":"AAAA"}"#)
    #expect(result.status != 0)
  }

  @Test("of two recorded dongles neither gets the PIN; of two with one recorded, that one does")
  func severalDongles() throws {
    let scene = try Scene()
    let stranger = try TestDongle(serial: 0x0A0B_0C0D)
    let other = try TestDongle(serial: 0x0506_0708)
    scene.daemon.remove()
    var both = try PCSCDaemon(cards: [stranger.file, scene.dongle.file])
    let right = try scene.cryptsetup(
      ["open", "--test-passphrase", "--token-only", scene.volume.image],
      typed: TestDongle.pin + "\n", daemon: both)
    #expect(right.status == 0, "\(right.errorText)")
    #expect(!both.trace(of: 0).contains { $0.hasPrefix("00 20") })

    _ = try Enrolment(of: scene.volume.image, places: scene.volume.places).enroll(
      [scene.dongle.recorded, other.recorded], passphrase: secret(TestVolume.passphrase)
    ) { (blob, asked) throws(DiskKeyError) in
      asked.pinned == other.recorded.pinned ? try other.open(blob) : nil
    }
    both.remove(from: 1)
    both = try PCSCDaemon(cards: [other.file, scene.dongle.file])
    let refused = try scene.cryptsetup(
      ["open", "--test-passphrase", "--token-only", scene.volume.image],
      typed: TestDongle.pin + "\n", daemon: both)
    #expect(refused.status == 1)
    #expect(refused.errorText.contains("several dongles"), "\(refused.errorText)")
    for index in [0, 1] { #expect(!both.trace(of: index).contains { $0.hasPrefix("00 20") }) }
  }
}
