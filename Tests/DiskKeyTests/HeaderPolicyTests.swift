import DiskKey
import Foundation
import Secrets
import TestSupport
import Testing
import VolumeTestSupport

@Suite("HeaderPolicy")
struct HeaderPolicyTests {
  private func check(
    _ image: String, _ trusted: TrustedRecord, key: [UInt8]? = nil
  ) -> Result<Bool, DiskKeyError> {
    do throws(DiskKeyError) {
      let header = try CheckedHeader(of: Array(image.utf8), for: trusted)
      if let key { try header.test(SecretBytes(copying: key.span)) }
      return .success(true)
    } catch {
      return .failure(error)
    }
  }

  private func loads(_ image: String) throws -> Bool {
    try Program.run("cryptsetup", ["luksDump", image]).status == 0
  }

  /// An enrolled volume, its record, and the key that its dongle gives.
  struct Enrolled: Sendable {
    let volume: TestVolume
    let trusted: TrustedRecord
    let key: [UInt8]

    init(luks version: Int, extra: [String] = []) throws {
      volume = try TestVolume(luks: version, extra: extra)
      let dongle = try TestDongle()
      try volume.enroll(dongle)
      trusted = try volume.trusted()
      let blob = try KeyBlob(reading: Array(volume.installedFolder().utf8), of: trusted)
      key = copy(of: try dongle.open(blob))
    }
  }

