import BootChanges
import Input

/// GRUB's environment block: a variable has a name, once, and nothing differs from itself.
@c(LLVMFuzzerTestOneInput)
public func fuzzGrubEnvironment(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    // Filled up, so that the size is no hurdle.
    var bytes = Array("# GRUB Environment Block\n".utf8) + [UInt8](copying: input)
    while bytes.count < GrubEnvironment.size { bytes.append(UInt8(ascii: "#")) }
    guard let block = GrubEnvironment(bytes) else { return }
    let names = block.variables.map(\.name)
    precondition(Set(names).count == names.count && names.allSatisfy { !$0.isEmpty }, "names")
    precondition(block.changes(since: block).isEmpty, "it differs from itself")
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedGrubEnvironment(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  writeSeeds(
    [
      "saved_entry=0\n", "# WARNING\nsaved_entry=a\\\\b\\\nc\nkernelopts=root=UUID=1 ro\n", "=x\n",
      "a=1\na=2\n",
    ].map { Array($0.utf8) })
}
