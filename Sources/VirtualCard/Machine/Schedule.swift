/// What happens by itself while a device is in a virtual machine, and how long its answers take. Times are
/// in milliseconds from the connection on.
public struct Schedule: Equatable, Sendable {
  /// When the device is plugged in.
  public var plugAfter = 0
  /// When the card comes into the device.
  public var insertAfter = 0
  /// When the device is pulled; nil for never.
  public var pullAfter: Int?
  /// How many times each answer lets the host wait, a tenth of a second each.
  public var timeExtensions = 0

  /// Everything is there at once, and answers as fast as it can.
  public init() {}

  /// What is due by a time.
  enum Step: Equatable {
    case plug
    case insert
    case pull
  }

  /// The steps in their order.
  var steps: [(time: Int, step: Step)] {
    var steps: [(time: Int, step: Step)] = [(plugAfter, .plug)]
    if insertAfter > 0 { steps.append((insertAfter, .insert)) }
    if let pullAfter { steps.append((pullAfter, .pull)) }
    return steps.sorted { $0.time < $1.time }
  }
}
