import Input
import VirtualCard

/// The virtual card's file: one that can be opened makes a card that answers everything.
@c(LLVMFuzzerTestOneInput)
public func fuzzCardFile(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    folder.replace("card", with: [UInt8](copying: input))
    guard let card = try? VirtualCard(at: folder.path + "/card") else { return }
    _ = card.summary
    for command in commands {
      precondition((2...65538).contains(card.process(command).count), "an answer that isn't one")
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedCardFile(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  writeSeeds(
    ["nitrokey-3", "yubikey-5"].map { name in
      let path = "\(folder.path)/\(name)"
      guard var profile = try? CardProfile(contentsOf: repositoryPath("cards/\(name).json")) else {
        preconditionFailure("no profile")
      }
      profile.sources = [:]
      guard (try? VirtualCard.create(at: path, profile: profile, serial: 1)) != nil else {
        preconditionFailure("no card")
      }
      return read(path)
    })
}

private let folder = InputFolder()

/// Each that reads a part of the state; and some that use a key.
private let commands: [[UInt8]] = {
  let digest = String(repeating: "D1", count: 32)
  let commands: [String] = [
    "00A4040006D27600012401", "00CA004F00", "00CA005E00", "00CA5F5000", "00CA5F5200", "00CA006500",
    "00CA006E00", "00CA007A00", "00CA7F2100", "00CC7F2100", "00CA7F6600", "00CA7F7400",
    "00CA00C100", "00CA00C400", "00CA00C500", "00CA00DE00", "00CA00F900", "00CA00FA00",
    "0047810002B60000", "0047810002B80000", "0047810002A40000", "0020008106313233343536",
    "002A9E9A20\(digest)00", "0020008206313233343536", "00880000040001020300", "0084000008",
    "00200083083132333435363738", "00DA00C106010800002000", "00E60000", "00440000",
  ]
  return commands.map { [UInt8](hexadecimal: $0) }
}()
