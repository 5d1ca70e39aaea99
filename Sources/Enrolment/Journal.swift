import DiskKey
import Storage

/// What a change of a volume is about to do, written before it is done: so that the next run can finish
/// it, or take it back, without a passphrase or a dongle.
///
/// Text, one `name value` a line; paths come from the places the next run is given.
package struct Journal: Equatable {
  /// How far it is known to have come.
  package enum Phase: String, CaseIterable {
    /// The new keyslot may be there; it has opened nothing yet. To be taken back.
    case adding
    /// The new keyslot opened through a dongle, and the files are staged. To be finished.
    case tested
    /// The files are in their places; the initramfs may still have the old ones.
    case installed
    /// The initramfs has the new files; the old keyslot may go.
    case renewed
    /// Nothing is left to be done but to sign /boot.
    case unsigned
  }

  package var phase: Phase
  /// The keyslot that the dongles open from now on; nil if none does.
  package var keyslot: Int?
  /// Whether that keyslot was free before, and goes if this is taken back.
  package var isAdded: Bool
  /// The dongles' keyslot from before, to be removed in the end.
  package var replaced: Int?
  /// The rounds of that keyslot's PBKDF2: a keyslot with others is another one, and stays.
  package var rounds: Int

  private static let header = "latchkey journal 2"
  private static let firstHeader = "latchkey journal 1"
  /// What version 1 left out: the rounds of all keyslots that it replaced.
  private static let firstRounds = 1000

  /// A journal that says so.
  package init(
    phase: Phase, keyslot: Int?, isAdded: Bool = true, replaced: Int?, rounds: Int = 1000
  ) {
    self.phase = phase
    self.keyslot = keyslot
    self.isAdded = isAdded
    self.replaced = replaced
    self.rounds = rounds
  }

  /// Nil if the bytes are no journal, or not a whole one. Version 1 is read too.
  package init?(parsing bytes: [UInt8]) {
    let lines = String(decoding: bytes, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    guard let last = lines.last, last == "" else { return nil }
    switch (lines[0], lines.count) {
    case (Self.firstHeader[...], 5):
      guard let phase = Self.value(lines[1], "phase").flatMap(Phase.init(rawValue:)),
        phase == .adding || phase == .tested,
        let keyslot = Self.value(lines[2], "keyslot").flatMap(Self.slot),
        let replaced = Self.value(lines[3], "replaced").flatMap(Self.slotOrNone)
      else { return nil }
      self.init(
        phase: phase, keyslot: keyslot, replaced: replaced, rounds: Self.firstRounds)
    case (Self.header[...], 7):
      guard let phase = Self.value(lines[1], "phase").flatMap(Phase.init(rawValue:)),
        let keyslot = Self.value(lines[2], "keyslot").flatMap(Self.slotOrNone),
        let added = Self.value(lines[3], "added"), added == "yes" || added == "no",
        let replaced = Self.value(lines[4], "replaced").flatMap(Self.slotOrNone),
        let rounds = Self.value(lines[5], "rounds").flatMap({ Int($0) }), rounds >= 0
      else { return nil }
      self.init(
        phase: phase, keyslot: keyslot, isAdded: added == "yes", replaced: replaced,
        rounds: rounds)
    default: return nil
    }
    guard replaced == nil || replaced != keyslot, keyslot != nil || !isAdded else { return nil }
  }

  /// Its bytes, as ``init(parsing:)`` reads them.
  package var encoded: [UInt8] {
    let text = """
      \(Self.header)
      phase \(phase.rawValue)
      keyslot \(keyslot.map(String.init) ?? "none")
      added \(isAdded ? "yes" : "no")
      replaced \(replaced.map(String.init) ?? "none")
      rounds \(rounds)

      """
    return Array(text.utf8)
  }

  private static func value(_ line: Substring, _ name: String) -> String? {
    guard line.hasPrefix(name + " ") else { return nil }
    return String(line.dropFirst(name.count + 1))
  }

  private static func slot(_ text: String) -> Int? {
    guard let number = Int(text), (0..<32).contains(number) else { return nil }
    return number
  }

  /// Nil inside for `none`.
  private static func slotOrNone(_ text: String) -> Int?? {
    text == "none" ? .some(nil) : slot(text).map { .some($0) }
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
