import CSystem
import DiskKey
import OpenPGP
import OpenPGPCard
import Secrets
import SmartCard

/// Says what an error means and what to do next.
/// - Parameter title: the volume it is about, as messages call it.
/// - Returns: its exit code.
@discardableResult
func explain(_ error: DiskKeyError, of title: [UInt8] = []) -> Int32 {
  if !title.isEmpty { say("volume ", title, " stays closed:") }
  switch error {
  case .card(let error): return explain(error)
  case .message(let error): return explain(error)
  case .unproven:
    say("this card did not prove itself: change your PIN; use the passphrase")
    return ExitCode.mismatch
  case .blobChanged:
    say("key.pgp isn't the one that was recorded: run latchkey enroll, or use the passphrase")
    return ExitCode.mismatch
  case .notForThisDongle:
    say("key.pgp isn't encrypted to this dongle: run latchkey enroll with it")
    return ExitCode.mismatch
  case .record, .recordNotVouchedFor:
    say("the record is damaged: make the initramfs anew, or use the passphrase")
    return ExitCode.mismatch
  case .writableByOthers:
    say("others than root may write the record: no PIN is asked for; use the passphrase")
    return ExitCode.mismatch
  case .file(let file, let code):
    var line = [UInt8](name(file))
    line.append(" can't be read (errno ")
    line += [UInt8](decimal: Int(code))
    line.append("): use the passphrase")
    say(line)
    return ExitCode.system
  case .fileTooLarge(let file):
    say("", [UInt8](name(file)), " is too large: make the initramfs anew, or use the passphrase")
    return ExitCode.mismatch
  case .header(let fault):
    say("its header isn't as recorded: ", [UInt8](words(fault)))
    say("it got no key. If it was you (cryptsetup), run latchkey enroll; if not, don't trust it")
    return ExitCode.mismatch
  case .activation(let code):
    say("the kernel doesn't map it (errno ", [UInt8](decimal: Int(code)), "): use the passphrase")
    return ExitCode.system
  case .crypto:
    say("libcrypto failed: use the passphrase")
    return ExitCode.system
  }
}

private func words(_ fault: HeaderFault) -> StaticString {
  switch fault {
  case .notLUKS: "it is no LUKS header that can be read"
  case .version: "another LUKS version"
  case .uuid: "another volume's UUID"
  case .segments: "other segments"
  case .nullCipher(.segment): "the data are not encrypted (null cipher)"
  case .nullCipher(.keyslot): "a keyslot is not encrypted (null cipher)"
  case .cipher: "another cipher than aes-xts-plain64"
  case .keySize: "another key size"
  case .sectorSize: "another sector size"
  case .dataOffset: "another data offset"
  case .requirement: "it asks for an unknown feature"
  case .reencryption: "a reencryption is going on"
  case .noKeyslot: "the recorded keyslot is empty"
  case .derivation: "the keyslot has another key derivation"
  case .digest: "another digest of the volume key"
  case .keyRefused: "the key doesn't open the recorded keyslot"
  case .volumeKey: "another volume key"
  }
}

/// Says why no PIN came.
/// - Returns: its exit code.
func explain(_ error: SecretInputError) -> Int32 {
  switch error {
  case .empty, .interrupted(SIGINT):
    say("no PIN was given: use the passphrase")
    return ExitCode.passphrase
  case .interrupted(let signal):
    return ExitCode.signal(signal)
  case .noTerminal:
    say("there is no terminal to ask on: give the PIN with --pin-fd, or use ssh -t")
  case .failed(let code):
    say("the PIN can't be read: errno ", [UInt8](decimal: Int(code)))
  case .tooLong, .ended:
    break
  }
  return ExitCode.system
}

private func name(_ file: DiskKeyError.File) -> StaticString {
  switch file {
  case .record: "the record"
  case .blob: "key.pgp"
  case .device: "the device"
  case .failedPINs: "the list of PINs that failed"
  }
}

private func explain(_ error: OpenPGPError) -> Int32 {
  switch error {
  case .unsupportedCompression(let algorithm):
    let kind: StaticString =
      switch algorithm {
      case 1: "zip"
      case 2: "zlib"
      case 3: "bzip2"
      default: "an unknown algorithm"
      }
    say("key.pgp is compressed (", [UInt8](kind), "), which isn't undone this early in the boot:")
    say("encrypt it again with gpg -z0, or run latchkey enroll")
  case .armored:
    say("key.pgp is armored text, which isn't undone this early in the boot:")
    say("decode it with gpg --dearmor, or run latchkey enroll")
  case .crypto:
    say("libcrypto failed: use the passphrase")
    return ExitCode.system
  default:
    say("key.pgp is no message that can be read here: run latchkey enroll, or use the passphrase")
  }
  return ExitCode.mismatch
}

/// Says what a card's error means.
/// - Returns: its exit code.
@discardableResult
func explain(_ error: CardError) -> Int32 {
  switch error {
  case .transport(let error): return explain(error)
  case .unanswered(let error, _):
    say("the PIN was sent, and no answer came")
    return explain(error)
  case .touchTimedOut:
    say("the dongle waited for a touch that did not come: try again")
    return ExitCode.refused
  case .terminated:
    say("a dongle whose application is terminated holds no key: use another one or the passphrase")
    return ExitCode.refused
  case .notThePinned:
    say("a card that says it is a recorded dongle and isn't: no PIN is sent to it")
    return ExitCode.noDongle
  case .status(let status, _):
    say(
      "the dongle refuses with status ", hexadecimal(status.rawValue),
      ": use another one or the passphrase")
    return ExitCode.refused
  default:
    say("the dongle gives answers that make no sense: use another one or the passphrase")
    return ExitCode.refused
  }
}

/// Says what a reader's error means.
/// - Returns: its exit code.
@discardableResult
func explain(_ error: TransportError) -> Int32 {
  switch error {
  case .noService:
    say("pcscd does not answer: is it in the initramfs, and running?")
    return ExitCode.system
  case .inUse:
    say("another program holds the reader: end it (gpgconf --kill gpg-agent)")
    return ExitCode.refused
  case .noReader, .noCard, .removed:
    say("the dongle was pulled out: plug it in and try again")
    return ExitCode.noDongle
  case .notPermitted:
    say("this user may not use the reader: run this as root")
    return ExitCode.system
  case .failed:
    say("the reader failed: plug the dongle in again")
    return ExitCode.system
  default:
    say("the dongle does not answer: plug it in again")
    return ExitCode.refused
  }
}

private func hexadecimal(_ number: UInt16) -> [UInt8] {
  var text: [UInt8] = []
  for shift in [12, 8, 4, 0] as [UInt16] {
    let digit = UInt8(truncatingIfNeeded: number >> shift & 0x0F)
    text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10)
  }
  return text
}
