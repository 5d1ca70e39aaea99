import Foundation
import Inflate
import LibCrypto
import OpenPGP
import OpenPGPCard
import Secrets

extension Commands {
  /// `encrypt [--no-armor] [--as=…] CERT…`: to every key of each certificate that can be encrypted to.
  static func encrypt(_ arguments: inout Arguments) throws(SOPFailure) -> [UInt8] {
    let isArmored = !(try arguments.flag("--no-armor"))
    let mode = try arguments.value("--as")
    try arguments.end()
    guard !arguments.files.isEmpty else {
      throw SOPFailure(.missingArgument, "encrypt takes a CERT")
    }
    var recipients: [RecipientKey] = []
    for path in arguments.files {
      let content = try Arguments.content(of: path)
      let certificate: Certificate
      do throws(OpenPGPError) {
        certificate = try Certificate(parsing: content.span)
      } catch {
        throw SOPFailure(error)
      }
      let able = certificate.keys(for: .decryption, at: now).compactMap(\.recipientKey)
      guard !able.isEmpty else {
        throw SOPFailure(.cannotEncrypt, "\(path) holds no key that can be encrypted to now")
      }
      recipients += able
    }
    let data = input()
    switch mode {
    case nil, "binary": break
    case "text":
      guard String(validating: data, as: UTF8.self) != nil else {
        throw SOPFailure(.expectedText, "that isn't UTF-8")
      }
    default: throw SOPFailure(.unsupportedOption, "--as takes binary or text")
    }
    do throws(OpenPGPError) {
      let message = try OpenPGP.encrypt(SecretBytes(copying: data.span), to: recipients)
      return isArmored ? Armor.encode(message.span, as: .message) : message
    } catch {
      throw SOPFailure(error)
    }
  }

  /// `decrypt KEY…`: by the first of the keys that the message is for, on a card.
  static func decrypt(_ arguments: inout Arguments) throws(SOPFailure) -> [UInt8] {
    try arguments.end()
    guard !arguments.files.isEmpty else {
      throw SOPFailure(.missingArgument, "decrypt takes a KEY")
    }
    let bytes = input()
    let message: AnyEncryptedMessage
    do throws(OpenPGPError) {
      message = try AnyEncryptedMessage(parsing: bytes.span)
    } catch {
      throw SOPFailure(error)
    }
    var failure = SOPFailure(.cannotDecrypt, "the message is for none of the keys")
    for path in arguments.files {
      let file = try secretKey(path)
      for key in file.keys.map(\.key) {
        guard let recipientKey = key.recipientKey else { continue }
        for recipient in message.recipients(for: recipientKey) {
          do throws(SOPFailure) {
            return try decrypt(message, recipient, recipientKey, key, file)
          } catch {
            failure = error
          }
        }
      }
    }
    throw failure
  }

  /// The most that is decrypted: 64 MiB.
  private static let limit = 1 << 26

  private static func decrypt(
    _ message: AnyEncryptedMessage, _ recipient: AnyEncryptedMessage.Recipient,
    _ recipientKey: RecipientKey, _ key: CertificateKey, _ file: borrowing SecretKeyFile
  ) throws(SOPFailure) -> [UInt8] {
    var card = try InProcessCard(key, of: file, in: .decryption)
    let cryptogram: Cryptogram
    do throws(OpenPGPError) {
      cryptogram = try message.cryptogram(for: recipient, with: recipientKey)
    } catch {
      throw SOPFailure(error)
    }
    let answer = try card.decipher(cryptogram)
    do throws(OpenPGPError) {
      let plain = try message.decrypt(
        with: answer, by: recipientKey, for: recipient, decompressing: ZlibDecompression(),
        limit: limit)
      return plain.withBytes { bytes in bytes.indices.map { bytes[$0] } }
    } catch {
      throw SOPFailure(error)
    }
  }
}
