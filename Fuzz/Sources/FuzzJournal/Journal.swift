import Enrolment
import Input

/// The journal of a volume's change: what was read is read again from how the library writes it. And the
/// trail of its header's changes.
@c(LLVMFuzzerTestOneInput)
public func fuzzJournal(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    let bytes = [UInt8](copying: input)
    for change in HeaderTrail.changes(in: bytes) {
      precondition(change.before.count == 32 && change.after.count == 32, "no hashes")
    }
    guard let journal = Journal(parsing: bytes) else { return }
    for slot in [journal.keyslot, journal.replaced] {
      precondition(slot.map { (0..<32).contains($0) } ?? true, "a keyslot that isn't one")
    }
    precondition(
      journal.replaced == nil || journal.replaced != journal.keyslot,
      "a keyslot that replaces itself")
    precondition(Journal(parsing: journal.encoded) == journal, "not what was written")
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedJournal(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  writeSeeds(
    Journal.Phase.allCases.map { Journal(phase: $0, keyslot: 1, replaced: nil).encoded } + [
      Journal(phase: .tested, keyslot: 31, replaced: 2).encoded,
      Journal(phase: .renewed, keyslot: nil, isAdded: false, replaced: 7, rounds: 1_234_567)
        .encoded,
      Array((String(repeating: "0123456789abcdef", count: 4) + " ").utf8)
        + Array((String(repeating: "fedcba9876543210", count: 4) + "\n").utf8),
      Array("latchkey journal 1\nphase tested\nkeyslot 31\nreplaced none\n".utf8),
    ])
}
