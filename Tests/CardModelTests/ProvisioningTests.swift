import LibCrypto
import OpenPGP
import OpenPGPCard
import Provisioning
import Secrets
import SmartCard
import TestSupport
import Testing
import VirtualCard

/// A dongle from the box to ready, on every model.
@Suite struct ProvisioningTests {
  @Test("it is provisioned with what it has, and its certificate holds", arguments: Model.all)
  func provisions(_ model: Model) throws {
    let virtual = model.card()
    let kind: ProvisioningPlan.KeyKind =
      switch model.quickest(for: .signing) {
      case .eddsa: .curve25519
      case .ecdsa: .nistP256
      default: .rsa2048
      }
    let provisioning = try Provisioning(
      ProvisioningPlan(
        name: Array("Ada Lovelace".utf8), email: Array("ada@example.org".utf8), keys: kind,
        time: 1_700_000_000))
    let user = SecretHolder(secret(Model.user))
    let admin = SecretHolder(secret(Model.admin))
    let made = try provisioning.makeKeys(
      on: VirtualCardTransport(virtual), user: user.secret, under: PINTerms.any,
      admin: admin.secret, under: PINTerms.any
    ) { _ in }
    let newUser = SecretHolder(secret(model.newPIN(.user)))
    let newAdmin = SecretHolder(secret(model.newPIN(.admin)))
    try Provisioning.setPINs(
      on: VirtualCardTransport(virtual), made: made, user: (user, newUser),
      under: PINTerms.any, admin: (admin, newAdmin), under: PINTerms.any)
    let binary = try Armor.decode(made.certificate, as: .publicKey)
    let certificate = try Certificate(parsing: binary.span)
    #expect(certificate.fingerprint == made.fingerprint)
    let transport = RecordingTransport(VirtualCardTransport(virtual))
    var card = try OpenPGPCard(selecting: transport)
    var signing = try card.authorize(.signing, with: newUser.secret, pinned: made.pinned[0])
    let digest = [UInt8](repeating: 1, count: 32)
    let signature = try signing.sign(digest.span, hash: .sha256)
    let isValid = made.pinned[0].publicKey.verify(signature.span, of: digest.span, hash: .sha256)
    #expect(isValid)
    #expect(transport.commandCount == model.exchange)
  }
}
