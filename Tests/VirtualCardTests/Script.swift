import SmartCard
import TestSupport
import Testing

@testable import VirtualCard

/// A run of commands and the answers they must get: what each case of the card's tests is.
struct Script: Sendable, CustomTestStringConvertible {
  let fact: String
  let profile: String
  let steps: [(command: String, answer: String)]

  var testDescription: String { fact }

  init(
    _ fact: String, on profile: String = "nitrokey-3",
    _ steps: [(command: String, answer: String)]
  ) {
    self.fact = fact
    self.profile = profile
    self.steps = steps
  }

  /// Runs it on a new card with the application selected.
  @discardableResult
  func run() throws -> VirtualCard {
    let card = try Self.card(profile)
    for (index, step) in steps.enumerated() {
      switch step.command {
      case "reset": card.reset()
      case "power off": card.powerOff()
      default:
        let answer = try card.send(step.command)
        #expect(
          answer == step.answer.filter { $0 != " " }, "\(fact), step \(index + 1): \(step.command)")
      }
    }
    return card
  }

  /// A new card with the application selected.
  static func card(_ profile: String = "nitrokey-3") throws -> VirtualCard {
    let card = VirtualCard(
      profile: try CardProfile(contentsOf: Repository.path("cards/\(profile).json")),
      serial: 0x0102_0304)
    #expect(try card.send(select) == "9000")
    return card
  }

  static let select = "00A40400 06 D27600012401"
  static let user = "00200081 06 313233343536"
  static let other = "00200082 06 313233343536"
  static let admin = "00200083 08 3132333435363738"
  static let wrongUser = "00200081 06 393939393939"
  static let wrongAdmin = "00200083 08 3939393939393939"
  static let status = "00CA00C400"
}

extension VirtualCard {
  /// Runs a command of hexadecimal digits; the answer in lower-case ones.
  func send(_ command: String) throws -> String {
    hex(process(try #require(bytes(hex: command))))
  }

  /// Runs a command with data, in extended form; the answer's data and status word.
  func send(_ header: String, _ data: [UInt8]) throws -> (data: [UInt8], status: String) {
    let lengths = data.isEmpty ? [0] : [0, UInt8(data.count >> 8), UInt8(data.count & 0xFF)]
    let answer = process(try #require(bytes(hex: header)) + lengths + data + [0, 0])
    return (Array(answer.dropLast(2)), hex(Array(answer.suffix(2))))
  }
}
