import CSystem
import DiskKey
import OpenPGP
import OpenPGPCard
import PCSC
import Secrets
import SmartCard

/// One held visit to one card: who is it, how many tries are left, the PIN, the keys of all volumes that
/// it opens. The card is reset at its end if a PIN went to it.
struct Visit {
  private let dongle: Record.Dongle
  /// The volumes that the dongle opens.
  private let volumes: [Volume]
  private let failed: FailedPINs
  private let pinDescriptor: Int32?

  /// The most times that a person is asked in one visit.
  private static let maximumQuestions = 3
  /// The most bytes of a PIN: a card's length is one byte.
  private static let maximumPIN = 127

  /// Visits the card in a reader. The volumes that it opened, or that failed, are taken from the job.
  /// - Returns: the exit code if the program is done; nil to look on.
  static func make(_ service: PCSCService, _ reader: PCSCReader, _ job: inout Job) -> Int32? {
    do throws(CardError) {
      let connection = try connect(service, reader)
      var card = try OpenPGPCard(selecting: connection)
      guard let visit = try Visit(&card, &job) else { return nil }
      return visit.ask(&card, &job)
    } catch {
      switch error {
      case .notOpenPGP: say("a card that is no OpenPGP card")
      default: explain(error)
      }
      return nil
    }
  }

  private static func connect(
    _ service: PCSCService, _ reader: PCSCReader
  ) throws(CardError) -> PCSCConnection {
    do throws(TransportError) {
      return try service.connect(to: reader)
    } catch {
      throw .transport(error)
    }
  }

  /// Holds the card against what is recorded of it. Nil if it is of no volume.
  private init?(_ card: inout OpenPGPCard<PCSCConnection>, _ job: inout Job) throws(CardError) {
    let identifier = card.application.identifier
    var found: Record.Dongle?
    var volumes: [Volume] = []
    var isKnown = false
    for volume in job.volumes {
      guard let dongle = volume.blob.dongle(identifier) else { continue }
      isKnown = true
      do throws(DiskKeyError) {
        try volume.blob.check(dongle)
      } catch {
        job.fail(explain(error, of: volume.title))
        continue
      }
      if let first = found, first.pinned != dongle.pinned {
        say("", volume.title, " records another key of this dongle: run latchkey enroll")
        continue
      }
      found = dongle
      volumes.append(volume)
    }
    guard let found else {
      if !isKnown {
        say("not a dongle of this volume: ", describe(identifier))
      }
      return nil
    }
    try card.confirm(found.pinned)
    dongle = found
    self.volumes = volumes
    failed = FailedPINs(folder: job.arguments.run)
    pinDescriptor = job.arguments.pinDescriptor
  }

  /// Asks for the PIN and opens the volumes, again after a PIN that can't be or is wrong.
  private func ask(_ card: inout OpenPGPCard<PCSCConnection>, _ job: inout Job) -> Int32? {
    var questions = pinDescriptor == nil ? Self.maximumQuestions : 1
    while questions > 0 {
      questions -= 1
      let tries = card.application.pinStatus.triesLeft(.user)
      for volume in volumes { say("volume ", volume.title) }
      var line = describe(dongle)
      line.append(": ")
      line += [UInt8](decimal: tries)
      say("dongle ", line, tries == 1 ? " try left" : " tries left")
      guard tries > 0 else {
        say("its PIN is blocked: use the passphrase; later: latchkey card pin unblock")
        job.refused.append(dongle.pinned.identifier)
        return nil
      }
      do throws(SecretInputError) {
        if tries == 1 {
          guard try confirmsLastTry() else {
            say("its last try is kept: use another dongle or the passphrase")
            return ExitCode.refused
          }
        }
        let pin = try readPIN()
        switch attempt(&card, pin, &job) {
        case .again: continue
        case .opened: return nil
        case .ended(let code): return code
        }
      } catch {
        switch error {
        case .interrupted(let signal): return ExitCode.signal(signal)
        case .empty: say("no PIN was given")
        case .tooLong: say("no dongle has so long a PIN: it was not sent")
        case .noTerminal:
          say("there is no terminal to ask on: give the PIN with --pin-fd")
          return ExitCode.system
        case .failed(let code):
          say("the PIN can't be read: errno ", [UInt8](decimal: Int(code)))
          return ExitCode.system
        }
      }
    }
    return ExitCode.mismatch
  }

  /// What became of one PIN.
  private enum Attempt {
    case again
    case opened
    case ended(Int32)
  }

  private func attempt(
    _ card: inout OpenPGPCard<PCSCConnection>, _ pin: borrowing SecretBytes, _ job: inout Job
  ) -> Attempt {
    let identifier = dongle.pinned.identifier
    do throws(DiskKeyError) {
      if try failed.contains(pin, on: identifier) {
        say("this PIN already failed on this dongle since the boot: it was not sent again")
        return .again
      }
    } catch {
      return .ended(explain(error))
    }
    do throws(CardError) {
      var decryption = try card.authorize(.decryption, with: pin, pinned: dongle.pinned)
      for volume in volumes {
        let code = open(volume, &decryption)
        job.volumes.removeAll { $0 === volume }
        if code != ExitCode.done { job.fail(code) }
      }
      return .opened
    } catch {
      switch error {
      case .wrongPIN:
        remember(pin)
        say("wrong PIN")
        return .again
      case .impossiblePIN:
        say("no PIN of this dongle has that length: it was not sent")
        return .again
      case .blocked:
        remember(pin)
        say("wrong PIN; it is blocked now: use the passphrase; later: latchkey card pin unblock")
        return .ended(ExitCode.refused)
      default:
        return .ended(explain(error))
      }
    }
  }

  /// Brings one volume's key out and gives it away.
  /// - Returns: the exit code, after having said what failed.
  private func open(
    _ volume: Volume, _ decryption: inout Authorization<PCSCConnection, Decryption>
  ) -> Int32 {
    do throws(DiskKeyError) {
      let notice = touchNotice(decryption.application)
      defer { extendLifetime(notice) }
      let key = try volume.blob.open(
        by: &decryption, as: dongle, decompressing: NoDecompression())
      return volume.take(key)
    } catch {
      return explain(error, of: volume.title)
    }
  }

  /// Says that the dongle waits for a touch, if its key wants one and it takes long.
  private func touchNotice(_ card: ApplicationData) -> LateNotice? {
    guard let touch = card.touchPolicy(of: .decryption), touch != .off else { return nil }
    var line = [UInt8]("latchkey-unlock: ")
    line += describe(dongle)
    line.append(" waits for your touch")
    return LateNotice(line)
  }

  private func remember(_ pin: borrowing SecretBytes) {
    do throws(DiskKeyError) {
      try failed.remember(pin, on: dongle.pinned.identifier)
    } catch {
      say("this PIN can't be remembered as one that failed")
    }
  }

  private func readPIN() throws(SecretInputError) -> SecretBytes {
    if let pinDescriptor {
      return try SecretBytes(firstLineOf: pinDescriptor, limit: Self.maximumPIN)
    }
    let prompt = [UInt8]("PIN: ")
    return try SecretBytes(typedAfter: prompt.span, limit: Self.maximumPIN)
  }

  /// Only a person at the terminal may spend the last try, never a script.
  private func confirmsLastTry() throws(SecretInputError) -> Bool {
    let prompt = [UInt8]("One wrong PIN more and the dongle is blocked. Type yes to go on: ")
    let yes = [UInt8]("yes")
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
