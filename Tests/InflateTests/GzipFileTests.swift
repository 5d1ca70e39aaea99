import Foundation
import Inflate
import TestSupport
import Testing

@Suite("gzip files")
struct GzipFileTests {
  private func packed(_ text: String) throws -> [UInt8] {
    try Program.run("gzip", ["-c"], text: text).output
  }

  @Test("what gzip wrote comes out, of several members, too")
  func whole() throws {
    let text = (0..<20_000).map { "2026-01-01 00:00:00 install \($0)\n" }.joined()
    let bytes = try packed(text)
    #expect(try GzipFile.decompress(bytes.span, limit: 1 << 20) == Array(text.utf8))
    let twice = bytes + (try packed("end\n"))
    #expect(try GzipFile.decompress(twice.span, limit: 1 << 20) == Array((text + "end\n").utf8))
    let empty = try packed("")
    #expect(try GzipFile.decompress(empty.span, limit: 0).isEmpty)
  }

  @Test("a cut, a changed byte and what is no gzip give nothing")
  func damaged() throws {
    let bytes = try packed("a log\n")
    for count in 0..<bytes.count {
      let cut = Array(bytes[..<count])
      #expect(throws: GzipError.damaged) { try GzipFile.decompress(cut.span, limit: 100) }
    }
    // The checksum and the length at the end.
    for index in (bytes.count - 8)..<bytes.count {
      var changed = bytes
      changed[index] ^= 1
      #expect(throws: GzipError.damaged) { try GzipFile.decompress(changed.span, limit: 100) }
    }
  }

  @Test("no more comes out than is allowed")
  func limit() throws {
    let bytes = try packed(String(repeating: "0", count: 1 << 20))
    #expect(throws: GzipError.tooLarge(limit: 1000)) {
      try GzipFile.decompress(bytes.span, limit: 1000)
    }
  }
}
