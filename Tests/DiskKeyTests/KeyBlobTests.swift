import DiskKey
import LibCrypto
import OpenPGP
import OpenPGPCard
import Secrets
import SmartCard
import TestSupport
import Testing
import VirtualCard
import VolumeTestSupport

@Suite("KeyBlob")
struct KeyBlobTests {
  /// A key of 64 bytes, encrypted to a dongle, and the record of both.
  struct Sealed {
    let dongle: TestDongle
    let key: [UInt8]
    let bytes: [UInt8]
    let blob: KeyBlob

    init(_ dongle: TestDongle) throws {
      self.dongle = dongle
      let key = (0..<64).map { UInt8($0) }
      let plain = SecretBytes(copying: key.span)
      let message = try encrypt(plain, to: [dongle.recorded.recipient])
      var record = try RecordTests.record()
      record.dongles = [dongle.recorded]
      record.volume.blobDigest = try digest(.sha256, of: message.span)
      blob = try KeyBlob(message.span, of: TrustedRecord.fresh(record))
      bytes = message
      self.key = key
    }

    /// What opening through a transport gives.
    func open<Transport: CardTransport>(
      pin: String = TestDongle.pin, on transport: Transport
    ) -> Result<[UInt8], DiskKeyError> {
      do throws(DiskKeyError) {
        let secret = try dongle.open(blob, pin: pin, on: transport)
        return .success(copy(of: secret))
      } catch {
        return .failure(error)
      }
    }
  }

  /// The instructions of commands, as hexadecimal, without the GET RESPONSE of a card that hasn't said
  /// yet that it has extended lengths.
  private func instructions(_ sent: [[UInt8]]) -> [String] {
    sent.map { hex([$0[1]]) }.filter { $0 != "c0" }
  }

  @Test(
    "a blob opens by SELECT, 6E, GENERATE 81, F9 where there is one, VERIFY, PSO",
    arguments: [KeyAlgorithm.ecdh(.cv25519), .ecdh(.nistP256), .rsa(bits: 2048)], [false, true])
  func exchange(_ key: KeyAlgorithm, _ kdf: Bool) throws {
    let sealed = try Sealed(
      TestDongle(profile: kdf ? "yubikey-5" : "nitrokey-3", key: key, kdf: kdf))
    let card = try sealed.dongle.card()
    let transport = ScriptedTransport { command in card.process(command) }
    #expect(sealed.open(on: transport) == .success(sealed.key))
    // Both models announce KDF, so F9 is asked for whether one is set up or not.
    #expect(instructions(transport.sent) == ["a4", "ca", "47", "ca", "20", "2a"])
    #expect(transport.sent.contains { $0.starts(with: [0x00, 0xCA, 0x00, 0xF9]) })
    #expect(transport.endings == [.reset])
  }

