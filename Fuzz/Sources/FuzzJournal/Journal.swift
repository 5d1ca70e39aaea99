import Enrolment
import Input

/// The journal of an enrolment: what was read is read again from how the library writes it.
@c(LLVMFuzzerTestOneInput)
public func fuzzJournal(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    guard let journal = Journal(parsing: [UInt8](copying: input)) else { return }
    precondition((0..<32).contains(journal.keyslot), "a keyslot that isn't one")
    precondition(journal.replaced != journal.keyslot, "a keyslot that replaces itself")
    precondition(Journal(parsing: journal.encoded) == journal, "not what was written")
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedJournal(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  writeSeeds([
    Journal(phase: .adding, keyslot: 1, replaced: nil).encoded,
    Journal(phase: .tested, keyslot: 31, replaced: 2).encoded,
  ])
}
