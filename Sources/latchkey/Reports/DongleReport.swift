import LibCrypto
import OpenPGPCard

/// What a dongle said of itself, in words and for JSON.
struct DongleReport: Encodable {
  let serial: String
  let model: String
  let place: String
  /// Of the OpenPGP card specification.
  let version: String
  let triesLeft: Tries
  let keyDerivation: Bool
  let keys: [Key]

  /// Tries left for each PIN.
  struct Tries: Encodable {
    let user: Int
    let resetCode: Int
    let admin: Int
  }

  /// One of the three slots.
  struct Key: Encodable {
    let slot: String
    let algorithm: String?
    let fingerprint: String?
    let created: String?
    let touch: String?
  }

  init(_ dongle: Dongle) {
    let application = dongle.application
    serial = dongle.serial
    model = dongle.model
    place = dongle.place.description
    // Binary-coded decimals (3.4.1 §4.2.1): 0341 is 3.41.
    version =
      String(application.version >> 8, radix: 16) + "."
      + String(application.version & 0xFF, radix: 16)
    triesLeft = Tries(
      user: application.pinStatus.triesLeft(.user),
      resetCode: application.pinStatus.triesLeft(.resetCode),
      admin: application.pinStatus.triesLeft(.admin))
    keyDerivation = application.capabilities.hasKeyDerivation
    keys = KeySlot.allCases.map { slot in
      let fingerprint = application.fingerprint(of: slot)
      return Key(
        slot: slot.words, algorithm: application.attributes(of: slot)?.algorithm?.words,
        fingerprint: fingerprint.map(Hexadecimal.text),
        created: fingerprint == nil ? nil : Moment.text(application.creationTime(of: slot)),
        touch: application.touchPolicy(of: slot).map { "\($0)" })
    }
  }

  /// The lines for people.
  var lines: [String] {
    var lines = [
      "\(model) \(serial), OpenPGP card \(version), in \(place)",
      "  tries left  PIN \(triesLeft.user), reset code \(triesLeft.resetCode), "
        + "admin PIN \(triesLeft.admin)",
    ]
    for key in keys {
      var line = "  " + key.slot.padded(to: 16)
      if let fingerprint = key.fingerprint {
        line += "\(key.algorithm ?? "?")  \(fingerprint)  \(key.created ?? "")"
        if let touch = key.touch, touch != "off" { line += "  touch \(touch)" }
      } else {
        line += "no key"
      }
      lines.append(line)
    }
    return lines
  }
}

extension KeyAlgorithm {
  /// As gpg names it.
  var words: String {
    switch self {
    case .rsa(let bits): "rsa\(bits)"
    case .ecdsa(let curve), .ecdh(let curve), .eddsa(let curve): "\(curve.name)"
    }
  }
}
