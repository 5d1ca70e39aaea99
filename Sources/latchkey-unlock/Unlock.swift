import CSystem
import DiskKey
import OpenPGP
import OpenPGPCard
import PCSC
import Secrets
import SmartCard

/// Opens the volumes: maps them, or brings the one key out.
/// - Returns: the exit code. All secrets' lives have ended then.
@inline(never)
func unlock(_ arguments: Arguments) -> Int32 {
  var volumes: [Volume] = []
  var code = ExitCode.done
  for request in arguments.requests where !Volume.isMapped(request.name) {
    do throws(DiskKeyError) {
      volumes.append(try Volume(request))
    } catch {
      let failure = explain(error, of: arguments.activates ? Volume.title(request) : [])
      if code == ExitCode.done { code = failure }
    }
  }
  if volumes.isEmpty { return code }
  let job = Job(arguments, volumes, code)
  let ended = job.run()
  job.asker.showMessages()
  return ended
}

/// What is to be opened, and what has come of it.
final class Job {
  let arguments: Arguments
  let asker: Asker
  /// The volumes that are closed and may be opened.
  private(set) var volumes: [Volume]
  /// What went wrong first.
  private var code: Int32
  /// Dongles that refuse: blocked, or their last try is kept.
  private var refused: [CardIdentifier] = []
  private let turn: Turn?
  private let clock: Countdown

  init(_ arguments: Arguments, _ volumes: [Volume], _ code: Int32) {
    self.arguments = arguments
    self.volumes = volumes
    self.code = code
    asker = Asker.choose(arguments)
    turn = arguments.activates ? Turn(in: arguments.run) : nil
    if asker.isPerson, arguments.activates || arguments.giveUp != nil {
      clock = Countdown(arguments.giveUp ?? Int(Int32.max))
    } else {
      clock = Countdown(arguments.wait)
    }
  }

  /// Notes what failed; the first one stays. A volume that failed is done with.
  func close(_ volume: Volume, _ code: Int32) {
    volumes = volumes.filter { $0 !== volume }
    if self.code == ExitCode.done { self.code = code }
  }

  /// Notes a dongle that refuses.
  func refuse(_ dongle: CardIdentifier) { refused.append(dongle) }

  /// The volumes that a card opens which says that it is `identifier`. Where there is none, or one has
  /// nothing for the card, that is said.
  func volumes(of identifier: CardIdentifier) -> [Volume] {
    var found: [Volume] = []
    var fingerprint: [UInt8] = []
    var isKnown = false
    for volume in volumes {
      guard let dongle = volume.blob.dongle(identifier) else { continue }
      isKnown = true
      do throws(DiskKeyError) {
        try volume.blob.check(dongle)
      } catch {
        close(volume, explain(error, of: volume.title))
        continue
      }
      if found.isEmpty { fingerprint = dongle.pinned.fingerprint }
      if fingerprint == dongle.pinned.fingerprint {
        found.append(volume)
      } else {
        say("", volume.title, " records another key of this dongle: run latchkey enroll")
      }
    }
    if !isKnown { say("not a dongle of this volume: ", describe(identifier)) }
    return found
  }

  /// Whether what is being waited for is of no use any more: another one wants to ask, or another
  /// hand has mapped a volume.
  var isDisturbed: Bool {
    for volume in volumes where volume.isMapped { return true }
    return turn?.isWanted == true
  }

  /// Visits the cards that are there, then waits for others, until all volumes are open.
  func run() -> Int32 {
    let early = Countdown(arguments.wait)
    // pcscd was started a moment ago.
    var patience = Countdown(arguments.activates ? max(arguments.wait, 10_000) : arguments.wait)
    var service: PCSCService?
    var readers: [PCSCReader] = []
    var seen: [PCSCReader] = []
    while true {
      do throws(TransportError) {
        if service == nil { service = try PCSCService() }
        readers = try service?.readers() ?? []
      } catch {
        // It comes up late, or is started anew.
        if service != nil { patience = Countdown(5_000) }
        service = nil
        readers = []
        if error != .noService || patience.remaining == 0 { return explain(error) }
        usleep(50_000)
        continue
      }
      // A dongle that comes again is asked again.
      seen = seen.filter { readers.contains($0) }
      for reader in readers where reader.hasCard && !seen.contains(reader) {
        if let end = settle() { return end }
        seen.append(reader)
        guard let service else { break }
        switch Visit.make(service, reader, self) {
        case .ended(let code): return code
        case .over: break
        case .disturbed: seen = seen.filter { $0 != reader }
        }
      }
      if let end = settle() { return end }
      if let end = wait(readers, service, early.remaining) { return end }
    }
  }

