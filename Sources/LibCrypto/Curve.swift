/// An elliptic curve: one line of ``line``. All that differs from curve to curve stands there; the names
/// are numbers, so that keys stay small and the table is data.
public enum Curve: UInt8, CaseIterable, Sendable {
  /// NIST P-256, secp256r1.
  case nistP256
  /// NIST P-384, secp384r1.
  case nistP384
  /// NIST P-521, secp521r1.
  case nistP521
  /// Brainpool's P256r1 (RFC 5639).
  case brainpoolP256
  /// Brainpool's P384r1.
  case brainpoolP384
  /// Brainpool's P512r1.
  case brainpoolP512
  /// secp256k1.
  case secp256k1
  /// Ed25519.
  case ed25519
  /// Curve25519 for ECDH.
  case cv25519
  /// Ed448.
  case ed448
  /// Curve448 for ECDH.
  case cv448

  /// How points and signatures on it are written.
  public enum Form: Equatable, Sendable {
    /// ECDSA and ECDH; points are `04 ‖ x ‖ y` (SEC 1 §2.3.3).
    case weierstrass
    /// EdDSA; points are bare (RFC 8032).
    case edwards
    /// X25519 and X448; points are bare (RFC 7748).
    case montgomery
  }

  /// What is to be known of a curve.
  private struct Line {
    let oid: StaticString
    let group: StaticString
    let name: StaticString
    let size: UInt8
    let form: Form

    init(
      _ oid: StaticString, _ group: StaticString, _ name: StaticString, _ size: UInt8, _ form: Form
    ) {
      self.oid = oid
      self.group = group
      self.name = name
      self.size = size
      self.form = form
    }
  }

  /// Object identifier (content bytes in hexadecimal), libcrypto's name, people's (gpg's) name, size,
  /// form.
  private var line: Line {
    switch self {
    case .nistP256: Line("2A8648CE3D030107", "P-256", "nistp256", 32, .weierstrass)
    case .nistP384: Line("2B81040022", "P-384", "nistp384", 48, .weierstrass)
    case .nistP521: Line("2B81040023", "P-521", "nistp521", 66, .weierstrass)
    case .brainpoolP256:
      Line("2B2403030208010107", "brainpoolP256r1", "brainpoolP256r1", 32, .weierstrass)
    case .brainpoolP384:
      Line("2B240303020801010B", "brainpoolP384r1", "brainpoolP384r1", 48, .weierstrass)
    case .brainpoolP512:
      Line("2B240303020801010D", "brainpoolP512r1", "brainpoolP512r1", 64, .weierstrass)
    case .secp256k1: Line("2B8104000A", "secp256k1", "secp256k1", 32, .weierstrass)
    case .ed25519: Line("2B06010401DA470F01", "ED25519", "ed25519", 32, .edwards)
    case .cv25519: Line("2B060104019755010501", "X25519", "cv25519", 32, .montgomery)
    case .ed448: Line("2B6571", "ED448", "ed448", 57, .edwards)
    case .cv448: Line("2B656F", "X448", "cv448", 56, .montgomery)
    }
  }

  /// The object identifier's content bytes, without tag and length: what OpenPGP (RFC 9580 §9.2) and
  /// the card's algorithm attributes (OpenPGP card 3.4.1 §4.4.3.10) both name the curve by.
  public var oid: [UInt8] {
    let text = line.oid
    // Safe: a static string is as long as it says, and lives for ever.
    let digits = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    var bytes: [UInt8] = []
    for index in 0..<(digits.count / 2) {
      bytes.append(
        unsafe Self.digit(digits[2 * index]) << 4 | Self.digit(digits[2 * index + 1]))
    }
    return bytes
  }

  private static func digit(_ character: UInt8) -> UInt8 {
    character & 0x40 == 0 ? character & 0x0F : character - 0x37
  }

  /// What libcrypto calls it.
  public var groupName: StaticString { line.group }
  /// What people call it.
  public var name: StaticString { line.name }
  /// Bytes of a coordinate, of a scalar and of half a signature.
  public var coordinateSize: Int { Int(line.size) }
  /// How its points and signatures are written.
  public var form: Form { line.form }

  /// Bytes of a point as ``Form`` writes it.
  public var pointSize: Int { form == .weierstrass ? 1 + 2 * coordinateSize : coordinateSize }

  /// The curve of that object identifier, or nil if there is none here.
  public static func named(oid: Span<UInt8>) -> Curve? {
    var number: UInt8 = 0
    while let curve = Curve(rawValue: number) {
      let own = curve.oid
      if own.count == oid.count {
        var isSame = true
        for index in oid.indices where own[index] != oid[index] { isSame = false }
        if isSame { return curve }
      }
      number += 1
    }
    return nil
  }
}
