import CSystem
import DiskKey
import OpenPGP
import OpenPGPCard
import PCSC
import Secrets
import SmartCard

/// One held visit to one card: who is it, how many tries are left, the PIN, the keys of all volumes that
/// it opens. The card is reset at its end if a PIN went to it.
final class Visit {
  private let job: Job
  private let dongle: Record.Dongle
  /// The volumes that the dongle opens.
  private let volumes: [Volume]
  private let failed: FailedPINs
  /// Ends a question when the card is gone, or the job is disturbed.
  private let watch: Watch
  private let service: PCSCService
  private let reader: PCSCReader
  /// A person was told that a PIN may be sent again.
  private var sendsAgain = false

  /// How a visit ends.
  enum Ending {
    /// The program is done, with that exit code.
    case ended(Int32)
    /// This card is done with: look on.
    case over
    /// Something else came in between: look around, and come back.
    case disturbed
  }

  /// The most times that a person is asked in one visit.
  private static let maximumQuestions = 3

  /// Visits the card in a reader. The volumes that it opened, or that failed, are taken from the job.
  static func make(_ service: PCSCService, _ reader: PCSCReader, _ job: Job) -> Ending {
    do throws(CardError) {
      let connection = try connect(service, reader)
      var card = try OpenPGPCard(selecting: connection)
      let identifier = card.application.identifier
      let volumes = job.volumes(of: identifier)
      guard let dongle = volumes.first?.blob.dongle(identifier) else { return .over }
      try card.confirm(dongle.pinned)
      return Visit(dongle, volumes, job, service, reader).ask(&card)
    } catch {
      switch error {
      case .notOpenPGP: say("a card that is no OpenPGP card")
      default: explain(error)
      }
      return .over
    }
  }

  private static func connect(
    _ service: PCSCService, _ reader: PCSCReader
  ) throws(CardError) -> PCSCConnection {
    do throws(TransportError) {
      return try service.connect(to: reader, holding: true)
    } catch {
      throw .transport(error)
    }
  }

  private init(
    _ dongle: Record.Dongle, _ volumes: [Volume], _ job: Job, _ service: PCSCService,
    _ reader: PCSCReader
  ) {
    self.dongle = dongle
    self.volumes = volumes
    self.job = job
    self.service = service
    self.reader = reader
    failed = FailedPINs(folder: job.arguments.run)
    watch = Watch {
      if job.isDisturbed { return true }
      // What was asked on plymouth's screen can't be taken back: there an answer that comes too late
      // is thrown away.
      if case .splash = job.asker { return false }
      return !service.has(reader)
    }
  }

  /// Asks for the PIN and opens the volumes, again after a PIN that can't be or is wrong.
  private func ask(_ card: inout OpenPGPCard<PCSCConnection>) -> Ending {
    var questions = job.asker.isPerson ? Self.maximumQuestions : 1
    while questions > 0 {
      questions -= 1
      let tries = card.application.pinStatus.triesLeft(.user)
      let prompt = prompt(tries)
      say(prompt)
      guard tries > 0 else {
        say("its PIN is blocked: use the passphrase; later: latchkey card pin unblock")
        job.refuse(dongle.pinned.identifier)
        return .over
      }
      do throws(SecretInputError) {
        if tries == 1,
          !(try job.asker.confirms(
            "One wrong PIN more and the dongle is blocked. Type yes to go on: ", until: watch))
        {
          say("its last try is kept: use another dongle or the passphrase")
          job.refuse(dongle.pinned.identifier)
          return .over
        }
        if job.asker.isPerson { say("an empty PIN leads to the passphrase") }
        let pin = try job.asker.pin(prompt, until: watch)
        if let ending = attempt(&card, pin, tries) { return ending }
      } catch {
        switch error {
        case .tooLong: say("no dongle has so long a PIN: it was not sent")
        case .ended:
          if service.has(reader) { return .disturbed }
          say("the dongle was pulled out")
          return .over
        case .empty where !job.asker.isPerson: say("no PIN was given")
        default: return .ended(explain(error))
        }
      }
    }
    return .ended(ExitCode.mismatch)
  }

  /// Which volumes, which dongle, and how many tries it has left.
  private func prompt(_ tries: Int) -> [UInt8] {
    var text = [UInt8]("PIN for ")
    for volume in volumes {
      if volume !== volumes[0] { text.append(", ") }
      text += volume.title
    }
    text.append("; dongle ")
    text += describe(dongle)
    text.append(": ")
    text += [UInt8](decimal: tries)
    text.append(tries == 1 ? " try left" : " tries left")
    return text
  }

  /// Tries one PIN.
  /// - Parameter tries: as they were shown. A last one was agreed to: only a person can, never a script.
  /// - Returns: how the visit ends; nil to ask again.
  private func attempt(
    _ card: inout OpenPGPCard<PCSCConnection>, _ pin: borrowing SecretBytes, _ tries: Int
  ) -> Ending? {
    do throws(CardError) {
      let terms = PINTerms(
        triesShown: tries, spendsLastTry: true, sendsAgain: sendsAgain, memory: failed)
      var decryption = try card.authorize(
        .decryption, with: pin, under: terms, pinned: dongle.pinned)
      for volume in volumes {
        if let ending = open(volume, &decryption) { return ending }
      }
      return .over
    } catch {
      if failed.problem != nil { say("this PIN can't be remembered") }
      switch error {
      case .failedBefore:
        say("this PIN already failed on this dongle since the boot: it was not sent again")
      case .unansweredBefore:
        // Who types it once more has read this. A script is asked once.
        say("this PIN was sent before, without an answer: type it again to send it again")
        sendsAgain = true
      case .wrongPIN:
        say("wrong PIN")
      case .impossiblePIN:
        say("no PIN of this dongle has that length: it was not sent")
      case .blocked:
        say("wrong PIN; it is blocked now: use the passphrase; later: latchkey card pin unblock")
        job.refuse(dongle.pinned.identifier)
        return .over
      default:
        return lost(explain(error))
      }
      return nil
    }
  }

  /// After an error of the card or the way to it: a person may try again, with this dongle or another.
  private func lost(_ code: Int32) -> Ending {
    job.asker.isPerson ? .over : .ended(code)
  }

  /// Brings one volume's key out and gives it away.
  /// - Returns: how the visit ends; nil to go on.
  private func open(
    _ volume: Volume, _ decryption: inout Authorization<PCSCConnection, Decryption>
  ) -> Ending? {
    do throws(DiskKeyError) {
      let notice = touchNotice(decryption.application)
      defer { extendLifetime(notice) }
      let key = try volume.blob.open(
        by: &decryption, as: dongle, decompressing: NoDecompression())
      job.close(volume, volume.take(key))
      return nil
    } catch {
      let code = explain(error, of: volume.title)
      switch error {
      case .card: return lost(code)
      case .unproven: return .ended(code)
      default:
        job.close(volume, code)
        return nil
      }
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
}

extension PCSCService {
  /// Whether a reader is as it was, with the same card in it.
  fileprivate func has(_ reader: PCSCReader) -> Bool {
    do throws(TransportError) {
      return try readers().contains(reader)
    } catch {
      return false
    }
  }
}
