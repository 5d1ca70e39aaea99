import ArgumentParser
import VirtualCard

/// `virtual-card create`.
struct Create: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a new card of a model, as from the factory.")

  @Option(help: "The model, a file of cards/.", completion: .file())
  var profile: String

  @Option(help: "The serial number, eight hexadecimal digits; random if it isn't given.")
  var serial: String?

  @Argument(help: "The new card's file. One that is there is left alone.", completion: .file())
  var file: String

  func run() throws {
    var number = VirtualCard.randomSerial()
    if let serial {
      guard serial.utf8.count == 8, let given = UInt32(serial, radix: 16) else {
        throw ValidationError("--serial takes eight hexadecimal digits, such as 0A1B2C3D.")
      }
      number = given
    }
    do throws(CardFileError) {
      try VirtualCard.create(
        at: file, profile: CardProfile(contentsOf: profile), serial: number)
      print(try VirtualCard(at: file).summary.text)
    } catch {
      throw Report.failure(error)
    }
  }
}
