import CSystem

/// A line at the terminal that says how far a long reading is; gone when it is done. Silent elsewhere.
final class Progress {
  private let what: String
  private let size: Int
  private var shown = -1
  private let isShown: Bool

  /// - Parameters:
  ///   - what: what goes on, as in "Reading debian.iso".
  ///   - size: the bytes there are.
  init(_ what: String, size: Int) {
    self.what = what
    self.size = size
    // What a disk reads at once needs no line.
    isShown = isatty(2) == 1 && size >= 64 << 20
  }

  deinit {
    if shown >= 0 { Output.terminal("\r\u{1B}[K") }
  }

  /// So many bytes are done.
  func update(_ done: Int) {
    guard isShown else { return }
    let percent = done >= size ? 100 : done / (size / 100)
    guard percent != shown else { return }
    shown = percent
    Output.terminal("\r\(what) … \(percent) % of \(Self.text(size))\u{1B}[K")
  }

  /// Bytes as people say them.
  static func text(_ bytes: Int) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 1000, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    guard unit > 0 else { return "\(bytes) bytes" }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }
}
