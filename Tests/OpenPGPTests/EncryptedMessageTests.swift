import Foundation
import Inflate
import LibCrypto
import OpenPGP
import Secrets
import TestSupport
import Testing

/// The plaintext in `testkeys/plain.bin`.
let plaintext = [UInt8]("The plaintext of all test messages: 64 bytes, as long as a key.\n".utf8)

/// Decrypts by a key in memory, as a caller does by a card.
func decrypt<Decompressor: Decompression>(
  _ bytes: [UInt8], by soft: SoftKey, decompressing: Decompressor = ZlibDecompression(),
  limit: Int = 4096
) throws -> [UInt8] {
  let message = try EncryptedMessage(try binary(bytes))
  let key = try #require(soft.key.recipientKey)
  let recipient = try #require(message.recipients(for: key).first)
  let answer = try soft.decipher(try message.cryptogram(for: recipient, with: key))
  return try message.decrypt(
    with: answer, by: key, for: recipient, decompressing: decompressing, limit: limit
  ).revealed
}

/// A message's packets, armored or not.
func binary(_ bytes: [UInt8]) throws -> [UInt8] {
  bytes[0] < 0x80 ? try Armor.decode(bytes, as: .message) : bytes
}

@Suite("Encrypted messages")
struct EncryptedMessageTests {
  @Test("every kind that gpg writes is read", arguments: TestKeys.names)
  func reads(_ name: String) throws {
    let soft = try TestKeys.secretKeys(name)[1]
    for file in [
      "message.pgp", "message-z0.pgp", "message-zip.pgp", "message-rfc4880.pgp",
      "message-hidden.pgp", "message-aes128.asc", "message-aes192.pgp",
    ] {
      #expect(try decrypt(try TestKeys.file("\(name)/\(file)"), by: soft) == plaintext, "\(file)")
    }
  }

  @Test("armor is undone by the command, and named by the initramfs program")
  func armor() throws {
    let bytes = try TestKeys.file("several/message-z0.asc")
    #expect(try AnyEncryptedMessage(bytes).recipients.count == 3)
    #expect(throws: OpenPGPError.armored) { try EncryptedMessage(bytes) }
  }

