import Foundation
import TestSupport
import VirtualCard

/// A virtual dongle for a ``Machine``, as a copy of its own.
public final class Dongle {
  /// The PIN of each of `scripts/boot-images`.
  public static let pin = "271828"

  /// The file's name without its end.
  public let name: String
  /// The card's file.
  public let file: String
  /// Where the APDUs that it ran are written.
  public let trace: String

  private let folder: TemporaryFolder

  /// A copy of the one of `scripts/boot-images` that is called so.
  public convenience init(_ name: String) throws {
    try self.init(name, from: Repository.path(".build-boot/machine/dongles/\(name).card"))
  }

  /// A copy of a card's file.
  public init(_ name: String, from original: String) throws {
    self.name = name
    folder = try TemporaryFolder()
    file = folder.path("card")
    trace = folder.path("trace")
    try FileManager.default.copyItem(atPath: original, toPath: file)
  }

  /// How many tries of the PIN are left. The dongle must not be plugged in.
  public func triesLeft() throws -> Int {
    // GET DATA C4, the PW status bytes (3.4.1 §4.4.2): the user PIN's tries are the fifth.
    let status = try run([0x00, 0xCA, 0x00, 0xC4, 0x00])
    guard status.count == 9 else { throw TestSupportError("no PW status: \(hex(status))") }
    return Int(status[4])
  }

  /// Sends wrong PINs until so many tries are left.
  public func spend(leaving count: Int) throws {
    while try triesLeft() > count {
      _ = try run([0x00, 0x20, 0x00, 0x82, 0x06] + Array("000000".utf8))
    }
  }

  /// The lines of the trace, an APDU or an event each.
  public func exchanges() -> [String] {
    String(decoding: FileManager.default.contents(atPath: trace) ?? Data(), as: UTF8.self)
      .split(separator: "\n").map(String.init)
  }

  private func run(_ command: [UInt8]) throws -> [UInt8] {
    let card = try VirtualCard(at: file)
    card.reset()
    let select: [UInt8] = [0x00, 0xA4, 0x04, 0x00, 0x06, 0xD2, 0x76, 0x00, 0x01, 0x24, 0x01]
    _ = card.process(select)
    return card.process(command)
  }
}
