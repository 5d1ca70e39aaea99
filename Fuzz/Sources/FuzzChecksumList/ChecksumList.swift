import BootMedia
import Input
import LibCrypto

/// Lists of checksums: what is taken has the size of its function, and a file that is found has one
/// answer for each function that counts.
@c(LLVMFuzzerTestOneInput)
public func fuzzChecksumList(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    guard let list = try? ChecksumList(parsing: [UInt8](copying: input)) else { return }
    precondition(!list.entries.isEmpty)
    for entry in list.entries {
      precondition(!entry.name.isEmpty && entry.line > 0)
      if let algorithm = entry.function.algorithm {
        precondition(entry.digest.count == algorithm.digestSize)
      }
      let name = Array(entry.name.reversed().prefix { $0 != UInt8(ascii: "/") }.reversed())
      guard let listed = try? ListedFile(name, in: list) else { continue }
      precondition(!listed.checksums.isEmpty)
      let functions = listed.checksums.map { "\($0.algorithm)" }
      precondition(Set(functions).count == functions.count, "two answers")
      precondition(!functions.contains("sha1"), "a weak one counts")
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedChecksumList(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  let digest = String(repeating: "0123456789abcdef", count: 4)
  return writeSeeds(
    [
      "\(digest)  debian.iso\n\(digest) *dvd/debian.iso\n", "SHA256 (a (b).iso) = \(digest)\n",
      "# comment\r\n\\\(digest)  a\\nb\\\\c\r\n", "MD5 (a) = 0123456789abcdef0123456789abcdef\n",
      "\(digest)\(digest) *Qubes-R4.2.3-x86_64.iso\n",
    ].map { Array($0.utf8) })
}