  /// Lets go of what another hand has mapped.
  /// - Returns: the exit code if there is nothing left to do here.
  private func settle() -> Int32? {
    volumes = volumes.filter { !$0.isMapped }
    if volumes.isEmpty { return code }
    guard turn?.isWanted == true else { return nil }
    say("another latchkey-unlock asks now")
    return ExitCode.takenOver
  }

  /// Waits for a change of the readers.
  /// - Parameter early: how long yet before a person is asked to do anything.
  /// - Returns: the exit code if the waiting is over.
  private func wait(
    _ readers: [PCSCReader], _ service: PCSCService?, _ early: Int
  ) -> Int32? {
    var hasCard = false
    for reader in readers where reader.hasCard { hasCard = true }
    if early > 0, !hasCard {
      usleep(50_000)
      return nil
    }
    guard let prompt = missing() else { return fail(ExitCode.refused) }
    guard clock.remaining > 0 else {
      if readers.isEmpty { say("there is no reader: is the dongle plugged in?") }
      say(prompt)
      if asker.isPerson, arguments.giveUp != nil {
        say("no dongle came in time: use the passphrase")
        return ExitCode.passphrase
      }
      return fail(refused.isEmpty ? ExitCode.noDongle : ExitCode.refused)
    }
    if asker.isPerson {
      say(prompt)
      if case .splash = asker { say("press P for the passphrase") }
    }
    do throws(SecretInputError) {
      let watch = Watch { [self] in
        clock.remaining == 0 || isDisturbed || hasChanged(readers, service)
      }
      let chosen = try asker.wantsPassphrase(prompt, until: watch)
      return chosen ? ExitCode.passphrase : nil
    } catch {
      return explain(error)
    }
  }

  private func hasChanged(_ readers: [PCSCReader], _ service: PCSCService?) -> Bool {
    do throws(TransportError) {
      return try service?.readers() != readers
    } catch {
      return true
    }
  }

  private func fail(_ code: Int32) -> Int32 {
    self.code == ExitCode.done ? code : self.code
  }

  /// What is to be plugged in; nil if each dongle that would do refuses.
  private func missing() -> [UInt8]? {
    var text = [UInt8]("no dongle that opens ")
    var names: [[UInt8]] = []
    for volume in volumes {
      if volume !== volumes[0] { text.append(", ") }
      text += volume.title
      for dongle in volume.blob.dongles where !refused.contains(dongle.pinned.identifier) {
        let name = describe(dongle)
        if !names.contains(name) { names.append(name) }
      }
    }
    if names.isEmpty { return nil }
    text.append("; plug in one of these: ")
    for index in names.indices {
      if index > 0 { text.append(", ") }
      text += names[index]
    }
    return text
  }
}

/// Brand, serial number and name of a recorded dongle.
func describe(_ dongle: Record.Dongle) -> [UInt8] {
  let identifier = dongle.pinned.identifier
  var text = describe(identifier)
  if !dongle.name.isEmpty {
    text.append(" (")
    text += dongle.name
    text.append(")")
  }
  return text
}

/// Brand and serial number.
func describe(_ identifier: CardIdentifier) -> [UInt8] {
  var text = [UInt8](identifier.brand)
  text.append(" ")
  text += identifier.text
  return text
}

/// How much is left of a time.
struct Countdown {
  private let end: Int

  init(_ milliseconds: Int) { end = Self.now + milliseconds }

  /// Milliseconds, not less than 0.
  var remaining: Int { max(0, end - Self.now) }

  private static var now: Int {
    var time = timespec()
    // Safe: the structure is ours.
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}
