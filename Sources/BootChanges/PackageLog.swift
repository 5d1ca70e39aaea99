/// What dpkg's log tells of packages that came and went.
///
/// A line is `DATE TIME ACTION PACKAGE:ARCH OLD NEW`; others, as `status …`, are passed over, and so is what
/// makes no sense: a log is read for what it tells.
struct PackageLog {
  /// In the log's order.
  private(set) var events: [PackageEvent] = []

  /// Reads a log's text, the oldest first.
  init(_ bytes: [UInt8]) { append(bytes) }

  /// Reads one that follows.
  mutating func append(_ bytes: [UInt8]) {
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      if let event = Self.event(line) { events.append(event) }
    }
  }

  /// The last time that a package of that name came.
  func arrival(of package: String) -> PackageEvent? {
    events.last {
      $0.package == package && ($0.action == .install || $0.action == .upgrade)
    }
  }

  /// The last time that a package went, if it didn't come back.
  func departure(where matches: (String) -> Bool) -> PackageEvent? {
    guard let last = events.last(where: { matches($0.package) }) else { return nil }
    return last.action == .remove || last.action == .purge ? last : nil
  }

  private static func event(_ line: ArraySlice<UInt8>) -> PackageEvent? {
    let words = line.split(separator: UInt8(ascii: " "))
    guard words.count == 6, words[0].count == 10, words[1].count == 8,
      let action = PackageEvent.Action(rawValue: text(words[2]))
    else { return nil }
    let name = words[3].split(separator: UInt8(ascii: ":"), maxSplits: 1)
    guard let package = name.first else { return nil }
    return PackageEvent(
      time: text(words[0]) + " " + text(words[1]), action: action, package: text(package),
      from: version(words[4]), to: version(words[5]))
  }

  private static func version(_ word: ArraySlice<UInt8>) -> String {
    word.elementsEqual("<none>".utf8) ? "" : text(word)
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }
}