  @Test("a header as recorded passes, and the key opens it", arguments: [1, 2])
  func passes(version: Int) throws {
    let enrolled = try Enrolled(luks: version)
    #expect(check(enrolled.volume.image, enrolled.trusted, key: enrolled.key) == .success(true))
    var wrong = enrolled.key
    wrong[0] ^= 1
    #expect(
      check(enrolled.volume.image, enrolled.trusted, key: wrong)
        == .failure(.header(.keyRefused)))
    let passphrase = Array(TestVolume.passphrase.utf8)
    #expect(
      check(enrolled.volume.image, enrolled.trusted, key: passphrase)
        == .failure(.header(.keyRefused)), "only the recorded keyslot is opened")
  }

  /// A forger's change, and the name it is refused by.
  struct Forgery: CustomTestStringConvertible, Sendable {
    let name: String
    let changes: [(path: String, json: String?)]
    let fault: HeaderFault
    var testDescription: String { name }

    init(_ name: String, _ changes: [(path: String, json: String?)], _ fault: HeaderFault) {
      self.name = name
      self.changes = changes
      self.fault = fault
    }
  }

  static let forgeries: [Forgery] = [
    Forgery(
      "a null segment", [("segments.0.encryption", #""cipher_null-ecb""#)], .nullCipher(.segment)),
    Forgery(
      "a null segment with a mode", [("segments.0.encryption", #""cipher_null-plain64""#)],
      .nullCipher(.segment)),
    Forgery(
      "a null keyslot", [("keyslots.1.area.encryption", #""cipher_null-ecb""#)],
      .nullCipher(.keyslot(1))),
    Forgery(
      "someone else's null keyslot", [("keyslots.0.area.encryption", #""cipher_null-ecb""#)],
      .nullCipher(.keyslot(0))),
    Forgery(
      "null in both",
      [
        ("segments.0.encryption", #""cipher_null-ecb""#),
        ("keyslots.1.area.encryption", #""cipher_null-ecb""#),
      ], .nullCipher(.segment)),
    Forgery(
      "another cipher of the segment", [("segments.0.encryption", #""aes-cbc-essiv:sha256""#)],
      .cipher(.segment)),
    Forgery(
      "another cipher of the keyslot", [("keyslots.1.area.encryption", #""aes-cbc-plain64""#)],
      .cipher(.keyslot(1))),
    Forgery(
      "Argon2 with 4 GiB",
      [
        (
          "keyslots.1.kdf",
          #"{"type":"argon2id","time":4,"memory":4194304,"cpus":4,"salt":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}"#
        )
      ], .derivation),
    Forgery("endless rounds", [("keyslots.1.kdf.iterations", "2147483647")], .derivation),
    Forgery("endless rounds of the digest", [("digests.0.iterations", "2147483647")], .digest),
    Forgery(
      "another digest",
      [("digests.0.digest", #""AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=""#)], .digest),
    Forgery(
      "an unknown requirement", [("config.requirements", #"{"mandatory":["somewhat-new"]}"#)],
      .requirement),
    Forgery("another sector size", [("segments.0.sector_size", "512")], .sectorSize),
    Forgery("a segment that ends early", [("segments.0.size", #""1048576""#)], .segments),
    Forgery("another initialisation vector", [("segments.0.iv_tweak", #""8""#)], .segments),
    Forgery("data from elsewhere", [("segments.0.offset", #""17825792""#)], .dataOffset),
    Forgery(
      "a keyslot with a digest of its own",
      [
        ("digests.0.keyslots", #"["0"]"#),
        (
          "digests.1",
          #"{"type":"pbkdf2","keyslots":["1"],"segments":[],"hash":"sha256","iterations":1000,"salt":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","digest":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}"#
        ),
      ], .digest),
  ]

  @Test("what an attacker writes into a LUKS2 header is refused by name", arguments: forgeries)
  func forged(_ forgery: Forgery) throws {
    let enrolled = try Self.shared.get()
    var header = try ForgedHeader(enrolled.volume.image)
    for change in forgery.changes {
      header.set(
        change.path,
        try change.json.map {
          try JSONSerialization.jsonObject(with: Data($0.utf8), options: .fragmentsAllowed)
        })
    }
    let folder = try TemporaryFolder()
    try header.write(to: folder.path("evil"))
    #expect(
      check(folder.path("evil"), enrolled.trusted, key: enrolled.key)
        == .failure(.header(forgery.fault)))
  }

  static let shared = Result { try Enrolled(luks: 2) }

  @Test("cryptsetup itself takes the forged null ciphers, so it is the policy that refuses them")
  func forgeriesLoad() throws {
    let enrolled = try Self.shared.get()
    var header = try ForgedHeader(enrolled.volume.image)
    header.set("segments.0.encryption", "cipher_null-ecb")
    header.set("keyslots.1.area.encryption", "cipher_null-ecb")
    let folder = try TemporaryFolder()
    try header.write(to: folder.path("evil"))
    #expect(try loads(folder.path("evil")))
  }

  @Test("an untouched rewrite still passes, so the forger's checksums are right")
  func rewrite() throws {
    let enrolled = try Self.shared.get()
    let folder = try TemporaryFolder()
    try ForgedHeader(enrolled.volume.image).write(to: folder.path("same"))
    #expect(check(folder.path("same"), enrolled.trusted, key: enrolled.key) == .success(true))
  }

  @Test(
    "whichever copy of LUKS2's metadata is whole serves, of whatever size",
    arguments: ["16k", "64k"])
  func metadata(size: String) throws {
    let enrolled =
      size == "16k"
      ? try Self.shared.get() : try Enrolled(luks: 2, extra: ["--luks2-metadata-size", size])
    let image = try #require(FileManager.default.contents(atPath: enrolled.volume.image))
    let folder = try TemporaryFolder()
    // The first block, its size, and text behind it; and in the second copy, where the first one counts.
    let second = (size == "16k" ? 16 : 64) << 10
    for place in [0, 8, 4100, second, second + 4100] {
      var damaged = [UInt8](image)
      for index in place..<(place + 8) { damaged[index] ^= 0xFF }
      let path = try folder.write("damaged", bytes: damaged)
      #expect(check(path, enrolled.trusted, key: enrolled.key) == .success(true), "\(place)")
      let uuid = try VolumeUUID(of: Array(path.utf8))
      #expect(uuid == enrolled.trusted.record.volume.uuid)
      // What was written into the copy is not written into the volume.
      #expect(FileManager.default.contents(atPath: path) == Data(damaged) || place == 0)
    }
  }

  @Test("a volume cut off within its header is refused, and one whose keyslot is gone")
  func cut() throws {
    let enrolled = try Self.shared.get()
    let image = try #require(FileManager.default.contents(atPath: enrolled.volume.image))
    let folder = try TemporaryFolder()
    let short = try folder.write("short", bytes: [UInt8](image.prefix((16 << 20) - 1)))
    #expect(
      check(short, enrolled.trusted, key: enrolled.key) == .failure(.header(.notLUKS)))
    var wiped = [UInt8](image)
    // The second keyslot's area.
    for index in 290_816..<548_864 { wiped[index] = 0 }
    let path = try folder.write("wiped", bytes: wiped)
    #expect(
      check(path, enrolled.trusted, key: enrolled.key) == .failure(.header(.keyRefused)))
  }

  @Test("another volume, another version and no volume at all are refused by name")
  func others() throws {
    let enrolled = try Self.shared.get()
    let other = try TestVolume(luks: 2)
    #expect(check(other.image, enrolled.trusted) == .failure(.header(.uuid)))
    let uuid = String(decoding: enrolled.trusted.record.volume.uuid.text, as: UTF8.self)
    let twin = try TestVolume(luks: 2, extra: ["--uuid", uuid])
    #expect(check(twin.image, enrolled.trusted) == .failure(.header(.noKeyslot)))
    try twin.add("a second passphrase")
    #expect(check(twin.image, enrolled.trusted) == .failure(.header(.digest)))
    // A reencryption that cryptsetup itself began.
    let passphrase = try twin.folder.write("passphrase", TestVolume.passphrase)
    let begun = try Program.run(
      "cryptsetup",
      [
        "reencrypt", "--init-only", "-q", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000",
        "--key-slot", "0", "--key-file", passphrase, twin.image,
      ])
    #expect(begun.status == 0, "\(begun.errorText)")
    #expect(check(twin.image, enrolled.trusted) == .failure(.header(.reencryption)))
    var older = enrolled.trusted.record
    older.volume.luksVersion = 1
    #expect(check(other.image, .fresh(older)) == .failure(.header(.version)))
    let folder = try TemporaryFolder()
    let noise = try folder.write("noise", bytes: [UInt8](repeating: 0x55, count: 18 << 20))
    #expect(check(noise, enrolled.trusted) == .failure(.header(.notLUKS)))
    let short = try folder.write("short", bytes: [1, 2, 3])
    #expect(check(short, enrolled.trusted) == .failure(.header(.notLUKS)))
  }

  @Test("a keyslot with another volume key, and one that isn't in use, are refused by name")
  func recorded() throws {
    let enrolled = try Self.shared.get()
    var record = enrolled.trusted.record
    record.volume.volumeKeyDigest[0] ^= 1
    #expect(
      check(enrolled.volume.image, .fresh(record), key: enrolled.key)
        == .failure(.header(.volumeKey)))
    record = enrolled.trusted.record
    record.volume.keyslot = 5
    #expect(check(enrolled.volume.image, .fresh(record)) == .failure(.header(.noKeyslot)))
    record = enrolled.trusted.record
    record.volume.keySize = 32
    #expect(check(enrolled.volume.image, .fresh(record)) == .failure(.header(.keySize)))
  }

  @Test("a LUKS1 header with another cipher or digest is refused by name")
  func luks1() throws {
    let enrolled = try Enrolled(luks: 1)
    let image = try #require(FileManager.default.contents(atPath: enrolled.volume.image))
    let folder = try TemporaryFolder()
    let cases: [(offset: Int, bytes: [UInt8], fault: HeaderFault)] = [
      // cipher-name at 8, cipher-mode at 40, mk-digest at 112, payload-offset at 104.
      (8, Array("cipher_null".utf8) + [0], .nullCipher(.segment)),
      (40, Array("cbc-plain64".utf8) + [0], .cipher(.segment)),
      (112, [0, 0, 0], .digest),
      (168, Array("00000000-0000-4000-8000-000000000000".utf8), .uuid),
    ]
    for row in cases {
      var forged = [UInt8](image)
      forged.replaceSubrange(row.offset..<(row.offset + row.bytes.count), with: row.bytes)
      let path = try folder.write("evil", bytes: forged)
      #expect(check(path, enrolled.trusted, key: enrolled.key) == .failure(.header(row.fault)))
    }
  }
}
