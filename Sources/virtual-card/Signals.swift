import Dispatch
import Glibc

/// Signals as a descriptor that becomes readable, with a byte for each.
final class Signals {
  private let input: CInt
  private let output: CInt
  private var sources: [any DispatchSourceSignal] = []

  /// What becomes readable.
  var descriptor: CInt { input }

  /// - Parameter bytes: which byte comes for which signal.
  init(_ bytes: [CInt: UInt8]) {
    var ends: [CInt] = [-1, -1]
    // Safe: room for the two descriptors. A process so young has some left.
    _ = unsafe pipe(&ends)
    (input, output) = (ends[0], ends[1])
    let output = output
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
