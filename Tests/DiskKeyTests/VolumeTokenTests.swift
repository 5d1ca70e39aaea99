import DiskKey
import LibCrypto
import OpenPGP
import OpenPGPCard
import TestSupport
import Testing
import VolumeTestSupport

@Suite("The LUKS2 token")
struct VolumeTokenTests {
  private static func record(_ dongles: [Record.Dongle], _ blob: [UInt8]) throws -> Record {
    let uuid = Array("0b5d6f3a-4f0c-4e55-9b5b-8f4a1f1d2c3b".utf8)
    guard let uuid = VolumeUUID(uuid.span) else { throw TestSupportError("no UUID") }
    return Record(
      dongles: dongles,
      volume: Record.Volume(
        uuid: uuid, luksVersion: 2, keyslot: 12,
        cipher: Array("aes".utf8), mode: Array("xts-plain64".utf8), keySize: 64, sectorSize: 512,
        dataOffset: 16 << 20, digest: [1], volumeKeyDigest: [UInt8](repeating: 1, count: 32),
        blobDigest: try digest(.sha256, of: blob.span), personSlots: 1))
  }

  private static let blob = Array("an OpenPGP message".utf8)

  @Test("is read as it was written, and is that of its record alone")
  func roundTrip() throws {
    let dongle = try TestDongle()
    let record = try Self.record([dongle.recorded], Self.blob)
    let token = try VolumeToken(of: record, blob: Self.blob)
    let text = String(decoding: token.json, as: UTF8.self)
    #expect(
      text.hasPrefix(#"{"type":"openpgp-card","keyslots":["12"],"openpgp-card":"TEtWVE9LRU4A"#))
    let read = try VolumeToken(json: token.json)
    #expect(read == token)
    #expect(read.keyslot == 12 && read.blob == Self.blob && read.dongles.count == 1)
    #expect(read.dongles[0].fingerprint == dongle.recorded.pinned.fingerprint)
    #expect(try read.matches(record))

    var others = [record, record, record, record]
    others[0].volume.keyslot = 11
    others[1].volume.blobDigest[0] ^= 1
    others[2].dongles.append(try TestDongle(serial: 7).recorded)
    // Another key under the same fingerprint.
    let pinned = record.dongles[0].pinned
    others[3].dongles[0].pinned = PinnedKey(
      identifier: pinned.identifier, slot: pinned.slot, fingerprint: pinned.fingerprint,
      publicKey: try TestDongle().recorded.pinned.publicKey, keyDerivation: pinned.keyDerivation)
    for other in others { #expect(try !read.matches(other)) }
  }

  @Test(
    "whatever isn't exactly a token is refused by its fault",
    arguments: [
      ("", VolumeToken.Fault.json), ("[]", .json), ("{}", .json), ("null", .json),
      (#"{"type":"luks2-keyring","keyslots":[],"openpgp-card":"AAAA"}"#, .json),
      (#"{"type":"openpgp-card","keyslots":[]}"#, .json),
      (#"{"type":"openpgp-card","keyslots":{},"openpgp-card":"AAAA"}"#, .json),
      (#"{"type":"openpgp-card","keyslots":[],"openpgp-card":"AAAA","more":1}"#, .json),
      (#"{"type":"openpgp-card","keyslots":["0","1"],"openpgp-card":"AAAA"}"#, .keyslots),
      (#"{"type":"openpgp-card","keyslots":["32"],"openpgp-card":"AAAA"}"#, .keyslots),
      (#"{"type":"openpgp-card","keyslots":["01"],"openpgp-card":"AAAA"}"#, .keyslots),
      (#"{"type":"openpgp-card","keyslots":[1],"openpgp-card":"AAAA"}"#, .keyslots),
      (#"{"type":"openpgp-card","keyslots":["1"],"openpgp-card":""}"#, .base64),
      (#"{"type":"openpgp-card","keyslots":["1"],"openpgp-card":"AAA"}"#, .base64),
      (#"{"type":"openpgp-card","keyslots":["1"],"openpgp-card":"AA A"}"#, .base64),
      (#"{"type":"openpgp-card","keyslots":["1"],"openpgp-card":3}"#, .base64),
      (#"{"type":"openpgp-card","keyslots":["1"],"openpgp-card":"AAAA"}"#, .content(.notARecord)),
      // LKVTOKEN, version 2; version 1 and no dongle; and one whose rest is missing.
      (
        #"{"type":"openpgp-card","keyslots":["1"],"openpgp-card":"TEtWVE9LRU4AAg=="}"#,
        .content(.version(2))
      ),
      (
        #"{"type":"openpgp-card","keyslots":["1"],"openpgp-card":"TEtWVE9LRU4AAQA="}"#,
        .content(.dongleCount(0))
      ),
      (
        #"{"type":"openpgp-card","keyslots":["1"],"openpgp-card":"TEtWVE9LRU4AAQE="}"#,
        .content(.truncated)
      ),
    ])
  func refused(text: String, fault: VolumeToken.Fault) {
    #expect(throws: fault) { try VolumeToken(json: Array(text.utf8)) }
  }

  @Test("cut anywhere it is refused, and so is one with more behind it")
  func cut() throws {
    let record = try Self.record([TestDongle().recorded], Self.blob)
    let whole = try VolumeToken(of: record, blob: Self.blob).json
    for length in 0..<whole.count {
      #expect(throws: VolumeToken.Fault.self) { try VolumeToken(json: Array(whole[..<length])) }
    }
    let long = whole + [UInt8](repeating: 0x20, count: VolumeToken.maximumSize)
    #expect(throws: VolumeToken.Fault.tooLarge) { try VolumeToken(json: long) }
  }

  @Test("of twelve dongles with RSA-4096 fits")
  func size() throws {
    // A PKESK of RSA-4096 has 527 bytes.
    let dongle = try TestDongle(key: .rsa(bits: 2048)).recorded
    let blob = [UInt8](repeating: 1, count: 12 * 527 + 120)
    let record = try Self.record([Record.Dongle](repeating: dongle, count: 12), blob)
    #expect(try VolumeToken(of: record, blob: blob).json.count <= VolumeToken.maximumSize)
  }
}
