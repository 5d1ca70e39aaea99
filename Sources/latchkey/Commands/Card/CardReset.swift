import ArgumentParser
import DiskKey
import OpenPGPCard

/// `latchkey card reset`
struct CardReset: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reset",
    abstract: "Empty a dongle, also a blocked or terminated one. Its keys are lost for good.")

  @OptionGroup var options: GlobalOptions

  /// What is to be emptied.
  private enum Target {
    case dongle(Dongle)
    /// It can't say who it is.
    case terminated(Dongle.Place)

    var name: String {
      switch self {
      case .dongle(let dongle): dongle.name
      case .terminated(let place): "the terminated dongle in \(place.description)"
      }
    }
  }

  func run() throws {
    let target = try find()
    if case .dongle(let dongle) = target { DongleReport(dongle).lines.forEach(Output.note) }
    Output.note("All keys, certificates and data on it will be lost, and nothing brings them back.")
    try Question.type("RESET", "to empty \(target.name)", assumed: options.yes)
    let identifier = try empty(target)
    FailedPINs(options.folders).forgetAll(of: identifier)
    DongleStore(options.folders).forget(identifier)
    let serial = String(decoding: identifier.text, as: UTF8.self)
    if options.json { return try Output.document("card reset", Report(dongle: serial)) }
    Output.result("\(identifier.brand) \(serial) is empty.")
    Output.result("  PIN 123456, admin PIN 12345678")
    Output.note("Next: latchkey provision.")
  }

  private struct Report: Encodable {
    let dongle: String
  }

  /// The one dongle that is there, or the one that is terminated.
  private func find() throws(Failure) -> Target {
    var terminated: [Dongle.Place] = []
    var others = 0
    for place in try Dongles.places(options) {
      do throws(Dongle.ConnectionError) {
        _ = try Dongle(at: place)
        others += 1
      } catch {
        if case .card(.terminated) = error { terminated.append(place) }
      }
    }
    // A terminated card tells no serial number, so one that was named is among the others.
    guard options.card.isEmpty, let place = terminated.first else {
      return .dongle(try Dongles.look(options).one("to empty"))
    }
    guard terminated.count == 1, others == 0 else {
      throw Failure(
        .noDongle, "there is more than one dongle, and a terminated one can't say which it is",
        next: "Pull all others out, or name one that isn't terminated with --card.")
    }
    return .terminated(place)
  }

  private func empty(_ target: Target) throws(Failure) -> CardIdentifier {
    switch target {
    case .dongle(let dongle):
      var card = try dongle.visit()
      do throws(CardError) {
        guard card.application.identifier == dongle.identifier else {
          throw .notThePinned(.serial)
        }
        try card.factoryReset()
        return card.application.identifier
      } catch {
        throw Failure(error, dongle: dongle.name)
      }
    case .terminated(let place):
      let transport: ReaderTransport
      do throws(Dongle.ConnectionError) {
        transport = try place.connect()
      } catch {
        throw Failure(error, dongle: place.description)
      }
      do throws(CardError) {
        return try OpenPGPCard(activating: transport).application.identifier
      } catch {
        throw Failure(error, dongle: place.description)
      }
    }
  }
}
