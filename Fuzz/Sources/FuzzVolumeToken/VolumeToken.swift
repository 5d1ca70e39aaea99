import DiskKey
import Input

/// The LUKS2 token, as a header gives it: what was read is read again from how the library writes it.
@c(LLVMFuzzerTestOneInput)
public func fuzzVolumeToken(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    var text: [UInt8] = []
    for index in input.indices { text.append(input[index]) }
    guard let token = try? VolumeToken(json: text) else { return }
    precondition((try? VolumeToken(json: token.json)) == token, "not what was written")
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedVolumeToken(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  let before = Array(#"{"type":"openpgp-card","keyslots":["1"],"openpgp-card":""#.utf8)
  // LKVTOKEN, version 1, one dongle, a blob of four bytes.
  let dongle = [UInt8](repeating: 0, count: 52)
  let content = Array("LKVTOKEN".utf8) + [0, 1, 1] + dongle + [0, 4, 1, 2, 3, 4]
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var base64: [UInt8] = []
  // 69 bytes: whole groups.
  for start in stride(from: 0, to: content.count, by: 3) {
    let group = content[start..<(start + 3)].reduce(0) { $0 << 8 | Int($1) }
    for shift in [18, 12, 6, 0] { base64.append(alphabet[group >> shift & 63]) }
  }
  return writeSeeds([before + base64 + Array(#""}"#.utf8), before])
}
