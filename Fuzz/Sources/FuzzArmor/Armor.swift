import Input
import OpenPGP

/// ASCII armor: what was read is read again from how the library writes it.
@c(LLVMFuzzerTestOneInput)
public func fuzzArmor(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    _ = Armor.isArmored(input)
    for kind in Armor.Kind.allCases {
      let one = try? Armor.decode(input, as: kind)
      let all = try? Armor.blocks(in: input, as: [kind])
      if let one {
        precondition(all?.map(\.bytes) == [one], "one block, and not the same among all")
        let written = Armor.encode(one.span, as: kind)
        precondition((try? Armor.decode(written.span, as: kind)) == one, "not what was written")
      }
    }
    let written = Armor.encode(input, as: .message)
    let read = (try? Armor.decode(written.span, as: .message)) ?? []
    precondition(read == [UInt8](copying: input), "not what was written")
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedArmor(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  let bytes = [UInt8](0..<100)
  let two = Armor.encode(bytes.span, as: .publicKey, comment: Array("two".utf8))
  return writeSeeds(
    [repositoryFile("testkeys/ed25519/signed.asc"), two + two]
      + Armor.Kind.allCases.map { Armor.encode(bytes.span, as: $0) })
}
