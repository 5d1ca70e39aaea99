import LibCrypto
import OpenPGP
import OpenPGPCard
import SmartCard

/// Making the keys.
extension Provisioning {
  /// The three keys, and what belongs to them; that it was kept, the next visit's first look tells.
  func generate<Transport: CardTransport>(
    _ administration: inout Authorization<Transport, Administration>, _ progress: (Stage) -> Void
  ) throws(CardError) -> [CertificateKey] {
    var kinds = (plan.keys.map { [$0] } ?? ProvisioningPlan.KeyKind.preferred)[...]
    var keys: [CertificateKey] = []
    for slot in KeySlot.allCases {
      let publicKey = try makeKey(in: slot, &kinds, &administration, progress)
      let key: CertificateKey
      do throws(OpenPGPError) {
        key = try CertificateKey(publicKey, creationTime: plan.time)
      } catch {
        throw .wrongKey(slot)
      }
      try administration.setFingerprint(of: slot, key.fingerprint.span)
      try administration.setCreationTime(of: slot, plan.time)
      keys.append(key)
    }
    if let name = plan.cardholder { try administration.putObject(0x5B, name.span) }
    return keys
  }

  /// One key of the first kind that the card has; the kinds before it are dropped.
  private func makeKey<Transport: CardTransport>(
    in slot: KeySlot, _ kinds: inout ArraySlice<ProvisioningPlan.KeyKind>,
    _ administration: inout Authorization<Transport, Administration>, _ progress: (Stage) -> Void
  ) throws(CardError) -> PublicKey {
    while let kind = kinds.first {
      let algorithm = kind.algorithm(in: slot)
      progress(.generating(slot, algorithm))
      do throws(CardError) {
        return try administration.generateKey(in: slot, algorithm)
      } catch {
        // Said before anything on the card is changed.
        guard error == .unsupportedAlgorithm, slot == .signing, kinds.count > 1 else { throw error }
        kinds = kinds.dropFirst()
      }
    }
    throw .unsupportedAlgorithm
  }
}
