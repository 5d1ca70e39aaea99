import Input
import OpenPGP

/// Texts signed in the clear. Whatever the bytes: if a signature by the fixed key holds, the lines are
/// those that were signed.
@c(LLVMFuzzerTestOneInput)
public func fuzzCleartextMessage(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    guard let message = try? CleartextMessage(parsing: input) else { return }
    for line in message.lines {
      precondition(line.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }, "a control")
      precondition(line.last != 0x20 && line.last != 0x09, "what isn't signed is read")
    }
    let begins = CleartextMessage.begins(input)
    precondition(begins)
    if (try? message.verify(by: [certificate], at: now, for: .file)) != nil {
      precondition(message.lines == signed.lines, "a forged text holds")
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedCleartextMessage(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  precondition(
    (try? signed.verify(by: [certificate], at: now, for: .file)) != nil,
    "the untouched text doesn't hold")
  let text = repositoryFile("testkeys/refused/clearsigned.asc")
  return writeSeeds([
    text, text.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] },
    Array("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n- -a\n".utf8) + text,
  ])
}

/// 2030, in seconds since 1970.
private let now: UInt32 = 1_893_456_000

private let certificate: Certificate = {
  guard
    let certificate = try? Certificate(parsing: repositoryFile("testkeys/ed25519/public.asc").span)
  else { preconditionFailure("no certificate") }
  return certificate
}()

private let signed: CleartextMessage = {
  guard
    let message = try? CleartextMessage(
      parsing: repositoryFile("testkeys/refused/clearsigned.asc").span)
  else { preconditionFailure("no message") }
  return message
}()
