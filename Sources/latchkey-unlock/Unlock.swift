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
  var job = Job(arguments)
  return job.run()
}

/// What is to be opened, and what has come of it.
struct Job {
  let arguments: Arguments
  /// The volumes that are closed and may be opened.
  var volumes: [Volume] = []
  /// What went wrong first.
  var code = ExitCode.done
  /// Dongles that refuse: blocked, terminated.
  var refused: [CardIdentifier] = []

  init(_ arguments: Arguments) { self.arguments = arguments }

  mutating func run() -> Int32 {
    for request in arguments.requests {
      if Volume.isMapped(request.name) { continue }
      do throws(DiskKeyError) {
        volumes.append(try Volume(request))
      } catch {
        let title = arguments.activates ? Volume.title(request) : []
        fail(explain(error, of: title))
      }
    }
    if volumes.isEmpty { return code }
    do throws(TransportError) {
      return try look()
    } catch {
      return explain(error)
    }
  }

  /// Notes an exit code; the first one stays.
  mutating func fail(_ code: Int32) {
    if self.code == ExitCode.done { self.code = code }
  }

  /// Visits the cards that are there, then waits for others.
  private mutating func look() throws(TransportError) -> Int32 {
    let clock = Countdown(arguments.wait)
    let service = try PCSCService(waiting: arguments.wait)
    var seen: [PCSCReader] = []
    while true {
      var readers = try service.readers()
      for reader in readers where reader.hasCard && !seen.contains(reader) {
        seen.append(reader)
        if let code = Visit.make(service, reader, &self) { return code }
        if volumes.isEmpty { return code }
      }
      guard clock.remaining > 0 else {
        if readers.isEmpty { say("there is no reader: is the dongle plugged in?") }
        return giveUp()
      }
      do throws(TransportError) {
        readers = try service.waitForChange(from: readers, milliseconds: clock.remaining)
      } catch {
        guard error == .timedOut else { throw error }
      }
    }
  }

  /// Says which dongles would do.
  private mutating func giveUp() -> Int32 {
    for volume in volumes {
      say("no dongle that opens volume ", volume.title, "; plug in one of these:")
      for dongle in volume.blob.dongles { say("  ", describe(dongle)) }
    }
    fail(refused.isEmpty ? ExitCode.noDongle : ExitCode.refused)
    return code
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
