import LibCrypto
import OpenPGP
import OpenPGPCard
import Secrets
import SmartCard

/// The certificate and its revocation.
extension Provisioning {
  /// Has the certificate and its revocation signed by the dongle.
  func certify<Transport: CardTransport, Memory: PINMemory>(
    _ keys: [CertificateKey], _ card: inout OpenPGPCard<Transport>, _ pin: borrowing SecretBytes,
    _ terms: PINTerms<Memory>, _ derivation: KeyDerivation
  ) throws(Halfway) -> Made {
    let drafts = try drafts(keys)
    let raw: [[UInt8]]
    do throws(CardError) {
      raw = try Self.sign(
        drafts.certificate.signatures + [drafts.revocation], &card, pin, terms,
        derivation)
    } catch {
      throw .touched(error)
    }
    let dongle = KnownDongle(
      identifier: card.application.identifier, keyDerivation: derivation,
      fingerprints: keys.map { $0.fingerprint })
    let pinned = zip(KeySlot.allCases, keys).map { slot, key in
      PinnedKey(
        identifier: dongle.identifier, slot: slot, fingerprint: key.fingerprint,
        publicKey: key.publicKey, keyDerivation: derivation)
    }
    return try Self.finish(drafts, raw, keys, dongle, pinned)
  }

  private func drafts(
    _ keys: [CertificateKey]
  ) throws(Halfway) -> (certificate: CertificateDraft, revocation: SignatureDraft) {
    do throws(OpenPGPError) {
      let certificate = try CertificateDraft(
        primary: keys[0], userID: plan.userID, decryption: keys[1], authentication: keys[2],
        lifetime: plan.lifetime, at: plan.time)
      return (certificate, try .revocation(of: keys[0], at: plan.time))
    } catch {
      throw .packets(error)
    }
  }

  /// With one PIN, or one for each, as the card wants it.
  private static func sign<Transport: CardTransport, Memory: PINMemory>(
    _ drafts: [SignatureDraft], _ card: inout OpenPGPCard<Transport>,
    _ pin: borrowing SecretBytes, _ terms: PINTerms<Memory>, _ derivation: KeyDerivation
  ) throws(CardError) -> [[UInt8]] {
    var raw: [[UInt8]] = []
    var signing = try card.authorize(.signing, with: pin, under: terms, derivedBy: derivation)
    for draft in drafts {
      if !raw.isEmpty, !card.application.pinStatus.allowsManySignatures {
        signing = try card.authorize(.signing, with: pin, under: terms, derivedBy: derivation)
      }
      raw.append(try signing.sign(draft.digest.span, hash: draft.hash))
    }
    return raw
  }

  private static func finish(
    _ drafts: (certificate: CertificateDraft, revocation: SignatureDraft), _ raw: [[UInt8]],
    _ keys: [CertificateKey], _ dongle: KnownDongle, _ pinned: [PinnedKey]
  ) throws(Halfway) -> Made {
    let own = Array(raw.dropLast())
    let last = raw[raw.count - 1]
    do throws(OpenPGPError) {
      let certificate = try drafts.certificate.finished(with: own)
      let revocation = try drafts.revocation.finished(with: last.span)
      return Made(
        certificate: Armor.encode(certificate.span, as: .publicKey),
        revocation: RevocationCertificate.armored(revocation), dongle: dongle,
        pinned: pinned, fingerprint: keys[0].fingerprint,
        algorithms: keys.map { $0.publicKey.algorithm })
    } catch {
      throw .packets(error)
    }
  }
}
