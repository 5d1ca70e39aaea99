import Initramfs
import Input

/// An initramfs: each entry is found, and what is kept of it reads the same again.
@c(LLVMFuzzerTestOneInput)
public func fuzzImage(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    folder.replace("image", with: [UInt8](copying: input))
    guard let listing = try? ImageListing(image: imagePath) else { return }
    for entry in listing.entries {
      precondition(listing[entry.path] == entry, "an entry that isn't found")
      precondition(!entry.path.isEmpty && !entry.path.contains(0), "a path that is none")
    }
    precondition((try? ImageListing(parsing: listing.bytes.span)) == listing, "another listing")
    precondition((try? ImageTree(image: imagePath)) != nil, "a listing without a tree")
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedImage(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  let trailer = entry("TRAILER!!!", mode: 0)
  let archive = entry("etc", mode: 0o040755) + entry("etc/name", Array("content".utf8)) + trailer
  return writeSeeds([
    trailer,
    archive + [0, 0, 0, 0] + archive,
    entry("a", Array("link".utf8), mode: 0o120777) + trailer,
    entry("a", names: 2) + entry("b", Array("x".utf8), names: 2) + trailer,
    // An empty file `a` and the trailer, by gzip.
    [UInt8](
      hexadecimal:
        "1f8b080000000000020333303730373034400216868e2606d881210e710b02f2463046228301867d7800"
        + "b9f639c11821418e9e3eae418a8a8a0c40000052c727aeec000000"),
  ])
}

private let folder = InputFolder()

private let imagePath = folder.path + "/image"

private func entry(
  _ name: String, _ content: [UInt8] = [], mode: UInt32 = 0o100644, names: UInt32 = 1
) -> [UInt8] {
  let fields: [UInt32] = [
    1, mode, 0, 0, names, 0, UInt32(content.count), 0, 0, 0, 0, UInt32(name.utf8.count + 1), 0,
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
