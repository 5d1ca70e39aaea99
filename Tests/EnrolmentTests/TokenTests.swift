import DiskKey
import Enrolment
import Foundation
import LibCrypto
import OpenPGPCard
import Secrets
import TestSupport
import Testing
import VolumeTestSupport

@Suite("The token in the header")
struct TokenTests {
  /// What cryptsetup itself exports; nil if there is no token of that number.
  private func exported(_ volume: TestVolume, _ number: Int = 0) throws -> [UInt8]? {
    let result = try Program.run(
      "cryptsetup", ["token", "export", "--token-id", String(number), volume.image])
    return result.status == 0 ? result.output : nil
  }

  private func token(_ volume: TestVolume) throws -> VolumeToken? {
    guard let bytes = try exported(volume) else { return nil }
    return try VolumeToken(json: bytes.filter { $0 != UInt8(ascii: "\n") })
  }

  @Test("is that of root's record after an enrolment, and replaced by the next")
  func written() throws {
    let volume = try TestVolume(luks: 2)
    let dongle = try TestDongle()
    #expect(try volume.enroll(dongle).token == .written(number: 0))
    let first = try #require(try token(volume))
    #expect(try first.matches(volume.trusted().record))
    #expect(first.keyslot == 1)
    #expect(try volume.enroll(dongle).token == .written(number: 0))
    let second = try #require(try token(volume))
    #expect(second != first && second.keyslot == 2)
    #expect(try second.matches(volume.trusted().record))
    #expect(try exported(volume, 1) == nil)
  }

  @Test("others' tokens stay as they are, and several of ours become one")
  func others() throws {
    let volume = try TestVolume(luks: 2)
    let foreign = #"{"type":"someone-elses","keyslots":["0"],"what":"ever"}"#
    let ours = #"{"type":"openpgp-card","keyslots":[],"openpgp-card":"old"}"#
    for text in [foreign, ours, ours] {
      let imported = try Program.run(
        "cryptsetup", ["token", "import", "--disable-external-tokens", volume.image], text: text)
      #expect(imported.status == 0, "\(imported.errorText)")
    }
    #expect(try volume.enroll(TestDongle()).token == .written(number: 1))
    #expect(
      try exported(volume, 0).map { String(decoding: $0, as: UTF8.self) }?.contains("ever") == true)
    #expect(try exported(volume, 1) != nil)
    #expect(try exported(volume, 2) == nil)
  }

  @Test("is not there on LUKS1, and the enrolment says so")
  func luks1() throws {
    #expect(try TestVolume(luks: 1).enroll(TestDongle()).token == .notLUKS2)
  }

  @Test("where it is too large, the old one goes and all else is done")
  func tooLarge() throws {
    let volume = try TestVolume(luks: 2)
    let dongle = try TestDongle(key: .rsa(bits: 2048))
    #expect(try volume.enroll(dongle).token == .written(number: 0))
    // Thirty dongles, of which one is there.
    let pinned = dongle.recorded.pinned
    let dongles = (0..<30).map { number in
      var other = dongle.recorded
      other.pinned = PinnedKey(
        identifier: CardIdentifier(
          manufacturer: pinned.identifier.manufacturer,
          serial: pinned.identifier.serial + UInt32(number)), slot: .decryption,
        fingerprint: pinned.fingerprint, publicKey: pinned.publicKey,
        keyDerivation: pinned.keyDerivation)
      return other
    }
    let outcome = try Enrolment(of: volume.image, places: volume.places).enroll(
      dongles, passphrase: secret(TestVolume.passphrase)
    ) { (blob, asked) throws(DiskKeyError) in asked == dongles[0] ? try dongle.open(blob) : nil }
    #expect(outcome.token == .noRoom)
    #expect(try exported(volume) == nil)
    #expect(try volume.status().keyslots.map(\.number) == [0, 2])
    #expect(try volume.opensByPassphrase())
  }

  @Test("where other tokens have taken the room, it is not written either")
  func noRoom() throws {
    let volume = try TestVolume(luks: 2)
    let dongle = try TestDongle()
    try volume.enroll(dongle)
    // 12 KiB of JSON in all.
    let imported = try Program.run(
      "cryptsetup", ["token", "import", volume.image],
      text: #"{"type":"filler","keyslots":[],"x":"\#(String(repeating: "x", count: 7_000))"}"#)
    #expect(imported.status == 0, "\(imported.errorText)")
    let header = try CryptDevice(header: Array(volume.image.utf8))
    let record = try volume.trusted().record
    for (size, fits) in [(1_500, true), (4_000, false)] {
      let token = try VolumeToken(of: record, blob: [UInt8](repeating: 1, count: size))
      try header.write(token)
      #expect(header.tokenOutcome == (fits ? .written(number: 0) : .noRoom))
      #expect((try exported(volume) != nil) == fits)
    }
    #expect(try exported(volume, 1) != nil)
  }
}
