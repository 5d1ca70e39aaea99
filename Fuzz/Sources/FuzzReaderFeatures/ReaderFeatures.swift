import Input
import PCSC

/// What a reader says of its features and its pad: whatever it is, it is read to its end, and no PIN has no
/// digits.
@c(LLVMFuzzerTestOneInput)
public func fuzzReaderFeatures(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    let bytes = [UInt8](copying: input)
    let features = ReaderFeatures(bytes)
    for tag in [ReaderFeatures.Tag.verify, ReaderFeatures.Tag.modify, 0xFF] {
      guard features[tag] != nil else { continue }
      precondition(bytes.contains(bytes: [tag, 4]), "a feature out of nothing")
    }
    precondition(ReaderFeatures.maximumPIN(in: bytes) != 0, "a PIN without digits")
  }
}

/// What libFuzzer starts from: as libccid answers.
@c(LLVMFuzzerInitialize)
public func seedReaderFeatures(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  writeSeeds(
    ["060442330006 070442330007 0A044233000A 120442330012", "0102 0000 060104 070108 090100"].map {
      [UInt8](hexadecimal: $0)
    })
}
