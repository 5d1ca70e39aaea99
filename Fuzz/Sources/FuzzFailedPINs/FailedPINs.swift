import DiskKey
import Input
import OpenPGPCard
import Secrets

/// The file of PINs that failed: whatever lies there, a text that is remembered is found again.
@c(LLVMFuzzerTestOneInput)
public func fuzzFailedPINs(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    folder.replace("failed-pins", with: [UInt8](copying: input))
    let pins = FailedPINs(folder: Array(folder.path.utf8))
    let text = Array("123456".utf8)
    let pin = SecretBytes(copying: text.span)
    do throws(DiskKeyError) {
      _ = try pins.contains(pin, on: card)
      try pins.remember(pin, on: card)
      let isThere = try pins.contains(pin, on: card)
      precondition(isThere, "a PIN that failed was forgotten")
    } catch {
      preconditionFailure("the file stops someone")
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedFailedPINs(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  writeSeeds(
    [1, 47, 48, 96, 100, 256 * 48, 256 * 48 + 1].map { size in
      (0..<size).map { UInt8(truncatingIfNeeded: $0) }
    })
}

private let folder = InputFolder()
private let card = CardIdentifier(manufacturer: 6, serial: 1)
