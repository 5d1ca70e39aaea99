import ArgumentParser
import Glibc
import VirtualCard

/// `virtual-card run`.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Puts a card into a virtual reader or a virtual machine, until it is stopped.",
    discussion: """
      Without --usb-redir or --vscard the card is in the reader that vpcd plays for this system's pcscd.
      In a virtual machine SIGUSR1 pulls it, and SIGUSR2 plugs it in again.
      """)

  @Argument(help: "The card's file.", completion: .file())
  var file: String

  @Option(help: "Where vpcd listens.")
  var host = "127.0.0.1"

  @Option(help: "vpcd's port, as reader.conf has it.")
  var port: UInt16 = 35963

  @Option(
    help: "A file to add a line to for each APDU: header, lengths, status word, no data.",
    completion: .file())
  var trace: String?

  @Option(help: "How many seconds to wait for vpcd, or for the machine's socket.")
  var patience = 10

  @Option(
    help: ArgumentHelp(
      "Touch the card after so many seconds where a key wants it; \"never\" lets it give up.",
      valueName: "seconds|never"))
  var touch: Touch?

  @Option(help: "After how many seconds the card gives up waiting for a touch.")
  var touchTimeOut = 15.0

  @Flag(help: "Take as long for each command as the model does, where its profile says so.")
  var responseTimes = false

  @OptionGroup(title: "In a virtual machine")
  var machine: MachineOptions

  func run() throws {
    let stop = Signals([SIGTERM: 0, SIGINT: 0])
    do {
      let card = try VirtualCard(at: file)
      card.touchHabit = try habit()
      card.takesModelsTime = responseTimes
      let trace = try trace.map { try APDUTrace(to: $0) }
      guard (0...3600).contains(patience) else {
        throw ValidationError("--patience takes 0 to 3600 seconds.")
      }
      if try machine.serve(card, patience: patience * 1000, stop: stop.descriptor, trace: trace) {
        return
      }
      guard
        let connection = try VPCDConnection.open(
          host: host, port: port, patience: patience * 1000, stop: stop.descriptor)
      else { return }
      Report.note("\(card.summary.model) \(card.summary.identifier) is in the reader.")
      if try connection.serve(card, trace: trace) == .readerClosed {
        Report.note("The reader is gone: pcscd has ended.")
      }
    } catch let error as CardFileError {
      throw Report.failure(error)
    } catch let error as MachineFailure {
      throw Report.failure(error)
    } catch let error as VPCDConnection.Failure {
      throw Report.failure(error, host: host, port: port)
    }
  }
}

extension Run {
  /// When a card is touched.
  enum Touch: ExpressibleByArgument {
    case after(seconds: Double)
    case never

    init?(argument: String) {
      if argument == "never" {
        self = .never
      } else if let seconds = Double(argument), (0...3600).contains(seconds) {
        self = .after(seconds: seconds)
      } else {
        return nil
      }
    }
  }

  /// Whoever touches the card, nobody does it after its time.
  private func habit() throws -> TouchHabit? {
    guard (0...3600).contains(touchTimeOut) else {
      throw ValidationError("--touch-time-out takes 0 to 3600 seconds.")
    }
    let timeOut = Int(touchTimeOut * 1000)
    switch touch {
    case nil: return nil
    case .after(let seconds) where seconds <= touchTimeOut:
      return .after(milliseconds: Int(seconds * 1000))
    case .after, .never: return .never(timeOut: timeOut)
    }
  }
}
