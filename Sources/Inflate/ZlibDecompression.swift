import CSystem
import CZlib
public import OpenPGP
public import Secrets

/// Undoes zlib and raw deflate, by the system's zlib.
///
/// The output lies in the caller's secret, and never grows beyond the limit. What zlib keeps of it in its
/// own window lies in locked pages that are wiped when it is done, whatever the outcome.
public struct ZlibDecompression: Decompression {
  /// Nothing to be set up.
  public init() {}

  /// Adds the decompressed bytes to `plain`; see ``OpenPGP/Decompression``. Wipes what it added if it throws.
  public func decompress(
    algorithm: UInt8, _ compressed: Span<UInt8>, limit: Int, into plain: inout SecretBytes
  ) throws(OpenPGPError) {
    let start = plain.count
    do throws(OpenPGPError) {
      try inflate(
        compressed, windowBits: try windowBits(of: algorithm),
        limit: min(limit, plain.capacity - plain.count), into: &plain)
    } catch {
      plain.truncate(to: start)
      throw error
    }
  }

  /// How zlib is told the format: negative for deflate without a header.
  private func windowBits(of algorithm: UInt8) throws(OpenPGPError) -> Int32 {
    switch algorithm {
    case 1: -15
    case 2: 15
    default: throw .unsupportedCompression(algorithm)
    }
  }

  private func inflate(
    _ compressed: Span<UInt8>, windowBits: Int32, limit: Int, into plain: inout SecretBytes
  ) throws(OpenPGPError) {
    guard let available = UInt32(exactly: compressed.count), limit >= 0,
      let room = UInt32(exactly: limit)
    else { throw .tooLarge(limit: limit) }
    var stream = unsafe z_stream()
    unsafe stream.zalloc = allocateWiped
    unsafe stream.zfree = freeWiped
    // Safe: the version and size are those of the header this was built with.
    guard
      unsafe inflateInit2_(
        &stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw .malformed(tag: compressedTag) }
    // Safe: the stream was just set up; this frees, and so wipes, what it allocated.
    defer { _ = unsafe inflateEnd(&stream) }

    var status = Z_OK
    // Safe: zlib reads and writes only within the two buffers, and only within this call.
    unsafe plain.append { buffer in
      unsafe compressed.withUnsafeBufferPointer { input in
        unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.avail_in = available
        unsafe stream.next_out = buffer.baseAddress
        unsafe stream.avail_out = room
        unsafe status = CZlib.inflate(&stream, Z_FINISH)
        return unsafe Int(room - stream.avail_out)
      }
    }
    if status == Z_STREAM_END, unsafe stream.avail_in == 0 { return }
    // With all the room used and the end not seen, more would have come.
    if status == Z_BUF_ERROR || status == Z_OK, unsafe stream.avail_out == 0 {
      throw .tooLarge(limit: limit)
    }
    throw .malformed(tag: compressedTag)
  }
}

/// The compressed data packet.
private let compressedTag: UInt8 = 8

/// In front of each block: its whole size. As large as anything needs to be aligned to.
private let headerSize = 16

/// zlib's allocator: locked pages, one mapping a block.
private func allocateWiped(
  _: UnsafeMutableRawPointer?, _ items: UInt32, _ size: UInt32
) -> UnsafeMutableRawPointer? {
  let size = Int(items) * Int(size) + headerSize
  var locked = false
  // Safe: the mapping is new, and large enough for the size in front.
  guard let block = unsafe system_map_secret(size, &locked) else { return nil }
  unsafe block.storeBytes(of: size, as: Int.self)
  return unsafe block + headerSize
}

/// zlib's deallocator: wipes first.
private func freeWiped(_: UnsafeMutableRawPointer?, _ block: UnsafeMutableRawPointer?) {
  guard let block = unsafe block else { return }
  // Safe: every block came from `allocateWiped`, with its size in front.
  let start = unsafe block - headerSize
  unsafe system_unmap_secret(start, start.load(as: Int.self))
}
