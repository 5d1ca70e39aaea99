import Foundation
import LibCrypto
import OpenPGPCard
import Secrets
import SmartCard
import TestSupport
import Testing
import VirtualCard

/// A card model: a file in `cards/`.
struct Model: Sendable, CustomTestStringConvertible {
  let name: String
  let profile: CardProfile
  var testDescription: String { name }

  /// All that there are.
  static let all: [Model] = {
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: Repository.path("cards"))) ?? []
    return names.filter { $0.hasSuffix(".json") }.sorted().compactMap { file in
      (try? CardProfile(contentsOf: Repository.path("cards/\(file)"))).map {
        Model(name: String(file.dropLast(5)), profile: $0)
      }
    }
  }()

  /// How many files there must be at least: none is left out for being unreadable.
  static var fileCount: Int {
    ((try? FileManager.default.contentsOfDirectory(atPath: Repository.path("cards"))) ?? [])
      .count { $0.hasSuffix(".json") }
  }

  /// A new card of it.
  func card() -> VirtualCard { VirtualCard(profile: profile, serial: 0x0102_0304) }

  /// The algorithms of a slot that the client and the virtual card have, in the model's order.
  func algorithms(of slot: KeySlot) -> [KeyAlgorithm] {
    var found: [KeyAlgorithm] = []
    for row in profile.algorithms where row.tag.bytes == [0xC1 + slot.rawValue] {
      for attributes in row.attributes {
        guard let algorithm = AlgorithmAttributes(encoded: attributes.bytes).algorithm,
          !found.contains(algorithm)
        else { continue }
        switch (algorithm, slot) {
        case (.rsa, _), (.ecdh, .decryption), (.ecdsa, .signing), (.eddsa, .signing),
          (.ecdsa, .authentication), (.eddsa, .authentication):
          found.append(algorithm)
        default: continue
        }
      }
    }
    return found
  }

  /// What is quickest to make: a curve, else RSA 2048.
  func quickest(for slot: KeySlot) -> KeyAlgorithm {
    let all = algorithms(of: slot)
    for wanted in [
      KeyAlgorithm.eddsa(.ed25519), .ecdh(.cv25519), .ecdsa(.nistP256), .ecdh(.nistP256),
    ] where all.contains(wanted) { return wanted }
    return .rsa(bits: 2048)
  }

  /// PINs that the model takes as new ones, digits of π.
  func newPIN(_ pin: PIN, from digits: String = "314159265358979323846264") -> String {
    String(digits.prefix(max(profile.pins.minimum[Int(pin.rawValue)], 8)))
  }

  /// What 6E lacks of what everyone needs: asked for one by one.
  var missingObjects: Int {
    let shown = (profile.applicationData + profile.discretionaryData).map(\.bytes)
    return [[0x4F], [0x5F, 0x52], [0xC0], [0xC1], [0xC2], [0xC3], [0xC4], [0xC5]]
      .count { !shown.contains($0) }
  }

  /// Commands of an operation by the design: 5, or 6 with KDF.
  var exchange: Int {
    5 + (profile.extendedCapabilities.bytes[0] & 1 == 1 ? 1 : 0) + missingObjects
  }

  static let user = "123456"
  static let admin = "12345678"
}

/// A new card with a key in each slot, and what is recorded of it.
struct KeyedCard {
  let card: VirtualCard
  let pinned: [PinnedKey]

  init(_ model: Model) throws {
    card = model.card()
    var visit = try OpenPGPCard(selecting: VirtualCardTransport(card))
    let admin = secret(Model.admin)
    let derivation = try visit.keyDerivation()
    var administration = try visit.authorize(.administration, with: admin, derivedBy: derivation)
    var pinned: [PinnedKey] = []
    for slot in KeySlot.allCases {
      let key = try administration.generateKey(in: slot, model.quickest(for: slot))
      let fingerprint = [UInt8](repeating: 0xF0 + slot.rawValue, count: 20)
      try administration.setFingerprint(of: slot, fingerprint.span)
      try administration.setCreationTime(of: slot, 1_700_000_000)
      pinned.append(
        PinnedKey(
          identifier: administration.application.identifier, slot: slot, fingerprint: fingerprint,
          publicKey: key, keyDerivation: derivation))
    }
    self.pinned = pinned
  }

  func transport() -> RecordingTransport<VirtualCardTransport> {
    RecordingTransport(VirtualCardTransport(card))
  }
}
