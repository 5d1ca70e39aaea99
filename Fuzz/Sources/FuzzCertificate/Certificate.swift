import Input
import OpenPGP

/// Certificates and keyrings, and every question that is asked of them; and secret key files, whose secret
/// halves are the public ones' or none.
@c(LLVMFuzzerTestOneInput)
public func fuzzCertificate(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    _ = try? Certificate(parsing: input)
    readSecretKeys(input)
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
      for revocation in keyring.revocations {
        precondition(
          !certificate.isRevoked(by: revocation), "a revocation that has no place, and has")
      }
      do throws(OpenPGPError) {
        _ = try keyring.bytes(of: certificate.fingerprint)
        var copy = keyring
        try copy.merge(keyring)
        precondition(copy.certificates.count == keyring.certificates.count, "more for itself")
      } catch {}
    }
  }
}

private func readSecretKeys(_ input: Span<UInt8>) {
  do throws(OpenPGPError) {
    let file = try SecretKeyFile(parsing: input)
    for key in file.keys {
      do throws(OpenPGPError) {
        _ = try file.privateKey(key.key.fingerprint)
      } catch {}
    }
    _ = try Keyring(parsing: file.certificateBytes.span)
  } catch {}
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedCertificate(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  let files =
    ["ed25519/public.asc", "nistp256/public.asc", "expired/public.asc"]
    + ["revoked/public.asc", "subkey/public.asc", "rsa1024/public.asc"]
    + ["places/key-in-mail.asc", "places/revocation.asc"]
  let places = ["key-before", "key-at-end-of-keyring", "key-behind-marker", "subkey-at-end"].map {
    repositoryFile("testkeys/places/\($0).pgp")
  }
  let secrets = ["ed25519", "nistp256", "rsa2048"].map { name -> [UInt8] in
    let armored = repositoryFile("testkeys/\(name)/secret.asc")
    return (try? Armor.decode(armored.span, as: .privateKey)) ?? []
  }
  return writeSeeds(
    secrets + places
      + files.flatMap { name -> [[UInt8]] in
        let armored = repositoryFile("testkeys/\(name)")
        return [armored, (try? Armor.decode(armored.span, as: .publicKey)) ?? []]
      })
}

/// 2023, 2024 and 2099, in seconds since 1970; and the last there is.
private let times: [UInt32] = [1_672_531_200, 1_717_200_000, 4_070_908_800, .max]
