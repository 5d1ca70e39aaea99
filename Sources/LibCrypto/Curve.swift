/// An elliptic curve: one line of ``table``.
public struct Curve: Sendable {
  /// How points and signatures on it are written.
  public enum Form: Equatable, Sendable {
    /// ECDSA and ECDH; points are `04 ‖ x ‖ y` (SEC 1 §2.3.3).
    case weierstrass
    /// EdDSA; points are bare (RFC 8032).
    case edwards
    /// X25519 and its like; points are bare (RFC 7748).
    case montgomery
  }

  /// The object identifier's content bytes, without tag and length: what OpenPGP (RFC 9580 §9.2) and
  /// the card's algorithm attributes (OpenPGP card 3.4.1 §4.4.3.10) both name the curve by.
  public let oid: [UInt8]
  /// What libcrypto calls it.
  public let groupName: StaticString
  /// What people call it.
  public let name: StaticString
  /// Bytes of a coordinate, of a scalar and of half a signature.
  public let coordinateSize: Int
  /// How its points and signatures are written.
  public let form: Form

  /// Bytes of a point as ``Form`` writes it.
  public var pointSize: Int { form == .weierstrass ? 1 + 2 * coordinateSize : coordinateSize }

  /// All curves there are; another one is another line.
  public static let table: [Curve] = [nistP256, ed25519, cv25519]

  /// NIST P-256, secp256r1.
  public static let nistP256 = Curve(
    oid: [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07], groupName: "P-256", name: "nistp256",
    coordinateSize: 32, form: .weierstrass)
  /// Ed25519.
  public static let ed25519 = Curve(
    oid: [0x2B, 0x06, 0x01, 0x04, 0x01, 0xDA, 0x47, 0x0F, 0x01], groupName: "ED25519",
    name: "ed25519", coordinateSize: 32, form: .edwards)
  /// Curve25519 for ECDH.
  public static let cv25519 = Curve(
    oid: [0x2B, 0x06, 0x01, 0x04, 0x01, 0x97, 0x55, 0x01, 0x05, 0x01], groupName: "X25519",
    name: "cv25519", coordinateSize: 32, form: .montgomery)

  /// The curve of that object identifier, or nil if it isn't in the table.
  public static func named(oid: Span<UInt8>) -> Curve? {
    for curve in table where curve.oid.count == oid.count {
      var same = true
      for index in oid.indices where curve.oid[index] != oid[index] { same = false }
      if same { return curve }
    }
    return nil
  }
}

extension Curve: Equatable {
  /// The same object identifier.
  public static func == (left: Curve, right: Curve) -> Bool { left.oid == right.oid }
}
