import Foundation
import Glibc

/// Something that is done over and over: how long one of it takes, and how often it asks for memory.
struct Operation {
  /// What is done, as the table says it.
  let name: String
  /// How many bytes go in each time.
  let bytes: Int
  /// Does it once.
  let run: () throws -> Void

  /// The least and the median of many runs, in nanoseconds, and the allocations of one; a line of JSON.
  func measure(seconds: Double) throws -> String {
    try run()
    let allocations = try Allocations.count(of: run)
    var times: [Double] = []
    let end = ContinuousClock.now + .seconds(seconds)
    repeat {
      let start = ContinuousClock.now
      try run()
      times.append(start.duration(to: .now) / .nanoseconds(1))
    } while ContinuousClock.now < end && times.count < 100_000
    times.sort()
    let median = Int(times[times.count / 2])
    let counted = allocations.map(String.init) ?? "null"
    return """
      {"name": "\(name)", "bytes": \(bytes), "min": \(Int(times[0])), "median": \(median), \
      "max": \(Int(times[times.count - 1])), "runs": \(times.count), "allocations": \(counted)}
      """
  }
}

/// How often malloc and its like are called, by the library that scripts/bench puts before libc.
enum Allocations {
  private typealias Counter = @convention(c) () -> UInt64

  /// nil without that library.
  static func count(of work: () throws -> Void) throws -> Int? {
    // Safe: the handle means all libraries; the name is terminated.
    guard let symbol = unsafe dlsym(nil, "latchkey_allocations") else { return nil }
    // Safe: the function of that name in count-allocations.c takes nothing and gives 64 bits.
    let counter = unsafe unsafeBitCast(symbol, to: Counter.self)
    let before = counter()
    try work()
    return Int(counter() - before)
  }
}
