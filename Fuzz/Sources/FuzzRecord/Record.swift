import DiskKey
import Dongle
import Input
import LibCrypto
import OpenPGP
import OpenPGPCard

/// The record: what was read is read again from how the library writes it.
@c(LLVMFuzzerTestOneInput)
public func fuzzRecord(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    guard let record = try? Record(parsing: input) else { return }
    let encoded = record.encoded
    precondition((try? Record(parsing: encoded.span)) == record, "not what was written")
    for dongle in record.dongles { _ = dongle.recipient.keyID }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedRecord(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  writeSeeds([
    seed(Dongle.all[0...0]), seed(Dongle.all[1...1]), seed(Dongle.all[2...2]),
    seed(Dongle.all[0...]),
  ])
}

private func seed(_ dongles: ArraySlice<Dongle>) -> [UInt8] {
  let text = Array("0b5d6f3a-4f0c-4e55-9b5b-8f4a1f1d2c3b".utf8)
  guard let uuid = VolumeUUID(text.span) else { preconditionFailure("no UUID") }
  let volume = Record.Volume(
    uuid: uuid, luksVersion: 2, keyslot: 1, cipher: Array("aes".utf8),
    mode: Array("xts-plain64".utf8), keySize: 64, sectorSize: 512, dataOffset: 16 << 20,
    digest: [UInt8](repeating: 0x61, count: 44), volumeKeyDigest: [UInt8](repeating: 1, count: 32),
    blobDigest: [UInt8](repeating: 2, count: 32), personSlots: 1)
  return Record(
    dongles: dongles.map { dongle in
      var agreement: ECDHParameters?
      if case .ecdh(let curve, _) = dongle.decryption.publicKey {
        agreement = ECDHParameters(for: curve)
      }
      return Record.Dongle(
        name: Array("Ada's".utf8), pinned: dongle.decryption, keyAgreement: agreement,
        isTested: true)
    }, volume: volume
  ).encoded
}
