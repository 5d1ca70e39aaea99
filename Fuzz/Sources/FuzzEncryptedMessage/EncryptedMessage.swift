import Inflate
import Input
import LibCrypto
import OpenPGP
import Secrets

/// Encrypted messages, and what is inside of them. The first byte says which the input is:
///
/// - a message, to be decrypted with the answers that the card once gave to gpg's messages: what comes
///   out is what gpg encrypted, or nothing;
/// - the content of a message, which is encrypted here and must come through the integrity check: what
///   comes out is never more than the limit.
@c(LLVMFuzzerTestOneInput)
public func fuzzEncryptedMessage(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    guard !input.isEmpty else { return }
    let rest = input.extracting(droppingFirst: 1)
    if input[0] & 1 == 0 { read(rest) } else { look(inside: rest, limit: Int(input[0]) * 4) }
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
  return writeSeeds(messages + contents.map { [255] + $0 })
}

private func read(_ bytes: Span<UInt8>) {
  guard let message = try? EncryptedMessage(parsing: bytes) else { return }
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
