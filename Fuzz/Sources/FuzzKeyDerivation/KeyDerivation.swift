import Input
import OpenPGPCard
import Secrets
import SmartCard

/// The KDF-DO: what was read says the same when it is read again, and makes PINs of one length.
@c(LLVMFuzzerTestOneInput)
public func fuzzKeyDerivation(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    guard let derivation = try? KeyDerivation(parsing: input) else { return }
    let encoded = derivation.encoded
    precondition(encoded.count <= input.count, "more was kept than there was")
    // Gigabytes of hashing are refused; these would only be slow.
    if case .iteratedSalted(_, let count) = derivation.method, count > 100_000 { return }
    let text: [UInt8] = [0x31, 0x32, 0x33, 0x34, 0x35, 0x36]
    let pin = SecretBytes(copying: text.span)
    for which in PIN.allCases {
      var out = SecretBytes(capacity: derivation.derivedSize ?? pin.count)
      guard (try? derivation.derive(pin, for: which, into: &out)) != nil else { continue }
      precondition(out.count == out.capacity, "a PIN of another length")
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedKeyDerivation(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  let salted =
    TLVWriter.element(0x81, [3]) + TLVWriter.element(0x82, [8])
    + TLVWriter.element(0x83, [0, 1, 0x86, 0xA0])
    + TLVWriter.element(0x84, [1, 2, 3, 4, 5, 6, 7, 8])
  let three =
    TLVWriter.element(0x81, [3]) + TLVWriter.element(0x82, [10])
    + TLVWriter.element(0x83, [0, 0, 0, 9])
    + [0x84, 0x85, 0x86].flatMap { TLVWriter.element($0, [1, 2, 3, 4, 5, 6, 7, UInt8($0)]) }
    + TLVWriter.element(0x87, [UInt8](repeating: 7, count: 64))
  return writeSeeds([
    [0x81, 1, 0], salted, three, TLVWriter.element(0xF9, salted), TLVWriter.element(0xF9, three),
  ])
}
