import Initramfs
import Input

/// An initramfs's archive: names, contents and end lie within the bytes, and every shorter reading fails.
@c(LLVMFuzzerTestOneInput)
public func fuzzArchive(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    guard let archive = try? CPIOArchive(in: input) else { return }
    precondition(archive.end <= input.count, "it ends behind the end")
    for entry in archive.entries {
      precondition(entry.content.upperBound <= archive.end, "a content behind the end")
      precondition(!entry.name.isEmpty, "no name")
    }
    guard let last = archive.entries.last else { return }
    precondition(
      (try? CPIOArchive(in: input.extracting(first: last.content.upperBound))) == nil,
      "an archive without a trailer")
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedArchive(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  let trailer = entry("TRAILER!!!", mode: 0)
  return writeSeeds([
    trailer,
    entry("etc", mode: 0o040755) + entry("etc/name", Array("content".utf8)) + trailer,
    entry("a", Array("link".utf8), mode: 0o120777) + trailer,
  ])
}

private func entry(_ name: String, _ content: [UInt8] = [], mode: UInt32 = 0o100644) -> [UInt8] {
  let fields: [UInt32] = [
    1, mode, 0, 0, 1, 0, UInt32(content.count), 0, 0, 0, 0, UInt32(name.utf8.count + 1), 0,
  ]
  var out = Array("070701".utf8)
  for field in fields {
    for shift in stride(from: 28, through: 0, by: -4) {
      out.append(Array("0123456789ABCDEF".utf8)[Int(field >> UInt32(shift) & 15)])
    }
  }
  out += Array(name.utf8) + [0]
  while out.count % 4 != 0 { out.append(0) }
  out += content
  while out.count % 4 != 0 { out.append(0) }
  return out
}
