import CZlib
import Foundation
import Inflate
import OpenPGP
import Secrets
import Testing

@Suite("Decompression")
struct ZlibDecompressionTests {
  /// Compresses by zlib: 2 with its header, 1 without.
  static func deflate(_ plain: [UInt8], algorithm: UInt8) -> [UInt8] {
    var stream = unsafe z_stream()
    unsafe deflateInit2_(
      &stream, 9, Z_DEFLATED, algorithm == 1 ? -15 : 15, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    defer { unsafe deflateEnd(&stream) }
    var input = plain
    let room = plain.count / 2 + 1024
    return unsafe [UInt8](unsafeUninitializedCapacity: room) { output, count in
      unsafe input.withUnsafeMutableBufferPointer { input in
        unsafe stream.next_in = input.baseAddress
        unsafe stream.avail_in = UInt32(input.count)
        unsafe stream.next_out = output.baseAddress
        unsafe stream.avail_out = UInt32(room)
        _ = unsafe CZlib.deflate(&stream, Z_FINISH)
      }
      count = unsafe room - Int(stream.avail_out)
    }
  }

  private func inflate(_ bytes: [UInt8], algorithm: UInt8, limit: Int) throws -> [UInt8] {
    var plain = SecretBytes(capacity: limit)
    do throws(OpenPGPError) {
      try ZlibDecompression().decompress(
        algorithm: algorithm, bytes.span, limit: limit, into: &plain)
    } catch {
      let left = plain.count
      #expect(left == 0, "bytes were left behind")
      throw error
    }
    return plain.withBytes { bytes in bytes.indices.map { bytes[$0] } }
  }

  @Test(
    "zlib and raw deflate come back as they were, up to the last byte of the limit",
    arguments: [1, 2] as [UInt8], [0, 1, 64, 4096, 100_000])
  func roundTrip(algorithm: UInt8, size: Int) throws {
    let plain = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
    let compressed = Self.deflate(plain + [], algorithm: algorithm)
    #expect(try inflate(compressed, algorithm: algorithm, limit: size) == plain)
    #expect(try inflate(compressed, algorithm: algorithm, limit: size + 1000) == plain)
    if size > 0 {
      #expect(throws: OpenPGPError.tooLarge(limit: size - 1)) {
        try inflate(compressed, algorithm: algorithm, limit: size - 1)
      }
    }
  }

  @Test("every truncation is refused, and so is a byte more", arguments: [1, 2] as [UInt8])
  func truncations(algorithm: UInt8) throws {
    let plain = [UInt8]("A key, a key, a kingdom for a key. A key!".utf8)
    let compressed = Self.deflate(plain, algorithm: algorithm)
    for length in 0..<compressed.count {
      #expect(throws: OpenPGPError.malformed(tag: 8)) {
        try inflate([UInt8](compressed[..<length]), algorithm: algorithm, limit: 4096)
      }
    }
    #expect(throws: OpenPGPError.malformed(tag: 8)) {
      try inflate(compressed + [0], algorithm: algorithm, limit: 4096)
    }
  }

  @Test("any flipped bit of a zlib stream is refused or harmless, and nothing is left behind")
  func flips() throws {
    let plain = [UInt8]("A key, a key, a kingdom for a key. A key!".utf8)
    let compressed = Self.deflate(plain, algorithm: 2)
    for bit in 0..<(compressed.count * 8) {
      var changed = compressed
      changed[bit / 8] ^= 1 << (bit % 8)
      if let result = try? inflate(changed, algorithm: 2, limit: 4096) { #expect(result == plain) }
    }
  }

  @Test("bzip2 and unknown algorithms are named", arguments: [0, 3, 4, 110] as [UInt8])
  func unknown(algorithm: UInt8) {
    #expect(throws: OpenPGPError.unsupportedCompression(algorithm)) {
      try inflate([1, 2, 3], algorithm: algorithm, limit: 4096)
    }
  }

  @Test("a bomb of 200 MB stops at the limit")
  func bomb() throws {
    let compressed = Self.deflate([UInt8](repeating: 0, count: 200_000_000), algorithm: 2)
    #expect(compressed.count < 250_000)
    #expect(throws: OpenPGPError.tooLarge(limit: 4096)) {
      try inflate(compressed, algorithm: 2, limit: 4096)
    }
  }
}
