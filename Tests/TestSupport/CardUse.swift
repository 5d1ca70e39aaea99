package import LibCrypto
package import OpenPGPCard
import Secrets

/// What a sender gives to a card's decryption key, and the secret it must find.
package func cryptogram(for key: PublicKey) throws -> (Cryptogram, [UInt8]) {
  switch key {
  case .rsa:
    let message = [UInt8](repeating: 0x42, count: 35)
    return (.rsa(try key.encryptPKCS1(message.span)), message)
  case .ecdh(_, let point):
    let sender = try PrivateKey.generate(key.algorithm)
    var shared = SecretBytes(capacity: 96)
    try sender.sharedSecret(with: point.span, appendingTo: &shared)
    guard case .ecdh(_, let own) = try sender.publicKey() else {
      throw TestSupportError("no point")
    }
    return (.ecdh(point: own), copy(of: shared))
  default: throw TestSupportError("not to decrypt with")
  }
}

/// The error that `body` throws, or nil. For what can't be captured in an expectation's closure.
package func failure(_ body: () throws(CardError) -> Void) -> CardError? {
  do throws(CardError) {
    try body()
    return nil
  } catch {
    return error
  }
}
