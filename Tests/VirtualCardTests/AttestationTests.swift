import LibCrypto
import TestSupport
import Testing

@testable import VirtualCard

/// A Yubikey's attestation on the virtual card; openssl reads what comes out.
@Suite struct AttestationTests {
  private static let attest: [UInt8] = [0x80, 0xFB, 0x01, 0x00]

  /// A card with a key in each slot, verified for `verifications`.
  private func card(_ verifications: [String]) throws -> VirtualCard {
    let card = try Script.card("yubikey-5")
    #expect(try card.send(Script.admin) == "9000")
    for attributes in [
      "00DA00C1 09 132A8648CE3D030107", "00DA00C2 0B 122B060104019755010501",
      "00DA00C3 0A 162B06010401DA470F01",
    ] { #expect(try card.send(attributes) == "9000") }
    for template in ["B600", "B800", "A400"] {
      #expect(try card.send("00478000 02 \(template) 00").hasSuffix("9000"))
    }
    for command in verifications { #expect(try card.send(command) == "9000") }
    return card
  }

  @Test("openssl holds the certificate of each key against the attestation key's", arguments: 1...3)
  func chains(_ slot: UInt8) throws {
    let card = try card([Script.user])
    #expect(card.process([0x80, 0xFB, slot, 0x00]) == [0x90, 0x00])
    let folder = try TemporaryFolder()
    let root = card.process([0x00, 0xCA, 0x00, 0xFC, 0, 0, 0])
    #expect(card.process([0x00, 0xA5, 3 - slot, 4, 6, 0x60, 4, 0x5C, 2, 0x7F, 0x21]) == [0x90, 0])
    let statement = card.process([0x00, 0xCA, 0x7F, 0x21, 0, 0, 0])
    for (name, der) in [("root", root), ("statement", statement)] {
      #expect(der.suffix(2) == [0x90, 0x00])
      try folder.write("\(name).der", bytes: Array(der.dropLast(2)))
      _ = try Program.run(
        "openssl",
        [
          "x509", "-inform", "DER", "-in", folder.path("\(name).der"), "-out", folder.path(name),
        ])
    }
    let verified = try Program.run(
      "openssl",
      ["verify", "-CAfile", folder.path("root"), folder.path("statement")])
    #expect(verified.status == 0, "\(verified.text)\(verified.errorText)")
    let shown = try Program.run(
      "openssl",
      ["x509", "-in", folder.path("statement"), "-noout", "-text"]
    ).text
    let name = ["SIG", "DEC", "AUT"][Int(slot) - 1]
    #expect(shown.contains("Subject: CN = YubiKey OPGP Attestation \(name)"), "\(shown)")
    #expect(shown.contains("Issuer: CN = Attestation key of a Latchkey virtual card"))
    for arc in (1...9).filter({ $0 != 6 || slot == 1 }) {
      #expect(shown.contains("1.3.6.1.4.1.41482.5.\(arc):"), "\(arc)")
    }
  }

  @Test("without the PIN, without a key, and for an imported one it is refused")
  func refusals() throws {
    #expect(try card([]).process(Self.attest) == [0x69, 0x82])
    #expect(try card([Script.other]).process(Self.attest) == [0x69, 0x82])
    let empty = try Script.card("yubikey-5")
    #expect(try empty.send(Script.user) == "9000")
    #expect(empty.process(Self.attest) == [0x6A, 0x88])
    let imported = try card([Script.user])
    imported.state[.signing].origin = 2
    #expect(imported.process(Self.attest) == [0x69, 0x85])
    #expect(imported.state.certificates == [Hex([]), Hex([]), Hex([])])
    let other = try Script.card("nitrokey-3")
    #expect(other.process(Self.attest) == [0x6E, 0x00])
    #expect(try other.send("00CA00FC 00").hasPrefix("6"))
    #expect(try other.send(Script.admin) == "9000")
    for tag in ["D9 02 0020", "DB 14" + String(repeating: "11", count: 20), "FC 01 30"] {
      let answer = try other.send("00DA00\(tag)")
      #expect(!answer.hasSuffix("9000"), "\(tag): \(answer)")
    }
  }

  @Test("the attestation key is the same after a reset, and in the card's file")
  func stays() throws {
    let folder = try TemporaryFolder()
    let profile = try CardProfile(contentsOf: Repository.path("cards/yubikey-5.json"))
    try VirtualCard.create(at: folder.path("card"), profile: profile, serial: 1)
    let first: [UInt8]
    do {
      let card = try VirtualCard(at: folder.path("card"))
      #expect(try card.send(Script.select) == "9000")
      first = card.process([0x00, 0xCA, 0x00, 0xFC, 0, 0, 0])
      #expect(try card.send(Script.admin) == "9000")
      #expect(try card.send("00E60000") == "9000")
      #expect(try card.send("00440000") == "9000")
    }
    let card = try VirtualCard(at: folder.path("card"))
    #expect(try card.send(Script.select) == "9000")
    #expect(card.process([0x00, 0xCA, 0x00, 0xFC, 0, 0, 0]) == first)
    #expect(first.count > 500)
  }

  @Test("other attributes delete the attestation key, and then nothing is attested")
  func attributes() throws {
    let card = try card([Script.user])
    #expect(try card.send("00DA00DA 0A 162B06010401DA470F01") == "9000")
    #expect(card.process(Self.attest) == [0x6A, 0x88])
    #expect(try card.send("00DA00DA 02 1600") == "6a80")
  }
}
