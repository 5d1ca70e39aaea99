import DiskKey
import Dongle
import Input
import LibCrypto
import OpenPGP
import OpenPGPCard
import Secrets
import SmartCard

/// Opening a volume's key on a card whose every answer is the input's; the first byte chooses the dongle.
/// What comes out is the key that was encrypted, or nothing; and no byte of the PIN goes to a card that
/// isn't the recorded one.
@c(LLVMFuzzerTestOneInput)
public func fuzzUnlockScript(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    guard !input.isEmpty else { return }
    let volume = volumes[Int(input[0]) % volumes.count]
    let transport = ScriptedCard(answering: [UInt8](copying: input.extracting(droppingFirst: 1)))
    let witness = PINWitness(on: transport, pinned: volume.dongle.pinned, text: text)
    open(volume, on: transport)
    precondition(
      (transport.ending == .reset) == (witness.count > 0), "a card left as it mustn't be")
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedUnlockScript(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  writeSeeds(
    Dongle.all.indices.map { index in
      let dongle = Dongle.all[index]
      let answers = dongle.answers(upToPIN: dongle.decryption) + [Volume.answer(of: index)]
      return [UInt8(index)] + ScriptedCard.script(of: answers)
    })
}

private let text = "4b7#PIN-of-the-fuzzer#9q"
private let key = repositoryFile("testkeys/plain.bin")
private let volumes = Dongle.all.indices.map { Volume($0) }

private func open(_ volume: Volume, on transport: ScriptedCard) {
  let bytes = Array(text.utf8)
  let pin = SecretBytes(copying: bytes.span)
  do throws(CardError) {
    var card = try OpenPGPCard(selecting: transport)
    do throws(DiskKeyError) {
      let found = try volume.blob.open(
        on: &card, as: volume.dongle, with: pin,
        under: PINTerms(triesShown: 2, memory: NoPINMemory()), decompressing: NoDecompression())
      let isKey = found.withBytes { [UInt8](copying: $0) == key }
      precondition(isKey, "another key than was encrypted")
    } catch {}
  } catch {}
}

/// A volume whose key gpg encrypted to a test key.
private struct Volume {
  let blob: KeyBlob
  let dongle: Record.Dongle

  init(_ index: Int) {
    let pinned = Dongle.all[index].decryption
    let name = index < 2 ? "ed25519" : "rsa2048"
    let bytes = repositoryFile("testkeys/\(name)/message-z0.pgp")
    var agreement: ECDHParameters?
    if case .ecdh(let curve, _) = pinned.publicKey { agreement = ECDHParameters(for: curve) }
    dongle = Record.Dongle(name: [], pinned: pinned, keyAgreement: agreement, isTested: true)
    let uuidText = Array("0b5d6f3a-4f0c-4e55-9b5b-8f4a1f1d2c3b".utf8)
    guard let uuid = VolumeUUID(uuidText.span),
      let blobDigest = try? digest(.sha256, of: bytes.span)
    else { preconditionFailure("no UUID") }
    let volume = Record.Volume(
      uuid: uuid, luksVersion: 2, keyslot: 1, cipher: Array("aes".utf8),
      mode: Array("xts-plain64".utf8), keySize: 64, sectorSize: 512, dataOffset: 16 << 20,
      digest: [0x61], volumeKeyDigest: [UInt8](repeating: 1, count: 32), blobDigest: blobDigest,
      personSlots: 1)
    let record = Record(dongles: [dongle], volume: volume).encoded
    guard let recordDigest = try? digest(.sha256, of: record.span),
      let trusted = try? TrustedRecord.signedBoot(record.span, listedAs: recordDigest),
      let blob = try? KeyBlob(bytes.span, of: trusted)
    else { preconditionFailure("no blob") }
    self.blob = blob
  }

  /// What the test key's card gives for its blob: the shared secret, or the session key's block by
  /// `gpg --show-session-key`. With test keys made anew it opens nothing, and wants to be taken anew.
  static func answer(of index: Int) -> [UInt8] {
    if index < 2 {
      let secret = "8de9078b93287218e625ded6f57a0a7d3706072f5eb8d6dfc85cef19a6a5617c"
      return [UInt8](hexadecimal: secret) + [0x90, 0x00]
    }
    let key = [UInt8](
      hexadecimal: "D085CC82FF856C1D8E9FA54B3384A5E0D5F92BE3B53F4D709F98677FE1CF6E7E")
    let sum = key.reduce(0) { $0 + Int($1) }
    return [9] + key + [UInt8(sum >> 8 & 0xFF), UInt8(sum & 0xFF), 0x90, 0x00]
  }
}
