import Foundation
import TestSupport
import Testing
import VirtualCard

/// Other people's clients on the virtual card, through the real pcscd. Each has a driver in Drivers/
/// that prints a line an operation, and a table in docs/clients.md that says what these lines are.
@Suite struct ClientTests {
  /// A client, as its heading in docs/clients.md names it.
  struct Client: Sendable, CustomTestStringConvertible {
    let name: String
    let driver: String
    let profile: String
    var testDescription: String { "\(name) on \(profile)" }
  }

  static let clients = [
    Client(name: "OpenSC: openpgp-tool and pkcs11-tool", driver: "opensc", profile: "yubikey-5"),
    Client(name: "yubikit.openpgp", driver: "yubikit_session", profile: "yubikey-5"),
    Client(name: "ykman openpgp", driver: "ykman_openpgp", profile: "yubikey-5"),
    Client(name: "pyscard", driver: "pyscard_apdus", profile: "yubikey-5"),
    Client(name: "OpenPGPpy", driver: "openpgppy_card", profile: "yubikey-5"),
    Client(name: "johnnycanencrypt", driver: "jce_card", profile: "yubikey-5"),
    Client(name: "PySequoia", driver: "sequoia_card", profile: "yubikey-5"),
    Client(name: "PySequoia on a Nitrokey 3", driver: "sequoia_card", profile: "nitrokey-3"),
    Client(name: "PySequoia on a Gnuk", driver: "sequoia_card", profile: "gnuk"),
  ]

  @Test(
    "each operation of a client does on the virtual card what docs/clients.md says",
    arguments: clients)
  func operates(_ client: Client) throws {
    let folder = try TemporaryFolder()
    let profile = try CardProfile(
      contentsOf: Repository.path("cards/\(client.profile).json"))
    try VirtualCard.create(at: folder.path("card"), profile: profile, serial: 0x0102_0304)
    let daemon = try PCSCDaemon(card: folder.path("card"))
    let result = try Program.run(
      Python.clients,
      [
        Repository.path("Tests/ClientTests/Drivers/\(client.driver).py"), profile.manufacturer.text,
      ],
      environment: daemon.environment.merging(
        ["HOME": folder.path, "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"]) { $1 })
    let lines = result.text.split(separator: "\n").map(String.init)
    #expect(result.status == 0, "\(result.errorText)")
    #expect(lines.filter { $0.hasPrefix("fail") } == [], "\(result.errorText)")
    #expect(
      try ClientTable(under: client.name).lines == lines,
      "its table should be:\n\(ClientTable(lines: lines).text)")
  }

  @Test("docs/clients.md counts what its tables say", arguments: clients)
  func counts(_ client: Client) throws {
    let lines = try ClientTable(under: client.name).lines
    let passed = lines.filter { $0.hasPrefix("ok ") }.count
    let row = try ClientTable.page().first { $0.hasPrefix("| \(client.name) |") }
    #expect(
      row?.hasSuffix("| \(client.profile) | \(passed) of \(lines.count) |") == true, "\(row ?? "")")
  }

  @Test("docs/clients.md names the versions that scripts/python-clients installs")
  func namesVersions() throws {
    let script = try String(
      contentsOfFile: Repository.path("scripts/python-clients"), encoding: .utf8)
    let page = try ClientTable.page().joined(separator: "\n")
    let pins = script.split { " \n()".contains($0) }.filter { $0.contains("==") }
    #expect(!pins.isEmpty)
    for pin in pins {
      let isNamed = page.contains(pin.replacing("==", with: " "))
      #expect(isNamed, "\(pin)")
    }
  }
}

/// The environments that scripts/python-clients makes.
enum Python {
  /// With other people's clients, and jcecard.
  static let clients = Repository.path(".build-python/clients/bin/python")
  /// With smartcard-app-openpgp.
  static let cards = Repository.path(".build-python/cards/bin/python")
}
