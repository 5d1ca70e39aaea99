import Input
import VirtualCard

/// The virtual card under arbitrary commands; the first byte of the input chooses the model. It answers
/// each, and uses no private key before a PIN was right.
@c(LLVMFuzzerTestOneInput)
public func fuzzVirtualCard(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    guard !input.isEmpty else { return }
    let model = models[Int(input[0]) % models.count]
    let card = VirtualCard(profile: model, serial: 1)
    var isVerified = false
    var rest = Array([UInt8](copying: input).dropFirst().reversed())
    while let high = rest.popLast(), let low = rest.popLast() {
      // A command behind its length; the highest bit resets the card first.
      if high & 0x80 != 0 { card.reset() }
      var command: [UInt8] = []
      while command.count < Int(high & 0x7F) << 8 | Int(low), let byte = rest.popLast() {
        command.append(byte)
      }
      // RSA keys take seconds to make; making them is libcrypto's.
      if command.count > 2, command[1] == 0x47, command[2] == 0x80, input[0] & 1 != 0 { continue }
      let answer = card.process(command)
      precondition((2...65538).contains(answer.count), "an answer that isn't one")
      guard command.count > 1, answer.suffix(2) == [0x90, 0x00] else { continue }
      switch command[1] {
      case 0x20: isVerified = true
      case 0x2A where answer.count > 2, 0x88 where answer.count > 2:
        precondition(isVerified, "a private key used without a PIN")
      default: break
      }
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedVirtualCard(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  var runs = Transcript.small.map { $0.exchanges.map(\.command).filter { !$0.isEmpty } }
  runs.append(makeKeys)
  let scripts = runs.map { ScriptedCard.script(of: $0) }
  return writeSeeds(scripts.map { [0] + $0 } + scripts.map { [2] + $0 })
}

/// Keys made, used to sign and to decipher.
private let makeKeys: [[UInt8]] = {
  let digest = String(repeating: "D1", count: 32)
  let commands: [String] = [
    "00A4040006D27600012401", "00200083083132333435363738", "0047800002B60000", "0047800002B80000",
    "0020008106313233343536", "002A9E9A20\(digest)00", "0020008206313233343536",
    "00880000040001020300", "002A808627A6257F49228620\(digest)00", "00CA006E00",
  ]
  return commands.map { [UInt8](hexadecimal: $0) }
}()

/// Even: curves alone, of which keys may be made. Odd: as they are.
private let models: [CardProfile] = ["nitrokey-3", "yubikey-5"].flatMap { name in
  guard var profile = try? CardProfile(contentsOf: repositoryPath("cards/\(name).json")) else {
    preconditionFailure("no profile")
  }
  let whole = profile
  for index in profile.algorithms.indices {
    profile.algorithms[index].attributes.removeAll { $0.bytes.first == 0x01 }
    if index < 3, let first = profile.algorithms[index].attributes.first {
      profile.initialAttributes[index] = first
    }
  }
  return [profile, whole]
}
