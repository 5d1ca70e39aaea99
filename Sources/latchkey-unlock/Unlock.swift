import CSystem
import DiskKey
import OpenPGP
import OpenPGPCard
import PCSC
import Secrets
import SmartCard

/// Brings the volume's key out and writes it to standard output.
/// - Returns: the exit code. All secrets' lives have ended then.
@inline(never)
func unlock(_ arguments: Arguments) -> Int32 {
  let volume: [UInt8]
  let blob: KeyBlob
  do throws(DiskKeyError) {
    let trusted = try TrustedRecord.initramfs(in: arguments.folder)
    volume = trusted.record.volume.uuid.text
    blob = try KeyBlob(reading: arguments.folder, of: trusted)
  } catch {
    return explain(error)
  }
  let clock = Countdown(arguments.wait)
  do throws(TransportError) {
    let service = try PCSCService(waiting: arguments.wait)
    var code = ExitCode.noDongle
    var readers = try service.readers()
    while true {
      for reader in readers where reader.hasCard {
        let visit = Visit(volume: volume, blob: blob, arguments: arguments)
        switch visit.make(service, reader) {
        case .ended(let code): return code
        case .refused: code = ExitCode.refused
        case .another: break
        }
      }
      guard clock.remaining > 0 else { break }
      do throws(TransportError) {
        readers = try service.waitForChange(from: readers, milliseconds: clock.remaining)
      } catch {
        guard error == .timedOut else { throw error }
        break
      }
    }
    if readers.isEmpty { say("there is no reader: is the dongle plugged in?") }
    say("no dongle that opens volume ", .bytes(volume), "; plug in one of these:")
    for dongle in blob.dongles { say("  ", .bytes(describe(dongle))) }
    return code
  } catch {
    return explain(error)
  }
}

/// Brand, serial number and name of a recorded dongle.
func describe(_ dongle: Record.Dongle) -> [UInt8] {
  let identifier = dongle.pinned.identifier
  var text: [UInt8] = []
  Text(identifier.brand).add(to: &text)
  text.append(UInt8(ascii: " "))
  text += identifier.text
  if !dongle.name.isEmpty {
    Text(" (").add(to: &text)
    text += dongle.name
    text.append(UInt8(ascii: ")"))
  }
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
