import Inflate
import Input

/// A rotated log: never more than the limit comes out, and nothing of what is damaged.
@c(LLVMFuzzerTestOneInput)
public func fuzzGzip(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    guard input.count > 0 else { return }
    let limit = Int(input[0]) << 6
    guard let plain = try? GzipFile.decompress(input.extracting(droppingFirst: 1), limit: limit)
    else { return }
    precondition(plain.count <= limit, "more than the limit")
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedGzip(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  // "hello " five times, by gzip.
  let member = [UInt8](
    hexadecimal: "1f8b0800000000000203cb48cdc9c957c8c0410200becb8abd1e000000")
  return writeSeeds([[255] + member, [255] + member + member, [0] + member, [255]])
}
