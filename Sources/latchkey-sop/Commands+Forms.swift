import OpenPGP

extension Commands {
  /// `version [--backend|--extended|--sop-spec]`.
  static func version(_ arguments: inout Arguments) throws(SOPFailure) -> [UInt8] {
    let isSpecification = try arguments.flag("--sop-spec")
    _ = try arguments.flag("--backend")
    _ = try arguments.flag("--extended")
    try arguments.end()
    return [UInt8](
      // The tilde says that not all of it is here.
      (isSpecification ? "~draft-dkg-openpgp-stateless-cli-10\n" : "latchkey-sop 0.1.0\n").utf8)
  }

  /// `extract-cert [--no-armor]`.
  static func extractCertificate(_ arguments: inout Arguments) throws(SOPFailure) -> [UInt8] {
    let isArmored = !(try arguments.flag("--no-armor"))
    try arguments.end()
    let bytes = input()
    do throws(OpenPGPError) {
      let certificate = try SecretKeyFile(parsing: bytes.span).certificateBytes
      return isArmored ? Armor.encode(certificate.span, as: .publicKey) : certificate
    } catch {
      throw SOPFailure(error)
    }
  }

  /// `armor`: what is armored stays as it is.
  static func armor(_ arguments: inout Arguments) throws(SOPFailure) -> [UInt8] {
    try arguments.end()
    let bytes = input()
    if Armor.isArmored(bytes.span) {
      _ = try binary(bytes)
      return bytes
    }
    guard let first = bytes.first else { throw SOPFailure(.badData, "there is nothing to armor") }
    let kind: Armor.Kind
    switch first & 0x40 == 0 ? first >> 2 & 0x0F : first & 0x3F {
    case 2: kind = .signature
    case 5: kind = .privateKey
    case 6: kind = .publicKey
    case 1, 3, 4, 8, 9, 11, 18, 20: kind = .message
    default: throw SOPFailure(.badData, "that is nothing that is armored")
    }
    return Armor.encode(bytes.span, as: kind)
  }

  /// `dearmor`.
  static func dearmor(_ arguments: inout Arguments) throws(SOPFailure) -> [UInt8] {
    try arguments.end()
    return try binary(input())
  }

  private static func binary(_ text: [UInt8]) throws(SOPFailure) -> [UInt8] {
    for kind in Armor.Kind.allCases {
      do throws(OpenPGPError) {
        return try Armor.decode(text.span, as: kind)
      } catch .wrongArmor {
        continue
      } catch {
        break
      }
    }
    throw SOPFailure(.badData, "that is no armor")
  }
}
