import Input
import VirtualCard

/// What QEMU's reader sends: whatever comes, the card goes on, and each command is answered once. The first
/// byte says when the card comes: with an even one before everything, else when a message of another kind
/// than there is brings it and takes it out again.
@c(LLVMFuzzerTestOneInput)
public func fuzzVSCARD(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    guard !input.isEmpty else { return }
    let card = VirtualCard(profile: profile, serial: 1)
    var link = VSCARDLink(answerToReset: card.answerToReset)
    var isInside = input[0] & 1 == 0
    if isInside { _ = link.insert() }
    var stream = VSCARDStream()
    stream.append(Array([UInt8](copying: input).dropFirst()))
    while let message = try? stream.next() {
      var effects = link.receive(message)
      if message.kind == nil {
        effects += isInside ? link.remove() : link.insert()
        isInside.toggle()
      }
      while !effects.isEmpty {
        switch effects.removeFirst() {
        case .send(let message): precondition(message.bytes.count >= 12, "no message")
        case .powerOn: card.reset()
        case .powerOff: card.powerOff()
        case .run(let apdu, let number):
          precondition(isInside && apdu.count != 4, "a command T=0 doesn't have")
          // Making keys is libcrypto's, and takes seconds.
          let isKey = apdu.count > 2 && apdu[1] == 0x47
          let answers = link.cardAnswered(
            isKey ? [0x6A, 0x88] : card.process(apdu), to: number)
          precondition(answers.count == 1, "a command isn't answered once")
        }
      }
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedVSCARD(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  let greeting =
    VSCARDMessage(.hello, Array("VSCD".utf8) + [0, 0, 0, 2, 0, 0, 0, 0]).bytes
    + VSCARDMessage(.error, [0, 0, 0, 0]).bytes
  let exchanges = [
    "00A4040006D27600012401", "00CA006E00", "00C0000000", "0020008206313233343536", "00200082",
    "00CA00C4",
  ].flatMap { VSCARDMessage(.apdu, [UInt8](hexadecimal: $0)).bytes }
  let hand = [0, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0, 0] as [UInt8]
  let flush = VSCARDMessage(.flush).bytes
  return writeSeeds([
    [0] + greeting + exchanges + flush, [1] + greeting + hand + exchanges + hand + exchanges,
  ])
}

private let profile: CardProfile = {
  guard let profile = try? CardProfile(contentsOf: repositoryPath("cards/yubikey-5.json")) else {
    preconditionFailure("no profile")
  }
  return profile
}()
