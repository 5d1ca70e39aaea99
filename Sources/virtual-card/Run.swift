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

  func run() throws {
    let stop = StopSignal()
    do {
      let card = try VirtualCard(at: file)
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
