import DiskKey
import LibCrypto
import OpenPGP
import OpenPGPCard
import Testing
import VolumeTestSupport

@Suite("Record")
struct RecordTests {
  static func record(dongles: Int = 2) throws -> Record {
    let cards = try [
      TestDongle(serial: 1), TestDongle(serial: 2, key: .rsa(bits: 2048), kdf: true),
    ]
    let text = Array("6ec0b1d2-0000-4000-8000-1234567890ab".utf8)
    let uuid = VolumeUUID(text.span)
    let volume = Record.Volume(
      uuid: try #require(uuid),
      luksVersion: 2, keyslot: 1, cipher: Array("aes".utf8), mode: Array("xts-plain64".utf8),
      keySize: 64, sectorSize: 512, dataOffset: 16 << 20, digest: Array("Zm9v".utf8),
      volumeKeyDigest: [UInt8](repeating: 1, count: 32),
      blobDigest: [UInt8](repeating: 2, count: 32), personSlots: 0b101)
    return Record(dongles: cards.prefix(dongles).map(\.recorded), volume: volume)
  }

  static func parse(_ bytes: [UInt8]) -> Result<Record, RecordFault> {
    do throws(RecordFault) {
      return .success(try Record(parsing: bytes.span))
    } catch {
      return .failure(error)
    }
  }

  @Test("a record reads back as it was written, for RSA and ECDH, with a KDF and without")
  func roundTrip() throws {
    let record = try Self.record()
    #expect(Self.parse(record.encoded) == .success(record))
  }

  @Test("no record is read from any truncation, nor with a byte behind the end")
  func truncations() throws {
    let bytes = try Self.record().encoded
    for length in bytes.indices {
      let result = Self.parse(Array(bytes[..<length]))
      #expect((try? result.get()) == nil, "\(length)")
    }
    #expect(Self.parse(bytes + [0]) == .failure(.trailingBytes))
  }

  @Test("no single-bit flip traps, and none reads as the same record")
  func bitFlips() throws {
    let record = try Self.record()
    let bytes = record.encoded
    var accepted = 0
    for index in bytes.indices {
      for bit in 0..<8 {
        var flipped = bytes
        flipped[index] ^= 1 << bit
        guard case .success(let other) = Self.parse(flipped) else { continue }
        accepted += 1
        // A capital in the UUID is the same UUID.
        if other == record { #expect(flipped[index] | 0x20 == bytes[index]) }
      }
    }
    // What is left are numbers, names and keys: only trust in the source covers those.
    #expect(accepted > 0)
  }

  @Test(
    "what makes no sense is refused by name",
    arguments: [
      (9, 2, RecordFault.version(2)), (0, 0x4D, .notARecord),
    ])
  func faults(offset: Int, value: UInt8, fault: RecordFault) throws {
    var bytes = try Self.record().encoded
    bytes[offset] = value
    #expect(Self.parse(bytes) == .failure(fault))
  }

  @Test("no dongle, or too many, is no record")
  func counts() throws {
    var record = try Self.record()
    let one = record.dongles[0]
    record.dongles = []
    #expect(Self.parse(record.encoded) == .failure(.dongleCount(0)))
    record.dongles = Array(repeating: one, count: Record.maximumDongles + 1)
    #expect(Self.parse(record.encoded) == .failure(.dongleCount(Record.maximumDongles + 1)))
  }

  @Test("a name with a control character is refused")
  func names() throws {
    var record = try Self.record()
    record.dongles[0].name = [0x1B]
    #expect(Self.parse(record.encoded) == .failure(.dongle))
  }
}
