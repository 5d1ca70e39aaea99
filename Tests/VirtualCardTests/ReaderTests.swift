import Foundation
import TestSupport
import Testing

@testable import VirtualCard

/// The card behind the real pcscd and vpcd.
@Suite struct ReaderTests {
  /// A card's file in a folder of its own.
  private func card(
    _ folder: TemporaryFolder, name: String = "card", profile: String = "nitrokey-3"
  ) throws -> String {
    let file = folder.path(name)
    try VirtualCard.create(
      at: file, profile: CardProfile(contentsOf: Repository.path("cards/\(profile).json")),
      serial: 0x0102_0304)
    return file
  }

  @Test("opensc finds the card's ATR and serial number through pcscd")
  func answersThroughPCSCD() throws {
    let folder = try TemporaryFolder()
    let daemon = try PCSCDaemon(card: try card(folder))
    let atr = try Program.run("opensc-tool", ["--atr"], environment: daemon.environment)
    #expect(atr.text == "3b:8f:01:80:5d:4e:69:74:72:6f:6b:65:79:00:00:00:00:00:6a\n")
    daemon.forgetTrace()
    let answer = try Program.run(
      "opensc-tool",
      ["--card-driver", "default", "-s", "00A4040006D27600012401", "-s", "00CA004F00"],
      environment: daemon.environment)
    #expect(answer.text.contains("D2 76 00 01 24 01 03 04 00 0F 01 02 03 04 00 00"))
    #expect(daemon.trace().count == 2)
  }
}

extension ReaderTests {
  @Test("two cards in two readers of one pcscd answer each for itself, and one can be pulled")
  func twoReaders() throws {
    let folder = try TemporaryFolder()
    let daemon = try PCSCDaemon(cards: [
      card(folder), card(folder, name: "other", profile: "yubikey-5"),
    ])
    func readers() throws -> [String] {
      try Program.run("opensc-tool", ["--list-readers"], environment: daemon.environment).text
        .split(separator: "\n").map(String.init).filter { $0.contains("Virtual Reader") }
    }
    // vpcd has two slots a reader; the card is in the first.
    #expect(try readers().count == 4)
    for (index, start) in ["3b:8f", "3b:fd"].enumerated() {
      let line = try #require(try readers().first { $0.contains(daemon.readers[index].name) })
      let number = try #require(line.split(separator: " ").first.map(String.init))
      let atr = try Program.run(
        "opensc-tool", ["--reader", number, "--atr"], environment: daemon.environment)
      #expect(atr.text.hasPrefix(start), "\(line): \(atr.text)")
    }
    daemon.remove(from: 1)
    #expect(
      Program.wait {
        (try? readers())?.contains { $0.contains(daemon.readers[1].name) && $0.contains(" No ") }
          == true
      })
  }
}
