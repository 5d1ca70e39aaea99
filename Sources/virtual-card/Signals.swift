import Dispatch
import Foundation
import Glibc

/// Signals as a descriptor that becomes readable, with a byte for each.
final class Signals {
  private let pipe = Pipe()
  private var sources: [any DispatchSourceSignal] = []

  /// What becomes readable.
  var descriptor: CInt { pipe.fileHandleForReading.fileDescriptor }

  /// - Parameter bytes: which byte comes for which signal.
  init(_ bytes: [CInt: UInt8]) {
    let output = pipe.fileHandleForWriting.fileDescriptor
    for (number, byte) in bytes {
      // Ignored in favour of the source below.
      _ = signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        var byte = byte
        // Safe: one byte, ours.
        _ = unsafe write(output, &byte, 1)
      }
      source.resume()
      sources.append(source)
    }
  }
}
