import ArgumentParser
import Dispatch
import Foundation
import Glibc
import VirtualCard

/// `virtual-card run`.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Puts a card into a virtual reader of pcscd (vpcd), until it is stopped.")

  @Argument(help: "The card's file.")
  var file: String

  @Option(help: "Where vpcd listens.")
  var host = "127.0.0.1"

  @Option(help: "vpcd's port, as reader.conf has it.")
  var port: UInt16 = 35963

  @Option(help: "A file to add a line to for each APDU: header, lengths, status word, no data.")
  var trace: String?

  @Option(help: "How many seconds to wait for vpcd.")
  var patience = 10

  @Option(
    help: ArgumentHelp(
      "Touch the card after so many seconds where a key wants it; \"never\" lets it give up.",
      valueName: "seconds|never"))
  var touch: Touch?

  @Option(help: "After how many seconds the card gives up waiting for a touch.")
  var touchTimeOut = 15.0

  func run() throws {
    let stop = StopSignal()
    do {
      let card = try VirtualCard(at: file)
      card.touchHabit = try habit()
      let trace = try trace.map { try APDUTrace(to: $0) }
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

/// SIGTERM and SIGINT as a descriptor that becomes readable.
final class StopSignal {
  private let pipe = Pipe()
  private var sources: [any DispatchSourceSignal] = []

  /// What becomes readable.
  var descriptor: CInt { pipe.fileHandleForReading.fileDescriptor }

  init() {
    let output = pipe.fileHandleForWriting.fileDescriptor
    for number in [SIGTERM, SIGINT] {
      // Ignored in favour of the source below.
      _ = signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        var byte: UInt8 = 0
        // Safe: one byte, ours.
        _ = unsafe write(output, &byte, 1)
      }
      source.resume()
      sources.append(source)
    }
  }
}
