import LibCrypto
import OpenPGPCard
import Secrets
import SmartCard
import TestSupport
import Testing
import VirtualCard

/// PINs, data objects, KDF and reset on every model.
@Suite struct StateTests {
  @Test("PINs are changed, counted, blocked and unblocked", arguments: Model.all)
  func pins(_ model: Model) throws {
    let keyed = try KeyedCard(model)
    var card = try OpenPGPCard(selecting: keyed.transport())
    let user = secret(Model.user)
    let admin = secret(Model.admin)
    let newUser = secret(model.newPIN(.user))
    let newAdmin = secret(model.newPIN(.admin, from: "271828182845904523536028"))
    let code = secret(model.newPIN(.resetCode, from: "161803398874989484820458"))
    try card.changePIN(.admin, from: admin, to: newAdmin, derivedBy: .plain)
    try card.changePIN(.user, from: user, to: newUser, derivedBy: .plain)
    for left in [2, 1] {
      #expect(
        failure { () throws(CardError) in
          _ = try card.authorize(.signing, with: code, derivedBy: .plain)
        } == .wrongPIN(.user, triesLeft: UInt8(left)))
      #expect(card.application.pinStatus.triesLeft(.user) == left)
    }
    do {
      var administration = try card.authorize(.administration, with: newAdmin, derivedBy: .plain)
      try administration.setResetCode(code, derivedBy: .plain)
    }
    let last = failure { () throws(CardError) in
      _ = try card.authorize(.decryption, with: code, derivedBy: .plain)
    }
    #expect(last == .wrongPIN(.user, triesLeft: 0) || last == .blocked(.user))
    #expect(
      failure { () throws(CardError) in
        _ = try card.authorize(.signing, with: newUser, derivedBy: .plain)
      } == .blocked(.user))
    try card.resetUserPIN(with: code, to: newUser, derivedBy: .plain)
    _ = try card.authorize(.signing, with: newUser, derivedBy: .plain)
    var administration = try card.authorize(.administration, with: newAdmin, derivedBy: .plain)
    let again = secret(model.newPIN(.user, from: "141421356237309504880168"))
    try administration.setUserPIN(again, derivedBy: .plain)
    _ = try card.authorize(.decryption, with: again, derivedBy: .plain)
    #expect(card.application.pinStatus.triesLeft(.user) == model.profile.pins.tries[0])
  }

  @Test(
    "data objects, certificates, touch and random bytes, as far as it has them",
    arguments: Model.all)
  func objects(_ model: Model) throws {
    let virtual = model.card()
    var card = try OpenPGPCard(selecting: VirtualCardTransport(virtual))
    let capabilities = card.application.capabilities
    let user = secret(Model.user)
    let admin = secret(Model.admin)
    var administration = try card.authorize(.administration, with: admin, derivedBy: .plain)
    let name = Array("Lovelace<<Ada".utf8)
    try administration.putObject(0x5B, name.span)
    #expect(try card.readObject(0x65).holds(name))
    let text = Array("https://example.org/ada.asc".utf8)
    for tag: UInt16 in [0x5E, 0x5F50] {
      try administration.putObject(tag, text.span)
      #expect(try card.readObject(tag) == text)
    }
    if capabilities.hasPrivateObjects {
      try administration.putObject(0x0102, text.span)
      try administration.putObject(0x0104, text.span)
      #expect(try administration.readObject(0x0104) == text)
      var decryption = try card.authorize(.decryption, with: user, derivedBy: .plain)
      try decryption.putObject(0x0101, text.span)
      try decryption.putObject(0x0103, text.span)
      #expect(try decryption.readObject(0x0103) == text)
      #expect(try card.readObject(0x0101) == text)
    }
    if capabilities.canChangePINStatus {
      for many in [false, true] {
        try administration.setAllowsManySignatures(many)
        #expect(card.application.pinStatus.allowsManySignatures == many)
      }
    }
    if capabilities.maximumChallenge > 0 { #expect(try card.challenge(16).count == 16) }
    if capabilities.hasAES {
      let key = [UInt8](repeating: 0xAE, count: 32)
      try administration.putObject(0xD5, key.span)
      var decryption = try card.authorize(.decryption, with: user, derivedBy: .plain)
      let plain = [UInt8](repeating: 7, count: 32)
      let cipher = try decryption.encipher(plain.span)
      var out = SecretBytes(capacity: 32)
      try decryption.decipher(blocks: cipher.span, into: &out)
      #expect(copy(of: out) == plain)
    }
    if card.application.touchPolicy(of: .signing) != nil {
      try administration.setTouchPolicy(of: .signing, .on)
      #expect(card.application.touchPolicy(of: .signing) == .on)
    }
    let certificate = TLVWriter.element(0x30, [UInt8](repeating: 7, count: 600))
    let slots: [KeySlot] =
      switch model.profile.habits.certificates {
      case 0: []
      case 1: [.authentication]
      default: KeySlot.allCases
      }
    for slot in KeySlot.allCases {
      let own = certificate + [slot.rawValue]
      guard slots.contains(slot) else {
        #expect(
          failure { () throws(CardError) in
            try administration.putCertificate(own.span, of: slot)
          } != nil)
        continue
      }
      try administration.putCertificate(own.span, of: slot)
      #expect(try card.certificate(of: slot) == own)
    }
    let transport = RecordingTransport(VirtualCardTransport(virtual))
    var visit = try OpenPGPCard(selecting: transport)
    let kept = try visit.certificates()
    for slot in KeySlot.allCases {
      #expect(
        kept[Int(slot.rawValue)] == (slots.contains(slot) ? certificate + [slot.rawValue] : []))
    }
    // In as many commands as there are certificates.
    if slots.count == 3 {
      #expect(transport.sent.map { $0[1] }.filter { $0 != 0xC0 }.suffix(3) == [0xCA, 0xCC, 0xCC])
    }
  }

  @Test(
    "derived PINs, where it has them: all still work, and only derived",
    arguments: Model.all.filter { $0.profile.extendedCapabilities.bytes[0] & 1 == 1 })
  func derives(_ model: Model) throws {
    let virtual = model.card()
    let user = secret(Model.user)
    let admin = secret(Model.admin)
    var card = try OpenPGPCard(selecting: VirtualCardTransport(virtual))
    let derivation = try card.setUpKeyDerivation(user: user, admin: admin)
    #expect(derivation.isActive)
    var administration = try card.authorize(.administration, with: admin, derivedBy: derivation)
    let key = try administration.generateKey(in: .signing, model.quickest(for: .signing))
    let fingerprint = [UInt8](repeating: 0xF0, count: 20)
    try administration.setFingerprint(of: .signing, fingerprint.span)
    let newUser = secret(model.newPIN(.user))
    try card.changePIN(.user, from: user, to: newUser, derivedBy: derivation)
    let pinned = PinnedKey(
      identifier: card.application.identifier, slot: .signing, fingerprint: fingerprint,
      publicKey: key, keyDerivation: derivation)
    let transport = RecordingTransport(VirtualCardTransport(virtual))
    do {
      var visit = try OpenPGPCard(selecting: transport)
      var signing = try visit.authorize(.signing, with: newUser, pinned: pinned)
      let digest = [UInt8](repeating: 1, count: 64)
      let signature = try signing.sign(digest.span, hash: .sha512)
      let isValid = key.verify(signature.span, of: digest.span, hash: .sha512)
      #expect(isValid)
    }
    #expect(transport.commandCount == model.exchange)
    var other = try OpenPGPCard(selecting: VirtualCardTransport(virtual))
    let plain = failure { () throws(CardError) in
      _ = try other.authorize(.decryption, with: newUser, derivedBy: .plain)
    }
    #expect(plain != nil)
  }

  @Test(
    "it is emptied with nobody's PINs, and brought back when terminated",
    arguments: Model.all)
  func resets(_ model: Model) throws {
    let keyed = try KeyedCard(model)
    let admin = secret(Model.admin)
    do {
      var card = try OpenPGPCard(selecting: keyed.transport())
      if model.profile.habits.terminateNeedsPIN == true {
        // Such a card is reset only by who knows its admin PIN; no try is lost in finding out.
        #expect(
          failure { () throws(CardError) in try card.factoryReset() } == .unsupported(.factoryReset)
        )
        #expect(card.application.pinStatus.triesLeft(.user) == 3)
        try card.refreshPINStatus()
        #expect(card.application.pinStatus.triesLeft(.admin) == 3)
        let administration = try card.authorize(.administration, with: admin, derivedBy: .plain)
        try administration.factoryReset()
      } else {
        try card.factoryReset()
      }
      for slot in KeySlot.allCases { #expect(card.application.fingerprint(of: slot) == nil) }
      _ = try card.authorize(.administration, with: admin, derivedBy: .plain)
    }
    let virtual = keyed.card
    for command: [UInt8] in [
      [0x00, 0xA4, 0x04, 0x00, 0x06, 0xD2, 0x76, 0x00, 0x01, 0x24, 0x01],
      [0x00, 0x20, 0x00, 0x83, 0x08] + Array(Model.admin.utf8),
      [0x00, 0xE6, 0x00, 0x00],
    ] { #expect(virtual.process(command) == [0x90, 0x00]) }
    #expect(
      failure { () throws(CardError) in
        _ = try OpenPGPCard(selecting: VirtualCardTransport(virtual))
      } == .terminated)
    let card = try OpenPGPCard(activating: VirtualCardTransport(virtual))
    #expect(card.application.pinStatus.triesLeft(.admin) == model.profile.pins.tries[2])
  }
}
