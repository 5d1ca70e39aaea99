import Foundation
import TestSupport
import Testing
import VirtualCard

/// gpg and our command with every model behind the real pcscd.
@Suite struct ReaderTests {
  /// The models in four groups, each behind a pcscd of its own.
  static let groups = (0..<4).map { group in
    Model.all.enumerated().filter { $0.offset % 4 == group }.map(\.element)
  }

  @Test(
    "gpg and latchkey show every model behind pcscd", arguments: groups)
  func shown(_ models: [Model]) throws {
    let folder = try TemporaryFolder()
    let daemon = try PCSCDaemon(cards: [nil])
    let gpg = try GnuPG(daemon)
    for model in models {
      let path = folder.path(model.name)
      try VirtualCard.create(at: path, profile: model.profile, serial: 0x0102_0304)
      try daemon.insert(path)
      let status = try gpg.cardStatus()
      let aid =
        "D27600012401" + model.profile.version.text + model.profile.manufacturer.text
        + "010203040000"
      #expect(status["Reader"]?.contains(aid) == true, "\(model.name)")
      #expect(
        status["vendor"]?.first?.uppercased() == model.profile.manufacturer.text, "\(model.name)")
      let most = model.profile.pins.maximum.map { String($0) }
      #expect(status["maxpinlen"]?.prefix(3).elementsEqual(most) == true, "\(model.name)")
      #expect(status["pinretry"]?.first == "3", "\(model.name)")
      gpg.releaseCard()
      let shown = try Program.run(
        Repository.product("latchkey"), ["card", "show", "--json"],
        environment: daemon.environment)
      #expect(shown.status == 0, "\(model.name): \(shown.errorText)")
      #expect(
        shown.text.contains("\(model.profile.manufacturer.text):01020304"),
        "\(model.name): \(shown.text)")
    }
  }

  @Test(
    "latchkey provisions a model as a person would: only RSA, long PINs, short ones, no gpg brand",
    arguments: ["yubikey-4", "nitrokey-start", "ledger", "smartpgp"])
  func provisioned(_ name: String) throws {
    let model = try #require(Model.all.first { $0.name == name })
    let folder = try TemporaryFolder()
    try VirtualCard.create(
      at: folder.path("dongle"), profile: model.profile, serial: 0x0102_0304)
    try folder.write("pin", model.newPIN(.user) + "\n")
    try folder.write("admin", model.newPIN(.admin) + "\n")
    let kind = name == "smartpgp" ? ["--algorithm", "nistp256"] : []
    let made = try Program.run(
      Repository.product("latchkey"),
      [
        "provision", "--virtual-card", folder.path("dongle"), "--name", "Ada", "--email",
        "ada@example.org", "--pin-file", folder.path("pin"), "--admin-pin-file",
        folder.path("admin"), "--export", folder.path("ada.asc"), "--yes",
        "--sysroot", folder.path("system"),
      ] + kind)
    #expect(made.status == 0, "\(made.errorText)")
    #expect(FileManager.default.fileExists(atPath: folder.path("ada.asc")))
  }
}
