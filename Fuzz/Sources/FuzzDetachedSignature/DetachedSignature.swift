import Input
import OpenPGP

/// Detached signatures, verified over fixed data by a fixed certificate. Whatever the bytes: if they
/// hold, they say what the untouched signature says. And nothing but the signed data holds by it.
@c(LLVMFuzzerTestOneInput)
public func fuzzDetachedSignature(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    if let signature = try? DetachedSignature(parsing: input),
      let verdict = try? signature.verify(
        over: data.span, by: [certificate], at: now, for: .file)
    {
      precondition(verdicts.contains(verdict), "a forged signature holds")
      precondition(signature.expiryTime == nil && signature.userID == untouched.userID)
      precondition(signature.purpose == nil, "a purpose that nobody signed")
    }
    if let verdict = try? untouched.verify(over: input, by: [certificate], at: now, for: .file) {
      precondition(
        verdicts.contains(verdict) && [UInt8](copying: input) == data, "other data hold")
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedDetachedSignature(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  precondition(verdicts.count == 2, "the untouched signatures don't hold")
  return writeSeeds(
    (["signed.txt", "rsa2048/signed.sig", "nistp256/signed.sig"]
      + ["ed25519/signed.sig", "ed25519/signed.asc", "refused/sha1.sig", "refused/two.sig"]
      + ["refused/expired.sig", "refused/critical-notation.sig"])
      .map { repositoryFile("testkeys/\($0)") })
}

/// 2025, in seconds since 1970.
private let now: UInt32 = 1_735_689_600
private let data = repositoryFile("testkeys/signed.txt")

private let certificate: Certificate = {
  guard
    let certificate = try? Certificate(parsing: repositoryFile("testkeys/ed25519/public.asc").span)
  else { preconditionFailure("no certificate") }
  return certificate
}()

private let untouched: DetachedSignature = {
  guard
    let signature = try? DetachedSignature(
      parsing: repositoryFile("testkeys/ed25519/signed.sig").span)
  else { preconditionFailure("no signature") }
  return signature
}()

/// What gpg's two signatures, the binary and the armored one, say.
private let verdicts: [Verdict] = ["signed.sig", "signed.asc"].compactMap { name in
  let bytes = repositoryFile("testkeys/ed25519/\(name)")
  return try? DetachedSignature(parsing: bytes.span)
    .verify(over: data.span, by: [certificate], at: now, for: .file)
}
