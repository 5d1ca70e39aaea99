import Dongle
import Input
import LibCrypto
import OpenPGPCard
import Secrets
import SmartCard

/// Whole operations on a card whose every answer is the input's; the first byte chooses the operation and
/// the dongle that is expected, the second is the length of the answer to reset that follows. No byte of a PIN goes to a card that isn't that dongle, none goes twice,
/// and a card that got one is reset.
@c(LLVMFuzzerTestOneInput)
public func fuzzCardScript(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    guard input.count >= 2, input.count >= 2 + Int(input[1]) else { return }
    let dongle = Dongle.all[Int(input[0] & 3)]
    let operation = Operation.allCases[Int(input[0] >> 2) % Operation.allCases.count]
    let answers = 2 + Int(input[1])
    let card = ScriptedCard(
      answerToReset: [UInt8](copying: input.extracting(2..<answers)),
      answering: [UInt8](copying: input.extracting(answers...)))
    switch operation {
    case .sign: watch(card, dongle.signing) { run($0, sign: dongle.signing) }
    case .decipher: watch(card, dongle.decryption) { run($0, decipher: dongle.decryption) }
    default:
      // What a card that nothing is recorded of may be asked: here the PIN goes to whoever it is.
      do throws(CardError) { try run(card, operation) } catch {}
      precondition(card.ending != nil || card.commands.isEmpty, "a transaction without an end")
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedCardScript(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  writeSeeds(
    Dongle.all.indices.flatMap { index in
      Operation.allCases.indices.flatMap { operation in
        [[], yubikey].map { answerToReset in
          [UInt8(operation << 2 | index), UInt8(answerToReset.count)] + answerToReset
            + ScriptedCard.script(of: seed(Dongle.all[index], Operation.allCases[operation]))
        }
      }
    })
}

/// A Yubikey 5's answer to reset, which announces extended lengths.
private let yubikey: [UInt8] = [
  0x3B, 0xFD, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x15, 0x80, 0x73, 0xC0,
  0x21, 0xC0, 0x57, 0x59, 0x75, 0x62, 0x69, 0x4B, 0x65, 0x79, 0x40,
]

private enum Operation: CaseIterable {
  case sign, decipher, read, administrate, changePIN, resetPIN, setUpDerivation, removeDerivation
  case factoryReset, activate
}

/// A card that says that it has fewer tries gets nothing.
private let terms = PINTerms(triesShown: 2, memory: NoPINMemory())

/// Longer than any hash is in the words of a card, and nowhere else in these bytes.
private let text = "4b7#PIN-of-the-fuzzer#9q"

private func seed(_ dongle: Dongle, _ operation: Operation) -> [[UInt8]] {
  let done: [UInt8] = [0x90, 0x00]
  let status: [UInt8] = [1, 127, 127, 127, 3, 3, 3, 0x90, 0x00]
  let begin = [dongle.selected, dongle.applicationData]
  switch operation {
  case .sign:
    let size = dongle.signing.publicKey.algorithm == .eddsa(.ed25519) ? 64 : 256
    let signature = [UInt8](repeating: 7, count: size) + done
    return dongle.answers(upToPIN: dongle.signing) + [signature, signature]
  case .decipher:
    return dongle.answers(upToPIN: dongle.decryption) + [[UInt8](repeating: 7, count: 32) + done]
  case .read:
    let keys = [dongle.signing, dongle.decryption, dongle.signing].map { dongle.publicKey($0) }
    return begin + keys + [
      dongle.signing.keyDerivation.encoded + done,
      TLVWriter.element(0xFA, TLVWriter.element(0xC1, [0x01, 8, 0, 0, 32, 0])) + done,
      TLVWriter.element(0x7A, TLVWriter.element(0x93, [0, 0, 9])) + done,
      [1, 2, 3, 4, 5, 6, 7, 8] + done, done, [1, 2, 3] + done, [0x5B, 1, 65] + done, done,
    ]
  case .administrate:
    return begin + [done, dongle.publicKey(dongle.signing), dongle.applicationData]
      + [done, done, done, dongle.applicationData, done, status, done, status, done, status]
      + [done, done, done, done, done, dongle.selected, dongle.applicationData]
  case .changePIN, .resetPIN: return begin + [done, status]
  case .setUpDerivation:
    return begin + [
      [0x81, 1, 0] + done, done, done, done, status, done, status, done, done, status,
    ]
  case .removeDerivation:
    return begin + [done, done, done, status, done, status, done, done, done, status, done, status]
  case .factoryReset:
    let wrong: [UInt8] = [0x63, 0xC0]
    return begin + [wrong, [1, 127, 127, 127, 0, 3, 0, 0x90, 0x00], done, done] + begin
  case .activate: return [[0x62, 0x85], done] + begin
  }
}

/// Runs `body` with `card` watched, and looks at how the transaction ended.
private func watch(_ card: ScriptedCard, _ pinned: PinnedKey, _ body: (ScriptedCard) -> Void) {
  let witness = PINWitness(on: card, pinned: pinned, text: text)
  body(card)
  precondition(card.ending != nil, "a transaction without an end")
  precondition((card.ending == .reset) == (witness.count > 0), "a card left as it must not be")
}

private func run(_ transport: ScriptedCard, sign pinned: PinnedKey) {
  let bytes = Array(text.utf8)
  let pin = SecretBytes(copying: bytes.span)
  let digest = [UInt8](repeating: 0xD1, count: 64)
  do throws(CardError) {
    var card = try OpenPGPCard(selecting: transport)
    var signing = try card.authorize(.signing, with: pin, under: terms, pinned: pinned)
    let first = try signing.sign(digest.span.extracting(first: 32), hash: .sha256)
    let second = try signing.sign(digest.span, hash: .sha512)
    precondition(first.count == second.count && first.count >= 64, "no signature of this key")
  } catch {}
}

private func run(_ transport: ScriptedCard, decipher pinned: PinnedKey) {
  let bytes = Array(text.utf8)
  let pin = SecretBytes(copying: bytes.span)
  var secret = SecretBytes(capacity: 256)
  let cryptogram: Cryptogram
  switch pinned.publicKey {
  case .rsa(let modulus, _): cryptogram = .rsa([UInt8](repeating: 1, count: modulus.count))
  case .ecdsa(_, let point), .ecdh(_, let point), .eddsa(_, let point):
    cryptogram = .ecdh(point: point)
  }
  do throws(CardError) {
    var card = try OpenPGPCard(selecting: transport)
    var decryption = try card.authorize(.decryption, with: pin, under: terms, pinned: pinned)
    do throws(CardError) {
      try decryption.decipher(cryptogram, into: &secret)
    } catch {
      precondition(secret.isEmpty, "a secret along with an error")
    }
    let digest = [UInt8](repeating: 0xD1, count: 32)
    _ = try decryption.authenticate(digest.span, hash: .sha256)
    _ = try decryption.encipher(digest.span)
    try decryption.decipher(blocks: digest.span, into: &secret)
    try decryption.useKeys(swapped: true)
    try decryption.end()
  } catch {}
}

private func run(_ transport: ScriptedCard, _ operation: Operation) throws(CardError) {
  let factory = FactoryPIN.admin
  let other = Array(text.utf8)
  let old = SecretBytes(copying: factory.span)
  let new = SecretBytes(copying: other.span)
  if operation == .activate {
    _ = try OpenPGPCard(activating: transport)
    return
  }
  var card = try OpenPGPCard(selecting: transport)
  switch operation {
  case .read: try read(&card)
  case .administrate: try administrate(&card, old)
  case .changePIN:
    try card.changePIN(.admin, from: old, under: terms, to: new, derivedBy: .plain)
  case .resetPIN:
    try card.resetUserPIN(with: old, under: terms, to: new, derivedBy: .plain)
  case .setUpDerivation:
    _ = try card.setUpKeyDerivation(
      count: 100, user: old, under: terms, admin: old, under: terms)
  case .removeDerivation:
    try card.removeKeyDerivation(.plain, user: old, under: terms, admin: new, under: terms)
  case .factoryReset: try card.factoryReset()
  case .sign, .decipher, .activate: break
  }
}

private func read(_ card: inout OpenPGPCard<ScriptedCard>) throws(CardError) {
  for slot in KeySlot.allCases { _ = try? card.publicKey(in: slot) }
  _ = try? card.keyDerivation()
  _ = try card.offeredAlgorithms(for: .signing)
  _ = try? card.signatureCount()
  _ = try? card.challenge(8)
  _ = try? card.certificate(of: .authentication)
  _ = try? card.readObject(0x65)
  _ = try card.isAuthorized(.signing)
  try card.refresh()
}

private func administrate(
  _ card: inout OpenPGPCard<ScriptedCard>, _ pin: borrowing SecretBytes
) throws(CardError) {
  var administration = try card.authorize(
    .administration, with: pin, under: terms, derivedBy: .plain)
  _ = try? administration.generateKey(in: .signing, .eddsa(.ed25519))
  let fingerprint = [UInt8](repeating: 0xF9, count: 20)
  try administration.setFingerprint(of: .signing, fingerprint.span)
  try administration.setCreationTime(of: .signing, 1)
  _ = try? administration.setTouchPolicy(of: .signing, .on)
  try administration.setAllowsManySignatures(true)
  try administration.setRetries(user: 3, resetCode: 3, admin: 3)
  try administration.setResetCode(pin, derivedBy: .plain)
  try administration.setUserPIN(pin, derivedBy: .plain)
  try administration.putCertificate(fingerprint.span, of: .signing)
  try administration.putObject(0x5B, fingerprint.span)
  _ = try? administration.readObject(0x5B)
  try administration.factoryReset()
}
