import Inflate
import Input
import OpenPGP
import Secrets

/// Decompression: never more than the limit, and nothing at all if it fails.
@c(LLVMFuzzerTestOneInput)
public func fuzzInflate(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    guard input.count > 1 else { return }
    let limit = Int(input[1]) << 4
    var plain = SecretBytes(capacity: 8192)
    plain.append(0xAA)
    do throws(OpenPGPError) {
      try ZlibDecompression().decompress(
        algorithm: input[0] & 3, input.extracting(droppingFirst: 2), limit: limit, into: &plain)
      precondition(plain.count <= 1 + limit, "more than the limit")
    } catch {
      precondition(plain.count == 1, "plaintext along with an error")
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedInflate(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  // "hello " five times, deflated; the same by zlib; a block without compression; 8000 zeros by zlib.
  let deflated = [UInt8](hexadecimal: "cb48cdc9c957c8c0410200")
  let zlib = [UInt8](hexadecimal: "78dacb48cdc9c957c8c0410200ae150b05")
  let stored: [UInt8] = [0x01, 0x03, 0x00, 0xFC, 0xFF, 1, 2, 3]
  let bomb = [UInt8](hexadecimal: "78daedc101010000008090feafee080a00000000000000181f400001")
  return writeSeeds([
    [1, 255] + deflated, [2, 255] + zlib, [1, 255] + stored, [2, 1] + bomb, [2, 255] + bomb,
    [3, 255] + zlib,
  ])
}
