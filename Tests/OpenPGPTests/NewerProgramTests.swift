import Inflate
import LibCrypto
import Secrets
import TestSupport
import Testing

@testable import OpenPGP

/// gpg 2.4, Sequoia and rPGP of Debian 13 before what we write, and we before what they do.
@Suite("Newer programs")
struct NewerProgramTests {
  private static let gnupg = ["--compliance", "gnupg"]

  /// Ada's key on Curve448, of version 4, made here: gpg makes only version 5 of these.
  private struct Curve448 {
    let primary: SoftKey
    let subkey: SoftKey
    let bytes: [UInt8]

    init() throws {
      primary = try SoftKey(.eddsa(.ed448), at: january2024)
      subkey = try SoftKey(.ecdh(.cv448), at: january2024)
      let draft = try CertificateDraft(
        primary: primary.key, userID: WrittenCertificate.userID, decryption: subkey.key,
        authentication: nil, at: june2024)
      let primary = primary
      bytes = try draft.finished(
        with: try draft.signatures.map { try primary.sign($0.digest, $0.hash) })
    }

    /// The same as a secret key: each key's packet in its public one's place.
    func secret() throws -> [UInt8] {
      var secret: [UInt8] = []
      for packet in try packets(of: bytes) {
        switch packet.tag {
        case 6: secret += try secretPacket(5, of: primary)
        case 14: secret += try secretPacket(7, of: subkey)
        default: secret += packet.bytes
        }
      }
      return secret
    }
  }

  private func open(_ bytes: [UInt8], by soft: SoftKey) throws -> [UInt8] {
    let message = try AnyEncryptedMessage(bytes)
    let key = try #require(soft.key.recipientKey)
    let recipient = try #require(message.recipients(for: key).first)
    let answer = try soft.decipher(try message.cryptogram(for: recipient, with: key))
    return try message.decrypt(
      with: answer, by: key, for: recipient, decompressing: ZlibDecompression(), limit: 4096
    ).revealed
  }

