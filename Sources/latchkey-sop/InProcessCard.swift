import Foundation
import LibCrypto
import OpenPGP
import OpenPGPCard
import Secrets
import SmartCard
import VirtualCard

/// A new virtual card in this process, with one secret key that was imported into it: every operation goes
/// through the card client, as with a dongle.
struct InProcessCard: ~Copyable {
  private var card: OpenPGPCard<VirtualCardTransport>

  /// Brings the secret half of a key to a new card.
  init(_ key: CertificateKey, of file: borrowing SecretKeyFile, in slot: KeySlot) throws(SOPFailure)
  {
    let transport = VirtualCardTransport(VirtualCard(profile: try Self.profile(), serial: 1))
    card = try Self.card(transport, with: Self.privateKey(key, file), key, slot)
  }

  private static func privateKey(
    _ key: CertificateKey, _ file: borrowing SecretKeyFile
  ) throws(SOPFailure) -> PrivateKey {
    do throws(OpenPGPError) {
      return try file.privateKey(key.fingerprint)
    } catch {
      throw SOPFailure(error)
    }
  }

  private static func card(
    _ transport: VirtualCardTransport, with secret: borrowing PrivateKey, _ key: CertificateKey,
    _ slot: KeySlot
  ) throws(SOPFailure) -> OpenPGPCard<VirtualCardTransport> {
    do throws(CardError) {
      var card = try OpenPGPCard(selecting: transport)
      let pin = Self.secret("12345678")
      var administration = try card.authorize(
        .administration, with: pin, under: Self.terms, derivedBy: .plain)
      _ = try administration.importKey(secret, into: slot)
      try administration.setFingerprint(of: slot, key.fingerprint.span)
      try administration.setCreationTime(of: slot, key.creationTime)
      return card
    } catch {
      throw SOPFailure(.unsupportedAlgorithm, "the card doesn't take the key: \(error)")
    }
  }

  /// A signature by the card.
  mutating func sign(_ draft: SignatureDraft) throws(SOPFailure) -> [UInt8] {
    let raw: [UInt8]
    do throws(CardError) {
      let pin = Self.secret("123456")
      var signing = try card.authorize(.signing, with: pin, under: Self.terms, derivedBy: .plain)
      raw = try signing.sign(draft.digest.span, hash: draft.hash)
    } catch {
      throw SOPFailure(.cannotSign, "the card doesn't sign: \(error)")
    }
    do throws(OpenPGPError) {
      return try draft.finished(with: raw.span)
    } catch {
      throw SOPFailure(error)
    }
  }

  /// What the card makes of a cryptogram; empty where it refuses.
  mutating func decipher(_ cryptogram: Cryptogram) throws(SOPFailure) -> SecretBytes {
    var answer = SecretBytes(capacity: 1024)
    do throws(CardError) {
      let pin = Self.secret("123456")
      var decryption = try card.authorize(
        .decryption, with: pin, under: Self.terms, derivedBy: .plain)
      do throws(CardError) {
        try decryption.decipher(cryptogram, into: &answer)
      } catch {
        answer.wipe()
      }
    } catch {
      throw SOPFailure(.cannotDecrypt, "the card can't be used: \(error)")
    }
    return answer
  }

  /// The card lives and ends with this process.
  private static var terms: PINTerms<NoPINMemory> {
    PINTerms(triesShown: 1, spendsLastTry: true, memory: NoPINMemory())
  }

  private static func secret(_ text: String) -> SecretBytes {
    let bytes = [UInt8](text.utf8)
    return SecretBytes(copying: bytes.span)
  }

  /// The model: `LATCHKEY_SOP_CARD`, or `cards/yubikey-5.json` of the source tree that this program was
  /// built in.
  private static func profile() throws(SOPFailure) -> CardProfile {
    var path = ProcessInfo.processInfo.environment["LATCHKEY_SOP_CARD"]
    if path == nil {
      var folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      while path == nil, folder.path != "/" {
        folder.deleteLastPathComponent()
        let candidate = folder.appendingPathComponent("cards/yubikey-5.json").path
        if FileManager.default.fileExists(atPath: candidate) { path = candidate }
      }
    }
    guard let path else {
      throw SOPFailure(.missingInput, "LATCHKEY_SOP_CARD names no card's profile")
    }
    do throws(CardFileError) {
      return try CardProfile(contentsOf: path)
    } catch {
      throw SOPFailure(.missingInput, "\(path) is no card's profile: \(error)")
    }
  }
}

extension SOPFailure {
  /// What OpenPGP bytes are wrong in.
  init(_ error: OpenPGPError) {
    switch error {
    case .protectedKey: self.init(.protectedKey, "a passphrase protects the key")
    case .unsupportedAlgorithm(let number):
      self.init(.unsupportedAlgorithm, "public-key algorithm \(number) isn't known")
    case .cannotDecrypt, .notForThisKey, .unsupportedCipher, .unsupportedMode, .tooLarge,
      .unsupportedCompression:
      self.init(.cannotDecrypt, "the message can't be decrypted: \(error)")
    default: self.init(.badData, "\(error)")
    }
  }
}
