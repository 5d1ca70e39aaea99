import LibCrypto
import OpenPGP
import TestSupport
import Testing

@Suite("Detached signatures that gpg made")
struct DetachedSignatureTests {
  @Test("binary and armored ones hold, and tell who signed and when", arguments: TestKeys.names)
  func verifies(_ name: String) throws {
    let certificate = try TestKeys.certificate(name)
    let data = try TestKeys.file("signed.txt")
    for file in ["signed.sig", "signed.asc"] {
      let bytes = try TestKeys.file("\(name)/\(file)")
      let signature = try DetachedSignature(bytes)
      let verdict = try signature.verify(over: data, by: [certificate], at: year2026)
      #expect(verdict.signer == certificate.fingerprint)
      #expect(verdict.primary == certificate.fingerprint)
      #expect(verdict.creationTime == june2024)
      #expect(verdict.userID == certificate.userIDs[0].bytes)
      #expect(verdict.hash == certificate.primary.publicKey.signatureHash)
      #expect(verdict.keyExpiredAt == nil)
      #expect(signature.userID == [UInt8]("\(name.lowercased())@example.org".utf8))
    }
  }

  @Test("data in pieces verify like data in one go")
  func pieces() throws {
    let bytes = try TestKeys.file("rsa2048/signed.sig")
    let data = try TestKeys.file("signed.txt")
    let signature = try DetachedSignature(bytes)
    var verification = try signature.verification(
      by: [try TestKeys.certificate("rsa2048")], at: year2026, for: .file)
    for byte in data {
      let piece = [byte]
      verification.update(piece.span)
    }
    #expect(try verification.finish().creationTime == june2024)
  }

  @Test("a signing subkey's holds, and names its primary key")
  func subkey() throws {
    let certificate = try TestKeys.certificate("subkey")
    let data = try TestKeys.file("signed.txt")
    let bytes = try TestKeys.file("subkey/signed.sig")
    let signature = try DetachedSignature(bytes)
    let verdict = try signature.verify(over: data, by: [certificate], at: year2026)
    #expect(verdict.signer == certificate.subkeys[3].key.fingerprint)
    #expect(verdict.primary == certificate.fingerprint)
  }

  /// A signature file that must not pass, and why not.
  struct Refusal: Sendable, CustomTestStringConvertible {
    let file: String
    var certificates = ["ed25519", "rsa2048"]
    let expected: @Sendable (SignatureError) -> Bool
    var testDescription: String { file + " by " + certificates.joined(separator: ", ") }
  }

  static let refusals: [Refusal] = [
    Refusal(file: "refused/sha1.sig") { $0 == .weakHash(2) },
    Refusal(file: "refused/textmode.sig") { $0 == .wrongType(1) },
    Refusal(file: "refused/future.sig") { $0 == .fromTheFuture(4_070_908_800) },
    Refusal(file: "refused/clearsigned.asc") { $0 == .unreadable(.malformedArmor) },
    Refusal(file: "refused/inline.pgp") { $0 == .unreadable(.unexpectedPacket(tag: 8)) },
    Refusal(file: "refused/critical-notation.sig") { $0 == .unknownCritical(20) },
    Refusal(file: "refused/expired.sig") { $0 == .expired(at: june2024 + 86400) },
    Refusal(file: "refused/two.sig") { $0 == .severalSignatures },
    Refusal(file: "refused/twice.sig") { $0 == .severalSignatures },
    Refusal(file: "refused/other-data.sig") { $0 == .bad },
    Refusal(file: "rsa2048/message.pgp") { $0 == .unreadable(.unexpectedPacket(tag: 1)) },
    Refusal(file: "rsa2048/public.asc") { $0 == .unreadable(.wrongArmor) },
    Refusal(file: "plain.bin") { $0 == .unreadable(.malformedArmor) },
    Refusal(file: "rsa2048/signed.sig", certificates: []) {
      if case .untrusted = $0 { true } else { false }
    },
    Refusal(file: "rsa2048/signed.sig", certificates: ["rsa3072", "ed25519"]) {
      if case .untrusted = $0 { true } else { false }
    },
    Refusal(file: "expired/signed.sig", certificates: ["expired"]) {
      if case .key(_, .expired) = $0 { true } else { false }
    },
    Refusal(file: "revoked/signed.sig", certificates: ["revoked"]) {
      if case .key(_, .revoked) = $0 { true } else { false }
    },
    Refusal(file: "rsa1024/signed.sig", certificates: ["rsa1024"]) {
      if case .key(_, .weak) = $0 { true } else { false }
    },
  ]

