import CSystem
import DiskKey
import OpenPGP
import OpenPGPCard
import PCSC
import Secrets
import SmartCard

/// One held visit to one card: who is it, how many tries are left, the PIN, the key.
struct Visit {
  let volume: [UInt8]
  let blob: KeyBlob
  let arguments: Arguments

  /// How a visit ends.
  enum Ending {
    /// The program is done, with that exit code.
    case ended(Int32)
    /// It isn't one of the recorded dongles: look on.
    case another
    /// It is one, and can't be used: look on.
    case refused
  }

  /// The most times that a person is asked in one visit.
  private static let maximumQuestions = 3
  /// The most bytes of a PIN: a card's length is one byte.
  private static let maximumPIN = 127

  func make(_ service: PCSCService, _ reader: PCSCReader) -> Ending {
    do throws(CardError) {
      let connection = try connect(service, reader)
      var card = try OpenPGPCard(selecting: connection)
      let identifier = card.application.identifier
      guard let dongle = blob.dongle(identifier) else {
        say("not a dongle of this volume: ", .fixed(identifier.brand), " ", .bytes(identifier.text))
        return .another
      }
      try card.confirm(dongle.pinned)
      return ask(&card, dongle)
    } catch {
      switch error {
      case .notThePinned:
        say("a card that says it is a recorded dongle and isn't: no PIN is sent to it")
      case .notOpenPGP: say("a card that is no OpenPGP card")
      default: explain(error)
      }
      return .another
    }
  }

  private func connect(
    _ service: PCSCService, _ reader: PCSCReader
  ) throws(CardError) -> PCSCConnection {
    do throws(TransportError) {
      return try service.connect(to: reader)
    } catch {
      throw .transport(error)
    }
  }

  /// Asks for the PIN and opens the blob, again after a PIN that can't be or is wrong.
  private func ask(
    _ card: inout OpenPGPCard<PCSCConnection>, _ dongle: Record.Dongle
  ) -> Ending {
    let failed = FailedPINs(folder: arguments.run)
    var questions = arguments.pinDescriptor == nil ? Self.maximumQuestions : 1
    while questions > 0 {
      questions -= 1
      let tries = card.application.pinStatus.triesLeft(.user)
      say("volume ", .bytes(volume))
      say(
        "dongle ", .bytes(describe(dongle)), ": ", .number(tries),
        tries == 1 ? " try left" : " tries left")
      guard tries > 0 else {
        say("its PIN is blocked: use the passphrase; later unblock it with gpg --card-edit, passwd")
        return .refused
      }
      do throws(SecretInputError) {
        if tries == 1 {
          guard try confirmsLastTry() else {
            say("its last try is kept: use another dongle or the passphrase")
            return .ended(ExitCode.refused)
          }
        }
        let pin = try readPIN()
        switch attempt(&card, dongle, pin, failed) {
        case .again: continue
        case .ending(let ending): return ending
        }
      } catch {
        switch error {
        case .interrupted(let signal): return .ended(ExitCode.signal(signal))
        case .empty: say("no PIN was given")
        case .tooLong: say("no dongle has so long a PIN: it was not sent")
        case .noTerminal:
          say("there is no terminal to ask on: give the PIN with --pin-fd")
          return .ended(ExitCode.system)
        case .failed(let code):
          say("the PIN can't be read: errno ", .number(Int(code)))
          return .ended(ExitCode.system)
        }
      }
    }
    return .ended(ExitCode.mismatch)
  }

  /// What became of one PIN.
  private enum Attempt {
    case again
    case ending(Ending)
  }

  private func attempt(
    _ card: inout OpenPGPCard<PCSCConnection>, _ dongle: Record.Dongle,
    _ pin: borrowing SecretBytes, _ failed: FailedPINs
  ) -> Attempt {
    let identifier = dongle.pinned.identifier
    do throws(DiskKeyError) {
      if try failed.contains(pin, on: identifier) {
        say("this PIN already failed on this dongle since the boot: it was not sent again")
        return .again
      }
      let notice = touchNotice(card.application, dongle)
      defer { extendLifetime(notice) }
      let key = try blob.open(
        on: &card, as: dongle, with: pin, decompressing: NoDecompression())
      guard write(key.bytes, to: 1) else {
        say("the key can't be written to standard output: errno ", .number(Int(system_errno())))
        return .ending(.ended(ExitCode.system))
      }
      return .ending(.ended(ExitCode.done))
    } catch {
      switch error {
      case .card(.wrongPIN):
        remember(pin, identifier, failed)
        say("wrong PIN")
        return .again
      case .card(.impossiblePIN):
        say("no PIN of this dongle has that length: it was not sent")
        return .again
      case .card(.blocked):
        remember(pin, identifier, failed)
        say(
          "wrong PIN; it is blocked now: use the passphrase; later unblock it with gpg --card-edit, passwd"
        )
        return .ending(.ended(ExitCode.refused))
      default:
        return .ending(.ended(explain(error)))
      }
    }
  }

  /// Says that the dongle waits for a touch, if its key wants one and it takes long.
  private func touchNotice(_ card: ApplicationData, _ dongle: Record.Dongle) -> LateNotice? {
    guard let touch = card.touchPolicy(of: .decryption), touch != .off else { return nil }
    var line: [UInt8] = []
    Text("latchkey-unlock: ").add(to: &line)
    Text.bytes(describe(dongle)).add(to: &line)
    Text(" waits for your touch").add(to: &line)
    return LateNotice(line)
  }

  private func remember(
    _ pin: borrowing SecretBytes, _ identifier: CardIdentifier, _ failed: FailedPINs
  ) {
    do throws(DiskKeyError) {
      try failed.remember(pin, on: identifier)
    } catch {
      say("that this PIN failed can't be remembered in ", .bytes(arguments.run))
    }
  }

  private func readPIN() throws(SecretInputError) -> SecretBytes {
    if let descriptor = arguments.pinDescriptor {
      return try SecretBytes(firstLineOf: descriptor, limit: Self.maximumPIN)
    }
    var prompt: [UInt8] = []
    Text("PIN: ").add(to: &prompt)
    return try SecretBytes(typedAfter: prompt.span, limit: Self.maximumPIN)
  }

  /// Only a person at the terminal may spend the last try, never a script.
  private func confirmsLastTry() throws(SecretInputError) -> Bool {
    var prompt: [UInt8] = []
    Text("One wrong PIN more and the dongle is blocked. Type yes to go on: ").add(to: &prompt)
    var yes: [UInt8] = []
    Text("yes").add(to: &yes)
    do throws(SecretInputError) {
      let answer = try SecretBytes(typedAfter: prompt.span, limit: 8, isShown: true)
      guard answer.count == yes.count else { return false }
      for index in yes.indices where answer.bytes[index] != yes[index] { return false }
      return true
    } catch {
      switch error {
      case .empty, .tooLong, .noTerminal: return false
      default: throw error
      }
    }
  }
}
