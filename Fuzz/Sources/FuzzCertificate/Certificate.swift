import Input
import OpenPGP

/// Certificates and keyrings, and every question that is asked of them.
@c(LLVMFuzzerTestOneInput)
public func fuzzCertificate(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    _ = try? Certificate(parsing: input)
    guard let keyring = try? Keyring(parsing: input) else { return }
    for var certificate in keyring.certificates {
      for time in times {
        _ = certificate.userID(at: time)
        for purpose in KeyPurpose.allCases {
          for key in certificate.keys {
            let problem = certificate.problem(with: key.fingerprint, for: purpose, at: time)
            let able = certificate.keys(for: purpose, at: time).contains(key)
            precondition(able == (problem == nil), "able, and not")
          }
        }
      }
      for key in certificate.keys { _ = key.recipientKey }
      for other in keyring.certificates { certificate.merge(other) }
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedCertificate(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  let files =
    ["ed25519/public.asc", "nistp256/public.asc", "expired/public.asc"]
    + ["revoked/public.asc", "subkey/public.asc", "rsa1024/public.asc"]
  return writeSeeds(
    files.flatMap { name -> [[UInt8]] in
      let armored = repositoryFile("testkeys/\(name)")
      return [armored, (try? Armor.decode(armored.span, as: .publicKey)) ?? []]
    })
}

/// 2023, 2024 and 2099, in seconds since 1970; and the last there is.
private let times: [UInt32] = [1_672_531_200, 1_717_200_000, 4_070_908_800, .max]
