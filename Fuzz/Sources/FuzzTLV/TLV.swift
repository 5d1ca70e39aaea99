import Input
import SmartCard

/// Reads a sequence and what is constructed in it. Nothing is read twice, and an error stays where it was.
@c(LLVMFuzzerTestOneInput)
public func fuzzTLV(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in walk(input, depth: 0) }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedTLV(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  writeSeeds([
    TLVWriter.element(0x6E, TLVWriter.element(0x4F, [1, 2]) + TLVWriter.element(0x5F52, [3])),
    TLVWriter.element(0x7F49, TLVWriter.element(0x81, [UInt8](repeating: 9, count: 256))),
    [0x53, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], [0x53, 0x80, 0x00, 0x00],
  ])
}

private func walk(_ bytes: Span<UInt8>, depth: Int) {
  var reader = TLVReader(bytes)
  var total = 0
  do throws(TLVError) {
    while let element = try reader.next() {
      total += 2 + element.value.count
      precondition(total <= bytes.count, "more was read than there is")
      if element.isConstructed, depth < 8 { walk(element.value, depth: depth + 1) }
    }
    precondition(reader.isAtEnd, "something is left")
  } catch {
    precondition(!reader.isAtEnd, "an error, and nothing is left")
  }
}
