import DiskKey
import Storage

/// What an enrolment is about to do, written before it is done: so that the next run can finish it, or
/// take it back, without a passphrase or a dongle.
///
/// Text, one `name value` a line; paths come from the places the next run is given.
package struct Journal: Equatable {
  /// How far it is known to have come.
  package enum Phase: String {
    /// The new keyslot may be there; it has opened nothing yet. To be taken back.
    case adding
    /// The new keyslot opened through a dongle, and the files are staged. To be finished.
    case tested
  }

  package var phase: Phase
  /// The new keyslot, which was free.
  package var keyslot: Int
  /// Our own keyslot from before, to be removed in the end.
  package var replaced: Int?

  private static let header = "latchkey journal 1"

  /// A journal that says so.
  package init(phase: Phase, keyslot: Int, replaced: Int?) {
    self.phase = phase
    self.keyslot = keyslot
    self.replaced = replaced
  }

  /// Nil if the bytes are no journal, or not a whole one.
  package init?(parsing bytes: [UInt8]) {
    let lines = String(decoding: bytes, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    guard lines.count == 5, lines[0] == Self.header, lines[4] == "",
      let phase = Self.value(lines[1], "phase").flatMap(Phase.init(rawValue:)),
      let keyslot = Self.value(lines[2], "keyslot").flatMap({ Int($0) }),
      let replaced = Self.value(lines[3], "replaced"), (0..<32).contains(keyslot)
    else { return nil }
    self.phase = phase
    self.keyslot = keyslot
    if replaced == "none" {
      self.replaced = nil
    } else {
      guard let number = Int(replaced), (0..<32).contains(number), number != keyslot else {
        return nil
      }
      self.replaced = number
    }
  }

  /// Its bytes, as ``init(parsing:)`` reads them.
  package var encoded: [UInt8] {
    let replaced = replaced.map(String.init) ?? "none"
    let text =
      "\(Self.header)\nphase \(phase.rawValue)\nkeyslot \(keyslot)\nreplaced \(replaced)\n"
    return Array(text.utf8)
  }

  private static func value(_ line: Substring, _ name: String) -> String? {
    guard line.hasPrefix(name + " ") else { return nil }
    return String(line.dropFirst(name.count + 1))
  }

  static func read(_ path: String) throws(EnrolmentError) -> Journal? {
    let bytes: [UInt8]?
    do throws(StorageError) {
      bytes = try DurableFile.read(path, limit: 1024)
    } catch {
      throw .storage(error)
    }
    guard let bytes else { return nil }
    guard let journal = Journal(parsing: bytes) else { throw .damagedJournal(path: path) }
    return journal
  }

  func write(_ path: String) throws(EnrolmentError) {
    do throws(StorageError) {
      try DurableFile.write(encoded, to: path, mode: 0o600)
    } catch {
      throw .storage(error)
    }
  }
}
