import Foundation

/// Exchanges recorded from a real card: a file of Tests/Transcripts.
public struct Transcript: Sendable {
  /// One command and the card's answer to it, status word included.
  public struct Exchange: Sendable {
    /// The command APDU.
    public let command: [UInt8]
    /// The answer.
    public let answer: [UInt8]
  }

  /// The file's name without its ending, such as `TestSetupKDF`.
  public let name: String
  /// The exchanges in their order.
  public let exchanges: [Exchange]

  /// The transcripts of a device, by name.
  public static func all(of device: String) throws -> [Transcript] {
    let folder = Repository.path("Tests/Transcripts/\(device)")
    return try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".txt") }.sorted()
      .map { try Transcript(contentsOf: "\(folder)/\($0)") }
  }

  /// Reads a file: of each line with `Transmit` the command and the answer.
  public init(contentsOf path: String) throws {
    name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    var exchanges: [Exchange] = []
    for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
      let words = line.split(separator: " ")
      guard let index = words.firstIndex(of: "Transmit") else { continue }
      guard index + 2 < words.count, let command = bytes(hex: String(words[index + 1])),
        let answer = bytes(hex: String(words[index + 2]))
      else { throw TestSupportError("\(name): a line that isn't an exchange: \(line)") }
      exchanges.append(Exchange(command: command, answer: answer))
    }
    self.exchanges = exchanges
  }
}
