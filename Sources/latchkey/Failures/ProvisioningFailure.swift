import OpenPGP
import OpenPGPCard
import Provisioning

extension Failure {
  /// Why a dongle was not made ready, and in what state it is.
  init(_ error: ProvisioningError, dongle: String) {
    switch error {
    case .hasKeys:
      self.init(
        .wrongUse, "\(dongle) has keys already",
        next: "Nothing was changed. To delete them for good and start anew, add --reset.")
    case .badName:
      self.init(
        .wrongUse, "that name or address can't stand in a certificate",
        next: "Give a --name that isn't empty, and neither in it nor in --email <, > or control "
          + "characters.")
    case .impossiblePIN(let pin):
      self.init(
        .wrongUse,
        "the new \(pin.words) can't be one of \(dongle): it needs at least \(pin.minimumLength) "
          + "characters, and no more than the dongle takes",
        next: "Nothing was changed.")
    case .currentPIN(let pin, let error):
      let cause = Failure(error, dongle: dongle)
      let isWrong = if case .wrongPIN = error { true } else { false }
      self.init(
        cause.status, "the current \(pin.words): \(cause.what)",
        next: "Nothing was changed. "
          + (isWrong
            ? "If it isn't the factory's, give it with "
              + (pin == .user ? "--current-pin-file." : "--current-admin-pin-file.")
            : cause.next))
    case .card(let error): self.init(error, dongle: dongle)
    case .incomplete(let error):
      let cause = Failure(error, dongle: dongle)
      self.init(
        cause.status, "\(dongle) was left with incomplete keys: \(cause.what)",
        next: "Its PINs are as they were. Run this again with --reset.")
    case .pinsUnchanged(let pins, let error):
      let cause = Failure(error, dongle: dongle)
      self.init(
        cause.status,
        "\(dongle) has its keys, but its \(pins.map(\.words).joined(separator: " and ")) "
          + "could not be changed: \(cause.what)",
        next:
          "Its certificate was written. Change them with latchkey card pin change, or run this "
          + "again with --reset.")
    case .certificate(let error):
      self.init(
        error == .signatureDoesNotVerify ? .doesNotHold : .system,
        "the certificate of \(dongle) can't be made: \(error.words)",
        next: "Its PINs are as they were. Run this again with --reset.")
    }
  }
}
