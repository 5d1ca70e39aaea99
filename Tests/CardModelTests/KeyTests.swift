import LibCrypto
import OpenPGPCard
import Secrets
import SmartCard
import TestSupport
import Testing
import VirtualCard

/// Keys on every model, made there and brought there, and used.
@Suite struct KeyTests {
  @Test("every file in cards/ is read, and says where each value is from")
  func files() {
    #expect(Model.all.count == Model.fileCount)
    #expect(Model.all.count >= 16)
    for model in Model.all {
      for key in [
        "name", "version", "manufacturer", "answerToReset", "historicalBytes",
        "extendedCapabilities", "applicationData", "discretionaryData", "pins", "initialObjects",
        "initialAttributes", "algorithms", "habits",
      ] + (model.profile.lengths == nil ? [] : ["lengths"])
        + (model.profile.featureManagement == nil ? [] : ["featureManagement"])
        + (model.profile.responseTimes == nil ? [] : ["responseTimes"])
      {
        #expect(model.profile.sources[key]?.isEmpty == false, "\(model.name): \(key)")
      }
    }
  }

  @Test("the client reads what the card says of itself", arguments: Model.all)
  func shows(_ model: Model) throws {
    let transport = RecordingTransport(VirtualCardTransport(model.card()))
    var card = try OpenPGPCard(selecting: transport)
    let application = card.application
    #expect(transport.commandCount == 2 + model.missingObjects)
    #expect(application.identifier.serial == 0x0102_0304)
    #expect(
      [
        UInt8(application.identifier.manufacturer >> 8),
        UInt8(application.identifier.manufacturer & 0xFF),
      ]
        == model.profile.manufacturer.bytes)
    for (index, pin) in PIN.allCases.enumerated() {
      #expect(application.pinStatus.maximumLength(pin) == model.profile.pins.maximum[index])
      if pin != .resetCode {
        #expect(application.pinStatus.triesLeft(pin) == model.profile.pins.tries[index])
      }
    }
    #expect(application.pinStatus.allowsManySignatures == model.profile.pins.manySignatures)
    for (slot, attributes) in zip(KeySlot.allCases, model.profile.initialAttributes) {
      #expect(application.attributes(of: slot)?.encoded == attributes.bytes)
      #expect(application.fingerprint(of: slot) == nil)
      #expect(failure { () throws(CardError) in _ = try card.publicKey(in: slot) } == .noKey(slot))
    }
    #expect(try card.signatureCount() == 0)
    #expect(try card.keyDerivation().isActive == false)
  }

  @Test(
    "its keys sign, decipher and authenticate, within the design's exchange",
    arguments: Model.all)
  func uses(_ model: Model) throws {
    let keyed = try KeyedCard(model)
    let digest = [UInt8](repeating: 0xD1, count: 32)
    let pin = secret(Model.user)
    let signingTransport = keyed.transport()
    do {
      var card = try OpenPGPCard(selecting: signingTransport)
      var signing = try card.authorize(.signing, with: pin, pinned: keyed.pinned[0])
      let signature = try signing.sign(digest.span, hash: .sha256)
      let isValid = keyed.pinned[0].publicKey.verify(
        signature.span, of: digest.span, hash: .sha256)
      #expect(isValid)
    }
    #expect(signingTransport.commandCount == model.exchange)
    let transport = keyed.transport()
    var card = try OpenPGPCard(selecting: transport)
    var decryption = try card.authorize(.decryption, with: pin, pinned: keyed.pinned[1])
    let (cryptogram, expected) = try cryptogram(for: keyed.pinned[1].publicKey)
    var out = SecretBytes(capacity: 512)
    try decryption.decipher(cryptogram, into: &out)
    #expect(copy(of: out) == expected)
    #expect(transport.commandCount == model.exchange)
    let signature = try decryption.authenticate(digest.span, hash: .sha256)
    let isValid = keyed.pinned[2].publicKey.verify(signature.span, of: digest.span, hash: .sha256)
    #expect(isValid)
    for slot in KeySlot.allCases {
      #expect(card.application.creationTime(of: slot) == 1_700_000_000)
      let origin = card.application.keyOrigin(of: slot)
      #expect(origin == nil || origin == .generated)
    }
    if card.application.capabilities.canSwapKeys {
      try decryption.useKeys(swapped: true)
      try decryption.useKeys(swapped: false)
    }
  }

  @Test("keys of all algorithms it has are brought to it, and used", arguments: Model.all)
  func imports(_ model: Model) throws {
    var card = try OpenPGPCard(selecting: VirtualCardTransport(model.card()))
    let admin = secret(Model.admin)
    let user = secret(Model.user)
    var administration = try card.authorize(.administration, with: admin, derivedBy: .plain)
    let digest = [UInt8](repeating: 0xD1, count: 32)
    for slot in KeySlot.allCases {
      for algorithm in model.algorithms(of: slot) {
        // One size of RSA, and only once: making it takes a while.
        if case .rsa(let bits) = algorithm, bits != 2048 || slot == .authentication { continue }
        let key = try PrivateKey.generate(algorithm)
        let publicKey = try administration.importKey(key, into: slot)
        let own = try key.publicKey()
        #expect(publicKey == own)
        switch slot {
        case .signing:
          var signing = try card.authorize(.signing, with: user, derivedBy: .plain)
          let signature = try signing.sign(digest.span, hash: .sha256)
          let isValid = own.verify(signature.span, of: digest.span, hash: .sha256)
          #expect(isValid, "\(algorithm)")
        case .decryption:
          var decryption = try card.authorize(.decryption, with: user, derivedBy: .plain)
          let (cryptogram, expected) = try cryptogram(for: own)
          var out = SecretBytes(capacity: 512)
          try decryption.decipher(cryptogram, into: &out)
          #expect(copy(of: out) == expected, "\(algorithm)")
        case .authentication:
          var decryption = try card.authorize(.decryption, with: user, derivedBy: .plain)
          let signature = try decryption.authenticate(digest.span, hash: .sha256)
          let isValid = own.verify(signature.span, of: digest.span, hash: .sha256)
          #expect(isValid, "\(algorithm)")
        }
      }
    }
  }
}