  @Test("what gpg would take, but nobody should, is refused by its name", arguments: refusals)
  func refuses(_ refusal: Refusal) throws {
    let data = try TestKeys.file("signed.txt")
    let bytes = try TestKeys.file(refusal.file)
    let trusted = try refusal.certificates.map(TestKeys.certificate)
    do throws(SignatureError) {
      let signature = try DetachedSignature(bytes)
      _ = try signature.verify(over: data, by: trusted, at: year2026)
      Issue.record("accepted")
    } catch {
      #expect(refusal.expected(error), "\(error)")
    }
  }

  @Test("bytes behind a signature, of whatever kind, are refused")
  func trailing() throws {
    let signature = try TestKeys.file("ed25519/signed.sig")
    for (tail, error) in [
      ([0], .trailingBytes), ([0xC2, 0], .severalSignatures), ([0xCB, 0], .trailingBytes),
      (signature, .severalSignatures), ([0x0A], .trailingBytes),
    ] as [([UInt8], SignatureError)] {
      let bytes = signature + tail
      #expect(throws: error) { try DetachedSignature(bytes) }
    }
    let armored = try TestKeys.file("ed25519/signed.asc") + armored(signature)
    #expect(throws: SignatureError.unreadable(.malformedArmor)) {
      try DetachedSignature(armored)
    }
  }

  private func armored(_ bytes: [UInt8]) -> [UInt8] { Armor.encode(bytes, as: .signature) }

  @Test("an expired key's older signature passes only where that is asked for, and is named")
  func expiredAccepted() throws {
    let certificate = try TestKeys.certificate("expired")
    let data = try TestKeys.file("signed.txt")
    let bytes = try TestKeys.file("expired/signed.sig")
    let verdict = try DetachedSignature(bytes).verify(
      over: data, by: [certificate], at: year2026, expiredKeys: .acceptedForOlderSignatures)
    #expect(
      verdict.keyExpiredAt == certificate.expiryTime(of: certificate.fingerprint, at: year2026))
  }

  @Test(
    "a revoked subkey's is refused; a copy of the certificate without the revocation is no help")
  func revokedSubkey() throws {
    let data = try TestKeys.file("signed.txt")
    let bytes = try TestKeys.file("subkey/signed.sig")
    let revoked = try TestKeys.file("subkey/revoked-subkey.asc")
    let signature = try DetachedSignature(bytes)
    let copies = [try TestKeys.certificate("subkey"), try Certificate(revoked)]
    for trusted in [[copies[1]], copies, copies.reversed()] {
      do throws(SignatureError) {
        _ = try signature.verify(over: data, by: trusted, at: year2026)
        Issue.record("accepted")
      } catch {
        guard case .key(_, .revoked) = error else {
          Issue.record("\(error)")
          continue
        }
      }
    }
  }

  @Test("one byte of the data changed, or missing, is noticed", arguments: TestKeys.names)
  func changedData(_ name: String) throws {
    let trusted = [try TestKeys.certificate(name)]
    let data = try TestKeys.file("signed.txt")
    let bytes = try TestKeys.file("\(name)/signed.sig")
    let signature = try DetachedSignature(bytes)
    for index in data.indices {
      var changed = data
      changed[index] ^= 1
      #expect(throws: SignatureError.bad) {
        try signature.verify(over: changed, by: trusted, at: year2026)
      }
      let cut = [UInt8](data[..<index])
      #expect(throws: SignatureError.bad) {
        try signature.verify(over: cut, by: trusted, at: year2026)
      }
    }
  }
}
