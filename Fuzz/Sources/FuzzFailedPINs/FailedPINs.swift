import DiskKey
import Input
import OpenPGPCard
import Secrets

/// The file of PINs that failed: whatever lies there, a text that is remembered is found again, until its PIN
/// is forgotten.
@c(LLVMFuzzerTestOneInput)
public func fuzzFailedPINs(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    folder.replace("failed-pins", with: [UInt8](copying: input))
    let pins = FailedPINs(folder: Array(folder.path.utf8))
    let text = Array("123456".utf8)
    let pin = SecretBytes(copying: text.span)
    _ = pins.fate(of: pin, as: .user, on: card)
    pins.note(.unknown, of: pin, as: .user, on: card)
    precondition(
      pins.fate(of: pin, as: .user, on: card) == .unknown, "a PIN that was sent was forgotten")
    pins.note(.failed, of: pin, as: .user, on: card)
    precondition(
      pins.fate(of: pin, as: .user, on: card) == .failed, "a PIN that failed was forgotten")
    pins.forget(.admin, of: card)
    precondition(pins.fate(of: pin, as: .user, on: card) == .failed, "another PIN was forgotten")
    pins.forget(.user, of: card)
    // What a later release wrote stays, and may be anything.
    let rest: PINFate? = pins.isFromLaterRelease ? .unknown : nil
    precondition(pins.fate(of: pin, as: .user, on: card) == rest, "a PIN was not forgotten")
    precondition(pins.problem == nil, "the file stops someone")
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedFailedPINs(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  // As the first release wrote them, as this one does, and as a later one may.
  let salts: [[UInt8]] = [[], [0x4C, 0x4B, 2, 0x20, 0, 6, 0, 0, 0, 1], [0x4C, 0x4B, 3]]
  let sizes: [Int] = [1, 47, 48, 96, 100, 256 * 48, 256 * 48 + 1]
  var seeds: [[UInt8]] = []
  for size in sizes {
    for salt in salts {
      var seed: [UInt8] = []
      for index in 0..<size {
        let place = index % 48
        seed.append(place < salt.count ? salt[place] : UInt8(truncatingIfNeeded: index))
      }
      seeds.append(seed)
    }
  }
  return writeSeeds(seeds)
}

private let folder = InputFolder()
private let card = CardIdentifier(manufacturer: 6, serial: 1)
