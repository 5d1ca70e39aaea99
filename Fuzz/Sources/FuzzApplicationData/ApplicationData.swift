import Dongle
import Input
import OpenPGPCard
import SmartCard

/// What a card says of itself: the content of 6E, and what is read out of it afterwards.
@c(LLVMFuzzerTestOneInput)
public func fuzzApplicationData(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    guard let data = try? ApplicationData(parsing: input) else { return }
    for slot in KeySlot.allCases {
      _ = data.attributes(of: slot)?.algorithm
      if let fingerprint = data.fingerprint(of: slot) { precondition(fingerprint.count == 20) }
      _ = (data.creationTime(of: slot), data.keyOrigin(of: slot), data.touchPolicy(of: slot))
    }
    for pin in PIN.allCases { precondition((0...127).contains(data.pinStatus.maximumLength(pin))) }
    let text = data.identifier.text
    precondition(CardIdentifier(text: text.span) == data.identifier)
    precondition((258...65536).contains(data.limits.responseSize), "a limit that isn't one")
    precondition((261...65544).contains(data.limits.commandSize), "a limit that isn't one")
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedApplicationData(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  writeSeeds(
    Dongle.all.map { $0.applicationData.dropLast(2) }
      + Transcript.small.prefix(1).flatMap { recording in
        recording.exchanges.filter { $0.command[1] == 0xCA || $0.command[1] == 0xC0 }
          .map { Array($0.answer.dropLast(2)) }
      })
}
