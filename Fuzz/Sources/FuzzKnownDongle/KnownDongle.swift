import Input
import OpenPGPCard
import Provisioning

/// What is known of a dongle: what was read is read again from how the library writes it.
@c(LLVMFuzzerTestOneInput)
public func fuzzKnownDongle(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    let bytes = [UInt8](copying: input)
    if let known = KnownDongle(parsing: bytes) {
      precondition(KnownDongle(parsing: known.encoded) == known, "not what was written")
    }
    if let identifier = CardIdentifier(text: input) {
      precondition(CardIdentifier(text: identifier.text.span) == identifier)
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedKnownDongle(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  let identifier = CardIdentifier(manufacturer: 6, serial: 0x2385_2774)
  let content: [UInt8] = [0x81, 1, 3, 0x82, 1, 8, 0x83, 4, 0, 0, 0, 9, 0x84, 2, 1, 2]
  let salted = (try? KeyDerivation(parsing: content.span)) ?? .plain
  let fingerprint = [UInt8](repeating: 0xF9, count: 20)
  return writeSeeds([
    KnownDongle(identifier: identifier, keyDerivation: .plain, fingerprints: [fingerprint]).encoded,
    KnownDongle(identifier: identifier, keyDerivation: salted, fingerprints: [fingerprint]).encoded,
    identifier.text,
  ])
}
