import ArgumentParser
import OpenPGPCard

/// `latchkey card random`
struct CardRandom: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "random", abstract: "Random bytes that the dongle makes, in hexadecimal digits.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "How many bytes, up to 65536.")
  var count: Int
  @Flag(help: "The bytes as they are, not as digits.")
  var binary = false

  func validate() throws {
    guard (1...65536).contains(count) else { throw ValidationError("The count is 1 to 65536.") }
  }

  func run() throws {
    let dongle = try Dongles.look(options).one("that fits")
    let most = min(dongle.application.capabilities.maximumChallenge, 256)
    guard most > 0 else {
      throw Failure(
        .dongleRefuses, "\(dongle.name) gives no random bytes", next: "Read /dev/urandom.")
    }
    var card = try dongle.visit()
    var bytes: [UInt8] = []
    do throws(CardError) {
      while bytes.count < count { bytes += try card.challenge(min(most, count - bytes.count)) }
    } catch {
      throw Failure(error, dongle: dongle.name)
    }
    if options.json {
      return try Output.document("card random", Report(random: Hexadecimal.text(bytes)))
    }
    if binary { Output.bytes(bytes.span) } else { Output.result(Hexadecimal.text(bytes)) }
  }

  private struct Report: Encodable {
    let random: String
  }
}