  @Test("gpg 2.4 verifies our Ed448 signatures, and what it encrypts to our X448 key we read")
  func curve448() throws {
    let ada = try Curve448()
    let gpg = try GPG(.newer)
    let imported = try gpg.run(Self.gnupg + ["--import"], input: ada.bytes)
    #expect(imported.errorText.contains("IMPORT_OK 1"), "\(imported.errorText)")
    let checked = try gpg.run(Self.gnupg + ["--with-colons", "--check-signatures"])
    #expect(
      checked.text.split(separator: "\n").filter { $0.hasPrefix("sig:!") }.count == 2,
      "\(checked.text)\(checked.errorText)")
    let data = try TestKeys.file("signed.txt")
    let dataFile = try gpg.file("data", data)
    // Often enough for numbers that begin with a zero.
    for time in june2024..<(june2024 + 20) {
      let signature = try ada.primary.finish(
        try .detached(over: data, by: ada.primary.key, at: time))
      let verified = try gpg.run(
        Self.gnupg + ["--verify", try gpg.file("data.sig", signature), dataFile])
      #expect(verified.errorText.contains("VALIDSIG"), "\(verified.errorText)")
    }
    for options in [[], ["--force-ocb"]] {
      for _ in 0..<10 {
        let message = try gpg.run(
          Self.gnupg + options + ["-r", "ada@example.org", "--encrypt"], input: plaintext)
        #expect(message.status == 0, "\(message.errorText)")
        #expect(try self.open(message.output, by: ada.subkey) == plaintext)
      }
    }
  }

  @Test("gpg 2.4 decrypts what we encrypt to X448, and we verify what it signs with Ed448")
  func curve448Theirs() throws {
    let ada = try Curve448()
    let gpg = try GPG(.newer)
    let imported = try gpg.run(Self.gnupg + ["--import"], input: try ada.secret())
    #expect(imported.errorText.contains("IMPORT_OK 17"), "\(imported.errorText)")
    let key = try #require(ada.subkey.key.recipientKey)
    for _ in 0..<10 {
      let message = try encrypt(SecretBytes(plaintext), to: [key])
      let read = try gpg.run(Self.gnupg + ["--decrypt"], input: message)
      #expect(read.output == plaintext, "\(read.errorText)")
    }
    let certificate = try Certificate(ada.bytes)
    let data = try TestKeys.file("signed.txt")
    for _ in 0..<10 {
      let signed = try gpg.run(Self.gnupg + ["--detach-sign"], input: data)
      #expect(signed.status == 0, "\(signed.errorText)")
      let verdict = try DetachedSignature(signed.output).verify(
        over: data, by: [certificate], at: UInt32.max)
      #expect(verdict.signer == ada.primary.key.fingerprint)
    }
  }

  @Test("gpg 2.4's OCB packet to each kind of key is read", arguments: TestKeys.names)
  func ocb(_ name: String) throws {
    let gpg = try GPG(.newer)
    _ = try gpg.run(["--import", Repository.path("testkeys/\(name)/public.asc")])
    let keys = try TestKeys.secretKeys(name)
    let message = try gpg.run(
      Self.gnupg + [
        "--force-ocb", "-r", hex(keys[1].key.fingerprint), "--encrypt",
      ], input: plaintext)
    #expect(message.status == 0, "\(message.errorText)")
    #expect(try packets(of: message.output).map(\.tag) == [1, 20])
    #expect(try self.open(message.output, by: keys[1]) == plaintext)
  }

  @Test(
    "gpg 2.4 verifies and decrypts what we write for each kind of key", arguments: TestKeys.names)
  func ours(_ name: String) throws {
    let gpg = try GPG(.newer)
    let imported = try gpg.run(["--import", Repository.path("testkeys/\(name)/secret.asc")])
    #expect(imported.status == 0, "\(imported.errorText)")
    let keys = try TestKeys.secretKeys(name)
    let data = try TestKeys.file("signed.txt")
    let signature = try keys[0].finish(try .detached(over: data, by: keys[0].key, at: june2024))
    let verified = try gpg.run(
      ["--verify", try gpg.file("data.sig", signature), try gpg.file("data", data)])
    #expect(verified.errorText.contains("VALIDSIG"), "\(verified.errorText)")
    let key = try #require(keys[1].key.recipientKey)
    let message = try encrypt(SecretBytes(plaintext), to: [key])
    let read = try gpg.run(["--decrypt"], input: message)
    #expect(read.output == plaintext, "\(read.errorText)")
  }

  @Test("a version 5 certificate of gpg 2.4 is named and skipped, and the others beside it read")
  func version5() throws {
    let gpg = try GPG(.newer)
    let made = try gpg.run(
      Self.gnupg + ["--quick-generate-key", "Ada <ada@example.org>", "ed448", "sign,cert", "never"])
    #expect(made.status == 0, "\(made.errorText)")
    let exported = try gpg.run(Self.gnupg + ["--export", "--armor"]).output
    #expect(throws: OpenPGPError.unsupportedVersion(tag: 6, version: 5)) {
      try Certificate(exported)
    }
    let keyring = try Keyring(try TestKeys.file("ed25519/public.asc") + exported)
    #expect(keyring.certificates == [try TestKeys.certificate("ed25519")])
    #expect(keyring.unread.map(\.reason) == [.unsupportedVersion(tag: 6, version: 5)])
  }

  @Test(
    "what Sequoia and rPGP encrypt to their version 6 keys is read: X25519, SEIPD v2",
    arguments: ["sqop", "rsop"])
  func version6(_ name: String) throws {
    let program = Repository.path(".build-newer/usr/bin/\(name)")
    let made = try Program.run(
      program, ["generate-key", "--profile", "rfc9580", "Ada <ada@example.org>"])
    #expect(made.status == 0, "\(made.errorText)")
    let key = try NewerKey(secretKey: made.output)
    let folder = try TemporaryFolder()
    let certificate = try Program.run(program, ["extract-cert"], input: made.output)
    let file = try folder.write("certificate", bytes: certificate.output)
    for size in [0, 1, 63, 64, 1000, 4000] {
      let plain = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
      let message = try Program.run(
        program, ["encrypt", "--profile", "rfc9580", file], input: plain)
      #expect(message.status == 0, "\(message.errorText)")
      #expect(try key.decrypt(message.output) == plain, "\(size)")
      let binary = try Armor.decode(message.output, as: .message)
      #expect(binary[2] == 6, "a PKESK of version 6")
    }
  }
}

/// The packet of a secret key on Curve448 (RFC 9580 §5.5.3), unprotected.
private func secretPacket(_ tag: UInt8, of soft: SoftKey) throws -> [UInt8] {
  let scalar = try soft.scalar()
  // A string that begins with a zero keeps it.
  let bits = scalar.count * 8 - min(scalar[0].leadingZeroBitCount, 7)
  let number = [UInt8(bits >> 8), UInt8(bits & 0xFF)] + scalar
  let sum = number.reduce(0) { ($0 + Int($1)) & 0xFFFF }
  return Crafted.packet(
    tag, soft.key.body + [0] + number + [UInt8(sum >> 8), UInt8(sum & 0xFF)])
}

/// A packet's tag and all of its bytes.
private func packets(of bytes: [UInt8]) throws -> [(tag: UInt8, bytes: [UInt8])] {
  var packets: [(tag: UInt8, bytes: [UInt8])] = []
  var place = 0
  while place < bytes.count {
    let layout = try PacketLayout(in: bytes.span, at: place)
    packets.append((layout.tag, Array(bytes[place..<layout.end])))
    place = layout.end
  }
  return packets
}