  @Test(
    "a blob opens with a key on each curve that agrees on secrets",
    arguments: Curve.allCases.filter { $0.form != .edwards })
  func curves(_ curve: Curve) throws {
    let sealed = try Sealed(TestDongle(profile: "every-algorithm", key: .ecdh(curve)))
    let card = try sealed.dongle.card()
    #expect(
      sealed.open(on: ScriptedTransport { card.process($0) }) == .success(sealed.key))
  }

  @Test("on a card that announces no KDF it is five commands")
  func five() throws {
    let sealed = try Sealed(TestDongle(profile: "yubikey-5"))
    let card = try sealed.dongle.card()
    let transport = ScriptedTransport { command in
      var answer = card.process(command)
      // C0 without the KDF bit, wherever it stands in 6E.
      if command[1] == 0xCA, command[3] == 0x6E,
        let place = (0..<(answer.count - 2)).first(where: {
          answer[$0] == 0xC0 && answer[$0 + 1] == 0x0A
        })
      {
        answer[place + 2] &= 0xFE
      }
      return answer
    }
    #expect(sealed.open(on: transport) == .success(sealed.key))
    #expect(instructions(transport.sent) == ["a4", "ca", "47", "20", "2a"])
  }

  @Test("a wrong PIN uses one try and says how many are left")
  func wrongPIN() throws {
    let sealed = try Sealed(TestDongle())
    let card = try sealed.dongle.card()
    let transport = ScriptedTransport { command in card.process(command) }
    let result = sealed.open(pin: "654321", on: transport)
    #expect(result == .failure(.card(.wrongPIN(.user, triesLeft: 2))))
    #expect(instructions(transport.sent).filter { $0 == "20" }.count == 1)
  }

  @Test("a text that can't be a PIN of this card is not sent")
  func impossible() throws {
    let sealed = try Sealed(TestDongle())
    let card = try sealed.dongle.card()
    let transport = ScriptedTransport { command in card.process(command) }
    #expect(sealed.open(pin: "1234", on: transport) == .failure(.card(.impossiblePIN)))
    #expect(!instructions(transport.sent).contains("20"))
  }

  @Test(
    "a card that takes the PIN and then can't decrypt did not prove itself",
    arguments: ["6a80", "6982", "6f00", "9000", "long"])
  func unproven(_ answer: String) throws {
    let sealed = try Sealed(TestDongle())
    let card = try sealed.dongle.card()
    let transport = ScriptedTransport { command in
      guard command[1] == 0x2A else { return card.process(command) }
      if answer == "long" { return [UInt8](repeating: 7, count: 32) + [0x90, 0x00] }
      return bytes(hex: answer) ?? []
    }
    #expect(sealed.open(on: transport) == .failure(.unproven))
    #expect(instructions(transport.sent).filter { $0 == "20" }.count == 1)
  }

  @Test("a dongle's missing touch and its removal are not taken for lies")
  func touch() throws {
    let sealed = try Sealed(TestDongle())
    let card = try sealed.dongle.card()
    let touch = ScriptedTransport { command in
      command[1] == 0x2A ? [0x66, 0x00] : card.process(command)
    }
    #expect(sealed.open(on: touch) == .failure(.card(.touchTimedOut)))
    let pulled = ScriptedTransport { command throws(TransportError) in
      guard command[1] != 0x2A else { throw .removed }
      return card.process(command)
    }
    #expect(sealed.open(on: pulled) == .failure(.card(.transport(.removed))))
  }

  @Test("no PIN goes to another card, of another or of the same serial, nor after a changed KDF-DO")
  func swapped() throws {
    let sealed = try Sealed(TestDongle(serial: 1))
    let cases: [(TestDongle, PinnedKey.Difference)] = try [
      (TestDongle(serial: 2), .serial), (TestDongle(serial: 1), .fingerprint),
    ]
    for (dongle, difference) in cases {
      let card = try dongle.card()
      let transport = ScriptedTransport { command in card.process(command) }
      #expect(sealed.open(on: transport) == .failure(.card(.notThePinned(difference))))
      #expect(!instructions(transport.sent).contains("20"))
    }
    let card = try sealed.dongle.card()
    let changed = ScriptedTransport { command in
      command[1] == 0xCA && command[3] == 0xF9
        ? (bytes(hex: "8101038201088304000186A084083031323334353637") ?? []) + [0x90, 0x00]
        : card.process(command)
    }
    #expect(sealed.open(on: changed) == .failure(.card(.notThePinned(.keyDerivation))))
    #expect(!instructions(changed.sent).contains("20"))
  }

  @Test("a blob that isn't the recorded one is refused before any card")
  func changed() throws {
    let sealed = try Sealed(TestDongle())
    var record = try RecordTests.record()
    record.volume.blobDigest = [UInt8](repeating: 0, count: 32)
    var error: DiskKeyError?
    do throws(DiskKeyError) {
      _ = try KeyBlob(sealed.bytes.span, of: .fresh(record))
    } catch let failure {
      error = failure
    }
    #expect(error == .blobChanged)
  }
}
