/// The attestation key and what goes with it: kept over a reset.
struct AttestationState: Codable, Equatable, Sendable {
  /// DA.
  var attributes: Hex
  /// The key, in the clear; absent until it is first needed.
  var material: KeyMaterial?
  /// 00 none, else as DE says it.
  var origin: UInt8
  /// DB.
  var fingerprint: Hex
  /// DC.
  var caFingerprint: Hex
  /// DD.
  var time: Hex
  /// The first byte of D9.
  var touch: UInt8
  /// FC.
  var certificate = Hex([])

  /// As the model's maker delivers it.
  init(_ profile: CardProfile.Attestation) {
    attributes = profile.attributes
    origin = profile.keyInformation.bytes.last ?? 0
    fingerprint = profile.fingerprint
    caFingerprint = profile.caFingerprint
    time = profile.time
    touch = profile.touch.bytes.first ?? 0
  }
}