  @Test(
    "without zlib, compression is named and the uncompressed is read", arguments: TestKeys.names)
  func withoutZlib(_ name: String) throws {
    let soft = try TestKeys.secretKeys(name)[1]
    for (file, algorithm) in [("message.pgp", 2), ("message-zip.pgp", 1)] as [(String, UInt8)] {
      #expect(throws: OpenPGPError.unsupportedCompression(algorithm)) {
        try decrypt(
          try TestKeys.file("\(name)/\(file)"), by: soft, decompressing: NoDecompression())
      }
    }
    #expect(
      try decrypt(
        try TestKeys.file("\(name)/message-z0.pgp"), by: soft, decompressing: NoDecompression())
        == plaintext)
  }

  @Test("of several recipients each finds its own, and no other key finds one")
  func several() throws {
    for file in ["several/message.pgp", "several/message-z0.asc"] {
      let bytes = try TestKeys.file(file)
      for name in ["rsa2048", "nistp256", "ed25519"] {
        #expect(try decrypt(bytes, by: try TestKeys.secretKeys(name)[1]) == plaintext)
      }
      let message = try EncryptedMessage(try binary(bytes))
      #expect(message.recipients.count == 3)
      let other = try #require(try TestKeys.secretKeys("rsa3072")[1].key.recipientKey)
      #expect(message.recipients(for: other).isEmpty)
      #expect(throws: OpenPGPError.notForThisKey) {
        try message.cryptogram(for: message.recipients[0], with: other)
      }
    }
  }

  @Test("a large message in pieces or compressed is read, and no more than the limit")
  func large() throws {
    let expected = [UInt8]((1...4000).map { "\($0)\n" }.joined().utf8)
    let soft = try TestKeys.secretKeys("ed25519")[1]
    for file in ["several/large-partial.pgp", "several/large-compressed.pgp"] {
      let bytes = try TestKeys.file(file)
      #expect(try decrypt(bytes, by: soft, limit: expected.count) == expected)
      #expect(throws: OpenPGPError.tooLarge(limit: expected.count - 1)) {
        try decrypt(bytes, by: soft, limit: expected.count - 1)
      }
      #expect(throws: OpenPGPError.tooLarge(limit: 4096)) { try decrypt(bytes, by: soft) }
    }
  }

  @Test("what we write we read, from no byte to many, and gpg reads it too")
  func writes() throws {
    let keys = try TestKeys.names.map { try TestKeys.secretKeys($0)[1] }
    let gpg = try GPG()
    for name in TestKeys.names {
      let secret = try gpg.file("secret.asc", try TestKeys.file("\(name)/secret.asc"))
      #expect(try gpg.run(["--import", secret]).status == 0)
    }
    for size in [0, 1, 64, 170, 8000, 70_000] {
      let plain = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
      let secret = SecretBytes(plain)
      let message = try encrypt(secret, to: keys.compactMap(\.key.recipientKey))
      for key in keys {
        #expect(try decrypt(message, by: key, limit: size) == plain)
      }
    }
    let plain = SecretBytes(plaintext)
    for key in keys {
      let message = try encrypt(plain, to: [try #require(key.key.recipientKey)])
      let result = try gpg.run(["--decrypt"], input: message)
      #expect(result.status == 0)
      #expect(result.output == plaintext)
      #expect(result.errorText.contains("GOODMDC"))
      #expect(!result.errorText.lowercased().contains("warning"))
      let again = try gpg.run(
        ["--decrypt"], input: Armor.encode(message, as: .message))
      #expect(again.output == plaintext)
    }
  }

  @Test("nobody to encrypt to, or a key that only signs, is refused")
  func noRecipient() throws {
    #expect(throws: OpenPGPError.noRecipient) {
      try encrypt(SecretBytes(capacity: 1), to: [])
    }
    #expect(try TestKeys.certificate("nistp256").primary.recipientKey == nil)
    #expect(try TestKeys.certificate("ed25519").primary.recipientKey == nil)
  }

  @Test("any packet that has no place in a message is refused")
  func strangePackets() throws {
    let message = try TestKeys.file("ed25519/message-z0.pgp")
    let layout = 2 + Int(message[1])
    let sessionKey = [UInt8](message[..<layout])
    let data = [UInt8](message[layout...])
    let literal: [UInt8] = [0xCB, 7, UInt8(ascii: "b"), 0, 0, 0, 0, 0, 1]
    let cases: [(name: String, bytes: [UInt8], error: OpenPGPError)] = [
      ("nothing", [], .malformed(tag: 18)),
      ("no data", sessionKey, .malformed(tag: 18)),
      ("no session key", data, .unexpectedPacket(tag: 18)),
      ("a literal alone", literal, .unexpectedPacket(tag: 11)),
      ("a literal behind", message + literal, .unexpectedPacket(tag: 11)),
      ("data twice", message + data, .unexpectedPacket(tag: 18)),
      ("a session key behind", message + sessionKey, .unexpectedPacket(tag: 1)),
      ("a byte behind", message + [0], .malformed(tag: 0)),
      ("unprotected data", sessionKey + [0xC9] + data.dropFirst(), .unexpectedPacket(tag: 9)),
      ("a password's session key", [0xC3, 1, 4] + message, .unexpectedPacket(tag: 3)),
      ("a signature in front", [0xC2, 1, 4] + message, .unexpectedPacket(tag: 2)),
      (
        "data of version 2", sessionKey + data[..<2] + [2] + data[3...],
        .unsupportedVersion(tag: 18, version: 2)
      ),
      ("gpg's OCB packet", sessionKey + [0xD4] + data.dropFirst(), .unexpectedPacket(tag: 20)),
      ("too short for a code", sessionKey + [0xD2, 40] + data[2..<42], .malformed(tag: 18)),
    ]
    for (name, bytes, error) in cases {
      #expect(throws: error, "\(name)") { try EncryptedMessage(bytes) }
    }
  }
}
