import Input
import VirtualCard

/// A card model's file: one that can be read makes a card that answers everything.
@c(LLVMFuzzerTestOneInput)
public func fuzzCardProfile(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    folder.replace("profile", with: [UInt8](copying: input))
    guard let profile = try? CardProfile(contentsOf: folder.path + "/profile") else { return }
    let card = VirtualCard(profile: profile, serial: 1)
    _ = (card.summary, card.answerToReset)
    for command in commands {
      precondition((2...65538).contains(card.process(command).count), "an answer that isn't one")
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedCardProfile(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  writeSeeds(["nitrokey-3", "yubikey-5"].map { repositoryFile("cards/\($0).json") })
}

private let folder = InputFolder()

/// Each that a profile's value has a part in.
private let commands: [[UInt8]] = {
  let commands: [String] = [
    "00A4040006D27600012401", "00A4040007A0000005272001", "00A4040006D27600012401", "00CA004F00",
    "00CA5F5200", "00CA006500", "00CA006E00", "00CA007A00", "00CA7F6600", "00CA7F7400",
    "00CA00C100", "00CA00C400", "00CA00F900", "00CA00FA00", "00CA00DA00", "00CA00D900",
    "00F1000000", "0047810002B60000", "002A9E9A010000", "00CC7F2100", "0084000008",
    "0020008106313233343530", "0020008106313233343536", "00200083083132333435363738",
    "0024008107313233343536FF", "002C0281083132333435363738", "00DA00C106010800002000",
    "00DA00F903810100", "00F2000003030303", "00CA006E000BFE", "00E60000", "00440000",
  ]
  return commands.map { [UInt8](hexadecimal: $0) }
}()
