/// What a card is, for people.
public struct CardSummary: Equatable, Sendable {
  /// The model's name.
  public let model: String
  /// Manufacturer and serial number as in the AID, `MMMM:SSSSSSSS`.
  public let identifier: String
  /// Tries left of PW1, reset code, PW3.
  public let tries: [Int]
  /// The application is terminated.
  public let isTerminated: Bool
  /// For signing, decryption, authentication: the fingerprint of a key that is there.
  public let fingerprints: [String?]

  init(_ state: CardState) {
    model = state.profile.name
    let serial = String(state.serial, radix: 16, uppercase: true)
    identifier =
      state.profile.manufacturer.text + ":"
      + String(repeating: "0", count: 8 - serial.count) + serial
    tries = state.pins.map(\.tries)
    isTerminated = state.isTerminated
    fingerprints = state.keys.map { $0.material == nil ? nil : $0.fingerprint.text }
  }
}
