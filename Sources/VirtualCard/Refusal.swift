import SmartCard

/// A command the card doesn't run, by its status word.
struct Refusal: Error, Equatable {
  let status: StatusWord

  init(_ status: StatusWord) { self.status = status }

  /// A status word from a profile.
  init(_ habit: Hex) { status = StatusWord(rawValue: habit.number ?? 0x6F00) }
}
