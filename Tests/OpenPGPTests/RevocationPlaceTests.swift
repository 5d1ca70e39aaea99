import LibCrypto
import OpenPGP
import TestSupport
import Testing

@Suite("Revocations, wherever they stand")
struct RevocationPlaceTests {
  private func ours(_ trusted: [[UInt8]], _ signature: String) throws -> Outcome {
    let bytes = try TestKeys.file("places/\(signature)")
    let data = try TestKeys.file("signed.txt")
    var keyring = Keyring()
    do throws(OpenPGPError) {
      for file in trusted { try keyring.merge(try Keyring(file)) }
    } catch {
      return .unusable
    }
    do throws(SignatureError) {
      _ = try DetachedSignature(bytes).verify(
        over: data, by: keyring.certificates, at: year2026)
      return .good
    } catch .key(_, .revoked) {
      return .revoked
    } catch {
      return .unusable
    }
  }

  @Test("a revocation counts at each place; beside what other programs say", arguments: places)
  func counts(_ place: Place) throws {
    let file = try TestKeys.file("places/\(place.file)")
    #expect(try ours([file], place.signature) == place.ours)

    let folder = Repository.path("testkeys/places")
    let (certificate, signature) = ("\(folder)/\(place.file)", "\(folder)/\(place.signature)")
    let text = Repository.path("testkeys/signed.txt")
    let data = try TestKeys.file("signed.txt")
    let gpg = try GPG()
    _ = try gpg.run(["--import", certificate])
    #expect(outcome(try gpg.run(["--verify", signature, text])) == place.gpg, "gpg")
    // gpg passes over what is guarded.
    let packets =
      place.file == "key-guarded.asc"
      ? try TestKeys.file("places/certificate.pgp")
      : place.file.hasSuffix(".asc")
        ? try Armor.blocks(in: file.span, as: [.publicKey]).flatMap(\.bytes) : file
    let ring = try gpg.file("ring", packets)
    #expect(
      outcome(
        try Program.run("gpgv", ["--status-fd", "2", "--keyring", ring, signature, text]))
        == place.gpgv, "gpgv")
    for (name, run, expected) in [
      ("sqv", try Program.run("sqv", ["--keyring", certificate, signature, text]), place.sqv),
      (
        "sqop", try Program.run("sqop", ["verify", signature, certificate], input: data),
        place.sqop
      ),
      (
        "gosop", try Program.run("gosop", ["verify", signature, certificate], input: data),
        place.gosop
      ),
    ] {
      // They say no more than that nothing verifies: 1 and 3.
      let found: Outcome =
        run.status == 0
        ? .good
        : run.status == 3 || (run.status == 1 && !run.errorText.contains("Malformed"))
          ? .revoked : .unusable
      #expect(found == expected, "\(name): \(run.status) \(run.errorText)")
    }
  }

  private func outcome(_ run: Program) -> Outcome {
    run.errorText.contains("GOODSIG")
      ? .good : run.errorText.contains("REVKEYSIG") ? .revoked : .unusable
  }

  @Test(
    "one in a file of its own counts for the certificate in another, in whatever order",
    arguments: [
      "revocation.asc", "revocation.pgp", "revocation-sha1.pgp", "revocation-sha512.pgp",
      "key-in-others-file.pgp", "subkey-revocation.pgp",
    ])
  func otherFile(_ name: String) throws {
    let signature = name.hasPrefix("subkey") ? "subkey.sig" : "primary.sig"
    let certificate = try TestKeys.file("places/certificate.asc")
    let revocation = try TestKeys.file("places/\(name)")
    #expect(try ours([certificate], signature) == .good)
    #expect(try ours([certificate, revocation], signature) == .revoked)
    #expect(try ours([revocation, certificate], signature) == .revoked)
    var keyring = try Keyring(certificate)
    try keyring.update(from: try Keyring(revocation))
    #expect(keyring.certificates.count == 1)
    // What other programs are given says so as well.
    let bytes = try keyring.bytes(of: keyring.certificates[0].fingerprint)
    let gpg = try GPG()
    _ = try gpg.run(["--import"], input: bytes)
    let places = Repository.path("testkeys/places")
    let run = try gpg.run(
      ["--verify", "\(places)/\(signature)", Repository.path("testkeys/signed.txt")])
    #expect(outcome(run) == .revoked, "\(run.errorText)")
  }

  @Test("one that gpg keeps behind a colon makes its file unusable, and is named")
  func guarded() throws {
    let bytes = try TestKeys.file("places/guarded.rev")
    #expect(throws: OpenPGPError.guardedArmor) { try Keyring(bytes) }
  }

  @Test("a revoked user id vouches for nothing, wherever its revocation stands")
  func userID() throws {
    let certificate = try TestKeys.file("places/certificate.pgp")
    let revocation = try TestKeys.file("places/user-id-revocation.pgp")
    for bytes in [certificate + revocation, revocation + certificate] {
      let found = try Certificate(bytes)
      #expect(found.userIDs.map(\.revocations.count).sorted() == [0, 1])
      #expect(found.userID(at: year2026)?.bytes == [UInt8]("Places <places@example.org>".utf8))
    }
  }

  /// The certificate of places, and its primary key and signing subkey.
  private func keys() throws -> (bytes: [UInt8], primary: SoftKey, subkey: SoftKey) {
    let keys = try TestKeys.secretKeys("places")
    return (try TestKeys.file("places/certificate.pgp"), keys[0], keys[2])
  }

  /// What a signature over the primary key of places is made over.
  private func signed(_ key: SoftKey) throws -> [UInt8] {
    let bytes = try TestKeys.file("places/certificate.pgp")
    // gpg's header of the first packet has two bytes.
    let body = [UInt8](bytes[2..<(2 + Int(bytes[1]))])
    return [0x99] + Crafted.number(body.count, 2) + body
  }

  @Test("one counts whatever else it says or leaves out, if the primary key made it")
  func oddities() throws {
    let (certificate, primary, subkey) = try keys()
    let over = try signed(primary)
    let time = Crafted.creationTime(june2024)
    let issuer = Crafted.issuerFingerprint(primary)
    let cases: [(what: String, hashed: [UInt8], unhashed: [UInt8])] = [
      ("only a key ID that isn't signed", time, Crafted.issuer(primary)),
      ("no issuer", time, []),
      ("another issuer", Crafted.issuerFingerprint(subkey) + time, Crafted.issuer(subkey)),
      ("no time", issuer, []),
      ("a time to come", issuer + Crafted.creationTime(.max), []),
      ("an expiry that has passed", issuer + time + Crafted.subpacket(3, [0, 0, 0, 1]), []),
      ("a reason that can be taken back", issuer + time + Crafted.subpacket(29, [1]), []),
      ("a demand that isn't known", issuer + time + Crafted.subpacket(0xE4, [1]), []),
      ("an unsigned demand that isn't known", issuer + time, Crafted.subpacket(0xE4, [1])),
    ]
    for (what, hashed, unhashed) in cases {
      for hash in [HashAlgorithm.sha1, .sha256, .sha512] {
        let revocation = try Crafted.signature(
          over: over, by: primary, type: 0x20, hash: hash, hashed: hashed, unhashed: unhashed)
        #expect(
          try ours([certificate + revocation], "primary.sig") == .revoked, "\(what), \(hash)")
        #expect(
          try ours([revocation, certificate], "subkey.sig") == .revoked, "\(what), \(hash)")
      }
    }
    // The two bytes in front of the numbers aren't signed.
    var wrongStart = try Crafted.signature(
      over: over, by: primary, type: 0x20, hashed: issuer + time, unhashed: [])
    wrongStart[wrongStart.count - 2 * 34 - 1] ^= 1
    #expect(try ours([certificate + wrongStart], "primary.sig") == .revoked)
  }

  @Test("one of version 3 counts, as PGP and gpg once made them")
  func version3() throws {
    let (certificate, primary, _) = try keys()
    let part: [UInt8] = [0x20] + Crafted.number(Int(june2024), 4)
    let text = try signed(primary) + part
    let digest = try LibCrypto.digest(.sha256, of: text.span)
    let raw = try primary.sign(digest, .sha256)
    let body =
      [3, 5] + part + primary.key.fingerprint.suffix(8) + [22, 8] + digest.prefix(2)
      + Crafted.integer([UInt8](raw.prefix(32))) + Crafted.integer([UInt8](raw.suffix(32)))
    let revocation = Crafted.packet(2, [UInt8](body))
    #expect(try ours([certificate + revocation], "primary.sig") == .revoked)
  }

  @Test("one that somebody else made, or that is not all there, revokes nothing")
  func forged() throws {
    let (certificate, primary, subkey) = try keys()
    let hashed = Crafted.issuerFingerprint(primary) + Crafted.creationTime(june2024)
    let unhashed = Crafted.issuer(primary)
    let over = try signed(primary)
    let stranger = try SoftKey(.eddsa(.ed25519), at: january2024)
    for signer in [stranger, subkey] {
      let forged = try Crafted.signature(
        over: over, by: signer, type: 0x20, hashed: hashed, unhashed: unhashed)
      #expect(try ours([certificate + forged], "primary.sig") == .good)
      #expect(try ours([forged, certificate], "primary.sig") == .good)
      let read = try Certificate(certificate + forged)
      #expect(read.skipped.contains(.signature(type: 0x20)))
    }
    let other = try Crafted.signature(
      over: over + [0], by: primary, type: 0x20, hashed: hashed, unhashed: unhashed)
    #expect(try ours([certificate + other], "primary.sig") == .good)
    let real = try TestKeys.file("places/revocation.pgp")
    for length in 1..<real.count {
      // What can't be read may be a revocation: nothing of the file counts.
      #expect(try ours([certificate + real.prefix(length)], "primary.sig") == .unusable)
    }
  }

  @Test("one over a hash function that isn't known here can't be checked, and so counts")
  func unknownHash() throws {
    let (bytes, primary, _) = try keys()
    let body: [UInt8] =
      [4, 0x20, 22, 1] + Crafted.number(0, 2)
      + Crafted.number(Crafted.issuer(primary).count, 2) + Crafted.issuer(primary)
      + [1, 2, 0, 1, 1, 0, 1, 1]
    let certificate = try Certificate(bytes + Crafted.packet(2, body))
    #expect(
      certificate.problem(with: certificate.fingerprint, for: .signing, at: year2026)
        == .maybeRevoked(by: certificate.fingerprint))
    // A stranger's doesn't.
    let stranger = try SoftKey(.eddsa(.ed25519), at: january2024)
    var foreign = body
    foreign.replaceSubrange(10..<18, with: stranger.key.fingerprint.suffix(8))
    let other = try Certificate(bytes + Crafted.packet(2, foreign))
    #expect(other.problem(with: other.fingerprint, for: .signing, at: year2026) == nil)
  }

  @Test(
    "a key that the primary key named for it revokes; if it isn't here, that can't be checked, and counts"
  )
  func designated() throws {
    let (bytes, primary, _) = try keys()
    let revoker = try WrittenCertificate("nistp256")
    let over = try signed(primary)
    let name =
      Crafted.issuerFingerprint(primary) + Crafted.creationTime(june2024)
      + Crafted.subpacket(12, [0x80, 19] + revoker.signing.key.fingerprint)
    let designation = try Crafted.signature(over: over, by: primary, type: 0x1F, hashed: name)
    let revocation = try Crafted.signature(
      over: over, by: revoker.signing, type: 0x20,
      hashed: Crafted.issuerFingerprint(revoker.signing) + Crafted.creationTime(june2024))
    // gpg's header of the primary key has two bytes.
    let head = 2 + Int(bytes[1])
    let named = [UInt8](bytes[..<head]) + designation + [UInt8](bytes[head...])
    #expect(try ours([named], "primary.sig") == .good)
    #expect(try ours([named + revocation, revoker.bytes], "primary.sig") == .revoked)
    #expect(try ours([revoker.bytes, named, revocation], "primary.sig") == .revoked)
    let alone = try Certificate(named + revocation)
    #expect(
      alone.problem(with: alone.fingerprint, for: .signing, at: year2026)
        == .maybeRevoked(by: revoker.signing.key.fingerprint))
    // Nobody named it.
    #expect(try ours([bytes + revocation, revoker.bytes], "primary.sig") == .good)
  }

  @Test("so many that it would take for ever are refused, not passed over")
  func many() throws {
    let (bytes, primary, _) = try keys()
    var file = bytes
    for number in 0..<20_000 {
      let body: [UInt8] =
        [4, 0x20, 22, 8, 0, 0, 0, 0, 0, 0] + [0, 32] + Crafted.number(0x8000_0000 | number, 4)
        + [0, 8, 0x80]
      file += Crafted.packet(2, body)
    }
    _ = primary
    #expect(throws: OpenPGPError.tooManyRevocations) { try Keyring(file) }
  }
}
