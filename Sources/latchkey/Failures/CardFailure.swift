import OpenPGPCard
import SmartCard
import VirtualCard

extension Failure {
  /// What a dongle, or the way to it, did not do. `dongle` names it for people.
  init(_ error: Dongle.ConnectionError, dongle: String) {
    switch error {
    case .card(let error): self.init(error, dongle: dongle)
    case .file(let error): self.init(error)
    }
  }

  /// What a dongle did not do. `dongle` names it for people.
  init(_ error: CardError, dongle: String) {
    switch error {
    case .transport(let error): self.init(error, dongle: dongle)
    case .notOpenPGP:
      self.init(
        .noDongle, "the card in \(dongle) has no OpenPGP application",
        next: "Plug in an OpenPGP dongle.")
    case .terminated:
      self.init(
        .dongleRefuses, "the OpenPGP application of \(dongle) is terminated",
        next: "Its keys are gone; latchkey card reset brings it back, empty.")
    case .wrongPIN(let pin, let tries):
      self.init(
        tries == 0 ? .dongleRefuses : .doesNotHold,
        "wrong \(pin.words) for \(dongle)" + Self.left(tries.map(Int.init)),
        next: tries == 0
          ? Self.unblock(pin)
          : "Nothing was done. Check the \(pin.words) before you try again.")
    case .blocked(let pin):
      self.init(
        .dongleRefuses, "the \(pin.words) of \(dongle) is blocked: no tries are left",
        next: Self.unblock(pin))
    case .fewerTries(let pin, let shown, let now):
      self.init(
        .dongleRefuses,
        "the \(pin.words) of \(dongle) had \(Self.tries(shown)) left when you were asked for it, and has "
          + "\(Self.tries(now)) left now: somebody or something else used \(shown - now)",
        next: "It was not sent. Find out what that was, then run this again.")
    case .lastTryKept(let pin):
      self.init(
        .dongleRefuses,
        "the \(pin.words) of \(dongle) has only one try left, and nobody agreed to spend it",
        next: "It was not sent. Run this again at a terminal: it asks you first.")
    case .failedBefore(let pin):
      self.init(
        .doesNotHold, "this \(pin.words) already failed on \(dongle) since the last boot",
        next: "It was not sent again, so no try was used. If another program changed the "
          + "\(pin.words) since: latchkey card pin forget.")
    case .unansweredBefore(let pin):
      self.init(
        .doesNotHold,
        "this \(pin.words) was sent to \(dongle) before, and no answer came: it may be wrong",
        next:
          "It was not sent again. If it is right: latchkey card pin forget, then run this again."
      )
    case .unanswered(let cause, let pin):
      let cause = Failure(CardError.transport(cause), dongle: dongle)
      self.init(
        cause.status,
        "the \(pin.words) was sent to \(dongle), and no answer came: \(cause.what)",
        next: "It may have used a try: latchkey card show says how many are left. \(cause.next)")
    case .impossiblePIN:
      self.init(
        .doesNotHold, "that is no possible PIN of \(dongle): too short or too long",
        next: "It was not sent, so no try was used.")
    case .pad(let fault): self.init(fault, dongle: dongle)
    case .touchTimedOut:
      self.init(
        .dongleRefuses, "\(dongle) waited for a touch that did not come",
        next: "Run this again and touch it when it blinks.")
    case .noKey(let slot):
      self.init(
        .noDongle, "\(dongle) has no \(slot.words) key",
        next: "latchkey provision makes a new dongle ready.")
    case .notThePinned(let difference):
      self.init(
        .noDongle, "\(dongle) is not the dongle it should be: its \(difference.words) differs",
        next: "No PIN was sent. " + difference.advice)
    case .wrongKey(let slot):
      self.init(
        .noDongle, "the \(slot.words) key of \(dongle) is of another kind than it says",
        next: "Nothing was written. The dongle, or its reader, is broken or not what it seems.")
    case .malformed(let tag):
      self.init(
        .system, "\(dongle) gave an answer that makes no sense (object \(String(tag, radix: 16)))",
        next: "Pull it out, plug it in again, and report its model if this stays.")
    case .status(let status, let instruction):
      self.init(
        .dongleRefuses,
        "\(dongle) refuses: \(status.meaning) (status \(String(status.rawValue, radix: 16)) "
          + "to command \(String(instruction, radix: 16)))",
        next: "Pull it out, plug it in again, and try once more.")
    case .unsupportedAlgorithm, .unsupported:
      self.init(
        .dongleRefuses, "\(dongle) can't do that", next: "latchkey card show says what it can.")
    case .wrongData:
      self.init(
        .dongleRefuses, "\(dongle) has a key that doesn't fit what it was given",
        next: "latchkey card show says which keys it has.")
    case .crypto:
      self.init(.system, "libcrypto failed", next: "Is the machine out of memory?")
    }
  }

