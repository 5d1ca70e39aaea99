import Inflate
import Input
import LibCrypto
import OpenPGP
import Secrets

/// Encrypted messages, and what is inside of them. The first byte says which the input is:
///
/// - a message, to be decrypted with the answers that the card once gave to gpg's messages: what comes
///   out is what gpg encrypted, or nothing; and the same read with the newer formats;
/// - the body of a data packet of a newer format, to be opened by RFC 9580's session keys: what comes out
///   is RFC 9580's text, or nothing;
/// - the content of a message, which is encrypted here and must come through the integrity check: what
///   comes out is never more than the limit.
@c(LLVMFuzzerTestOneInput)
public func fuzzEncryptedMessage(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    guard !input.isEmpty else { return }
    let rest = input.extracting(droppingFirst: 1)
    switch input[0] & 3 {
    case 0:
      read(rest, as: ClassicFormats.self)
      read(rest, as: NewerFormats.self)
    case 2: open(rest)
    default: look(inside: rest, limit: Int(input[0]) * 4)
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedEncryptedMessage(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  let messages = [
    "rsa2048/message.pgp", "rsa2048/message-z0.pgp", "rsa2048/message-zip.pgp",
    "rsa2048/message-hidden.pgp", "rsa2048/message-aes128.asc", "ed25519/message.pgp",
    "ed25519/message-z0.pgp", "ed25519/message-hidden.pgp", "several/message.pgp",
  ].map { [0] + repositoryFile("testkeys/\($0)") }
  let literal: [UInt8] = [0x62, 0, 0, 0, 0, 0, 0x68, 0x65, 0x6C, 0x6C, 0x6F]
  let deflated: [UInt8] = [0x01, 0x0D, 0x00, 0xF2, 0xFF, 0xCB, 11] + literal
  let contents: [[UInt8]] = [
    [0xCB, 11] + literal, [0xAC, 11] + literal,
    [0xCB, 0xE0] + literal.prefix(1) + [10]
      + literal.dropFirst(),
    [0xAF] + literal, [0xC8, UInt8(deflated.count + 1), 1] + deflated, [0xA3, 1] + deflated,
    [0xC8, 2, 2, 0x78],
  ]
  let newer = newerBodies.map { [2] + $0 }
  let whole = newerBodies.map { body in
    [0, 0xC1, 45, 6, 21, 4] + [UInt8](repeating: 1, count: 20) + [25]
      + [UInt8](repeating: 9, count: 20) + [0xD2, UInt8(body.count)] + body
  }
  return writeSeeds(messages + contents.map { [255] + $0 } + newer + whole)
}

private func read<Formats: MessageFormats>(_ bytes: Span<UInt8>, as formats: Formats.Type) {
  guard let message = try? ReadableMessage<Formats>(parsing: bytes) else { return }
  for key in keys {
    for recipient in message.recipients(for: key.recipient) {
      guard (try? message.cryptogram(for: recipient, with: key.recipient)) != nil else { continue }
      for answer in key.answers {
        let secret = SecretBytes(copying: answer.span)
        do throws(OpenPGPError) {
          let found = try message.decrypt(
            with: secret, by: key.recipient, for: recipient, decompressing: ZlibDecompression())
          let isPlain = found.withBytes { [UInt8](copying: $0) == plain }
          precondition(isPlain, "something else was decrypted")
        } catch {}
      }
    }
  }
}

/// The bodies of SEIPD v2 in RFC 9580's samples A.10 and A.11, by OCB and by GCM.
private let newerBodies = [
  "0207020620a661f731fc9a3032b5623326027e3a5d8db5748ebeff0b0c5910d09ecdd641ff9fd38562758035bc49754c"
    + "e1bf3fffa7dad0a3b8104f5133cf42a4100a83eef4ca1b4801a8846bf42bcda7c8ce9d65e212f301cbcd98fdcade69"
    + "4a877ad4247323f6e857",
  "02070306fcb94490bcb98bbdc9d106c6090266940f72e89edc21b5596b1576b101ed0f9ffc6fc6d65bbfd24dcd0790"
    + "966e6d1e85a30053784cb1d8b6a0699ef12155a7b2ad6258531b57651fd7777912fa95e35d9b40216f69a4c248db28"
    + "ff4331f1632907399e6ff9",
].map { [UInt8](hexadecimal: $0) }

/// The session keys that stand there.
private let newerKeys = [
  "28e79ab82397d3c63de24ac217d7b791", "1936fc8568980274bb900d8319360c77",
].map { [UInt8](hexadecimal: $0) }

private func open(_ body: Span<UInt8>) {
  for tag: UInt8 in [18, 20] {
    guard (try? NewerFormats.check(tag: tag, body)) != nil else { continue }
    for key in newerKeys {
      guard let found = try? NewerFormats.content(tag: tag, body, key: key.span) else { continue }
      let text = [UInt8]("Hello, world!".utf8)
      let isText = found.withBytes { [UInt8](copying: $0.extracting(last: text.count)) == text }
      precondition(isText, "something else was decrypted")
    }
  }
}

private func look(inside content: Span<UInt8>, limit: Int) {
  let key = keys[0]
  let bytes = encrypted(content, to: key)
  guard let message = try? EncryptedMessage(parsing: bytes.span),
    let recipient = message.recipients.first
  else { preconditionFailure("no message") }
  let block = key.answers[0]
  let answer = SecretBytes(copying: block.span)
  do throws(OpenPGPError) {
    let found = try message.decrypt(
      with: answer, by: key.recipient, for: recipient, decompressing: ZlibDecompression(),
      limit: limit)
    precondition(found.count <= limit, "more than the limit")
  } catch {
    precondition(error != .cannotDecrypt, "a good message that can't be decrypted")
  }
}

/// A message of one PKESK, whose cryptogram says nothing, and one SEIPD around `content`.
private func encrypted(_ content: Span<UInt8>, to key: Key) -> [UInt8] {
  var message: [UInt8] = [0xC1, 12, 3]
  message += (0..<8).map { UInt8(truncatingIfNeeded: key.recipient.keyID >> (56 - 8 * $0)) }
  message += [1, 0, 1]
  // Algorithm, key, checksum.
  let sessionKey = Array(key.answers[0].dropFirst().dropLast(2))
  let prefix = [UInt8](repeating: 0x5A, count: 18)
  var plain = SecretBytes(capacity: 18 + content.count + 22)
  plain.append(prefix.span)
  plain.append(content)
  plain.append(0xD3)
  plain.append(0x14)
  do throws(CryptoError) {
    let code = try digest(.sha1, of: plain.bytes)
    plain.append(code.span)
    var cipher = try AESCFB(.encrypt, key: sessionKey.span)
    var out = SecretBytes(capacity: plain.count)
    try cipher.update(plain.bytes, appendingTo: &out)
    let size = UInt32(out.count + 1)
    message += [0xD2, 0xFF] + (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) }
    message.append(1)
    out.withBytes { message += [UInt8](copying: $0) }
  } catch {
    preconditionFailure("libcrypto failed")
  }
  return message
}

private struct Key {
  let recipient: RecipientKey
  /// What its card gave for gpg's messages.
  let answers: [[UInt8]]

  init(_ name: String, _ answers: [[UInt8]]) {
    guard
      let certificate = try? Certificate(
        parsing: repositoryFile("testkeys/\(name)/public.asc").span),
      let recipient = certificate.subkeys.first?.key.recipientKey
    else { preconditionFailure("no test key \(name)") }
    self.recipient = recipient
    self.answers = answers
  }
}

private let plain = repositoryFile("testkeys/plain.bin")

/// By `gpg --show-session-key` of message, message-z0 and message-zip; and by X25519 of message and
/// message-z0. With test keys made anew they open nothing, and want to be taken anew.
private let keys = [
  Key(
    "rsa2048",
    [
      "7CB8B21447432EF024DC7CFD83B52596E5B52FE2C3575BC423DA046D0321874A",
      "D085CC82FF856C1D8E9FA54B3384A5E0D5F92BE3B53F4D709F98677FE1CF6E7E",
      "2DBD5B79F195EC2A0D07D98CEB6986F1AA75D49C0244937F1499E879765D95B7",
    ].map { text in
      let key = [UInt8](hexadecimal: text)
      let sum = key.reduce(0) { $0 + Int($1) }
      return [9] + key + [UInt8(sum >> 8 & 0xFF), UInt8(sum & 0xFF)]
    }),
  Key(
    "ed25519",
    [
      "b0e4fe9f42b83f59550c0e55ca81091c304a90ef4c9961af0d4661ca01ad0e5b",
      "8de9078b93287218e625ded6f57a0a7d3706072f5eb8d6dfc85cef19a6a5617c",
    ].map { [UInt8](hexadecimal: $0) }),
]
