import CSystem
import DiskKey
import OpenPGP
import OpenPGPCard
import PCSC
import Secrets
import SmartCard

/// The call without a PIN: whether a recorded dongle is there. Nothing waits, neither for pcscd nor for
/// a dongle.
func look(_ call: Call) -> Int32 {
  let volume: Volume
  do throws(Volume.Refusal) {
    volume = try Volume(call)
  } catch {
    return explain(error, to: call, as: .verbose)
  }
  do throws(TransportError) {
    let found = try Dongles(of: volume)
    guard found.present.isEmpty, !found.isReaderTaken else { return -ENOANO }
    call.say(.verbose, "no dongle of this volume is plugged in")
  } catch {
    _ = explain(error, to: call, as: .verbose)
  }
  return -EAGAIN
}

/// The call with a PIN, which goes to the one recorded dongle that is there, at most once.
func answer(
  _ call: Call, _ pin: UnsafeRawBufferPointer,
  _ buffer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
  _ length: UnsafeMutablePointer<Int>
) -> Int32 {
  let volume: Volume
  do throws(Volume.Refusal) {
    volume = try Volume(call)
  } catch {
    return explain(error, to: call, as: .person)
  }
  // A card's length of a PIN is one byte, of which one bit is taken.
  guard (1...127).contains(pin.count) else {
    call.say(.person, "no dongle has a PIN of that length: it was not sent")
    return -EPERM
  }
  var secret = SecretBytes(capacity: pin.count)
  // Safe: the caller's PIN, borrowed for its own call.
  unsafe secret.append(Span(_unsafeBytes: pin))
  do throws(TransportError) {
    let service = try PCSCService()
    let found = try Dongles(of: volume, by: service)
    guard let place = found.present.first else { return found.explainNone(volume, to: call) }
    guard found.present.count == 1 else {
      call.say(.person, "several dongles of this volume are plugged in, and the PIN is one's own:")
      for place in found.present { call.say(.person, "  ", .bytes(words(for: place.dongle))) }
      call.say(.person, "leave the one in whose PIN you type; no PIN was sent")
      return -EPERM
    }
    switch visit(call, volume, place, by: service, with: secret) {
    case .refused(let code): return code
    case .key(let key): return unsafe hand(key, to: buffer, length)
    }
  } catch {
    return explain(error, to: call, as: .person)
  }
}

/// How a visit ends.
private enum Ending: ~Copyable {
  case key(SecretBytes)
  case refused(Int32)
}

/// One held visit: the dongle is compared with the record, then gets the PIN. A card that got one is
/// reset when the visit ends, so that nothing later can use it without.
private func visit(
  _ call: Call, _ volume: Volume, _ place: Dongles.Place, by service: PCSCService,
  with pin: borrowing SecretBytes
) -> Ending {
  let dongle = place.dongle
  var folder: [UInt8] = []
  Text("/run/latchkey").add(to: &folder)
  let failed = FailedPINs(folder: folder)
  do throws(DiskKeyError) {
    var card = try select(place.reader, by: service)
    do throws(CardError) { try card.confirm(dongle.pinned) } catch { throw .card(error) }
    let tries = card.application.pinStatus.triesLeft(.user)
    guard tries > 1 else {
      explainTries(tries, of: dongle, to: call)
      return .refused(-EPERM)
    }
    if let touch = card.application.touchPolicy(of: .decryption), touch != .off {
      call.say(.person, "touch ", .bytes(words(for: dongle)), " when it blinks")
    }
    // Nobody was asked for anything: neither for the last try nor for sending a PIN again.
    let terms = PINTerms(triesShown: tries, memory: failed)
    let key = try volume.blob.open(
      on: &card, as: dongle, with: pin, under: terms, decompressing: NoDecompression())
    // Before cryptsetup has the key: does the recorded keyslot hold the recorded volume key?
    try call.header.test(key, by: volume.trusted)
    return .key(key)
  } catch {
    // A file that can't be written forgets, and stops nobody.
    if failed.problem != nil {
      call.say(.person, "this PIN can't be remembered in /run/latchkey as one that was sent")
    }
    return .refused(explain(error, of: dongle, to: call))
  }
}

/// Hands a key to libcryptsetup in locked pages of its own, which it gives back to be wiped.
private func hand(
  _ key: borrowing SecretBytes, to buffer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
  _ length: UnsafeMutablePointer<Int>
) -> Int32 {
  var locked = false
  let size = key.count
  // Safe: a mapping of that many bytes, which libcryptsetup gives to cryptsetup_token_buffer_free.
  guard size > 0, let pages = unsafe system_map_secret(size, &locked) else { return -ENOMEM }
  let bytes = key.bytes
  for index in bytes.indices {
    unsafe pages.storeBytes(of: bytes[index], toByteOffset: index, as: UInt8.self)
  }
  unsafe buffer.pointee = pages.assumingMemoryBound(to: CChar.self)
  unsafe length.pointee = size
  return 0
}