  private init(_ fault: CardError.PadFault, dongle: String) {
    switch fault {
    case .timedOut:
      self.init(
        .dongleRefuses, "nobody typed the PIN of \(dongle) on its reader's pad in time",
        next:
          "Nothing was done, and no try was used. Run this again, and type it within 30 seconds.")
    case .cancelled:
      self.init(
        .wrongUse, "the PIN of \(dongle) was cancelled on its reader's pad",
        next: "Nothing was done, and no try was used.")
    case .newPINsDiffer:
      self.init(
        .wrongUse, "the two new PINs typed on the pad are not the same",
        next: "Nothing was changed, and no try was used. Run this again.")
    case .impossibleLength:
      self.init(
        .doesNotHold,
        "what was typed on the pad is no possible PIN of \(dongle): too short or too long",
        next:
          "It was not sent, so no try was used. A PIN that the pad can't take goes on the terminal: "
          + "--pin-fd 0.")
    }
  }

  private init(_ error: TransportError, dongle: String) {
    switch error {
    case .noService:
      self.init(
        .system, "the smart card service (pcscd) does not run",
        next: "Start it: systemctl start pcscd.socket. It is in Debian's package pcscd.")
    case .noReader, .noCard, .removed:
      self.init(
        .noDongle, "\(dongle) was pulled out, or is empty", next: "Plug it in and run this again.")
    case .inUse:
      let users = ReaderUsers()
      self.init(
        .dongleRefuses,
        "another program holds \(dongle): "
          + (users.words ?? "which one can't be told, most likely gpg's scdaemon"),
        next: "Free it with: \(users.command)")
      holders = users.users
    case .wasReset:
      self.init(
        .dongleRefuses, "another program reset \(dongle) in between", next: "Run this again.")
    case .unresponsive, .timedOut, .malformedResponse:
      self.init(
        .dongleRefuses, "\(dongle) does not answer, or was just pulled out",
        next: "Plug it in again and run this again.")
    case .notPermitted:
      self.init(
        .system, "this user may not use \(dongle)",
        next: "Run this as root, or at the machine itself.")
    case .commandTooLong, .responseTooLong:
      self.init(
        .dongleRefuses, "\(dongle) or its reader can't carry commands of that length",
        next: "Try another reader or port.")
    case .failed(let code):
      self.init(
        .system, "the reader failed with code 0x\(String(code, radix: 16))",
        next: "Pull the dongle out and plug it in again.")
    }
  }

  private static func left(_ tries: Int?) -> String {
    switch tries {
    case nil: ""
    case 0: ": no tries are left, it is blocked now"
    case 1: ": 1 try is left"
    case let tries?: ": \(tries) tries are left"
    }
  }

  private static func tries(_ count: UInt8) -> String {
    count == 1 ? "1 try" : "\(count) tries"
  }

  private static func unblock(_ pin: PIN) -> String {
    switch pin {
    case .user:
      "Unblock it with the admin PIN or the reset code: latchkey card pin unblock. "
        + "A disk still opens with its passphrase."
    case .admin: "Only a reset helps; it deletes the keys: latchkey card reset."
    case .resetCode: "Set another with the admin PIN: latchkey card pin set-reset-code."
    }
  }
}

extension PIN {
  /// In words.
  var words: String {
    switch self {
    case .user: "PIN"
    case .resetCode: "reset code"
    case .admin: "admin PIN"
    }
  }
}

extension KeySlot {
  /// In words.
  var words: String {
    switch self {
    case .signing: "signature"
    case .decryption: "decryption"
    case .authentication: "authentication"
    }
  }
}

extension PinnedKey.Difference {
  /// In words.
  var words: String {
    switch self {
    case .serial: "serial number"
    case .fingerprint: "key's fingerprint"
    case .key: "key"
    case .keyDerivation: "PIN derivation (KDF-DO)"
    }
  }

  /// What to do about it.
  var advice: String {
    switch self {
    case .serial: "Plug in the one that was there before."
    case .fingerprint, .key:
      "If you made its keys anew, enroll it again; if not, don't give it your PIN."
    case .keyDerivation:
      "If you changed that, remove its file in /etc/latchkey/dongles and enroll it again; "
        + "if not, don't give it your PIN."
    }
  }
}
