/// Which of two names a file waits under. A signing whose files wait keeps one; the next signing takes the
/// other, so that what waits is there until the new set is.
enum PendingTurn: CaseIterable {
  case first
  case second

  /// Behind the name of a file that waits to get it.
  var new: [UInt8] { Array((self == .first ? ".new" : ".new2").utf8) }

  /// Behind the name of a file that goes.
  var gone: [UInt8] { Array((self == .first ? ".gone" : ".gone2").utf8) }

  var other: PendingTurn { self == .first ? .second : .first }
}
