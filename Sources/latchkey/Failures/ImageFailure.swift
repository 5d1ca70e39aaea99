import CSystem
import DiskKey
import Initramfs
import OpenPGP

extension Failure {
  /// Why an image can't be looked into.
  init(_ error: ImageError, image: String) {
    let name = Escaped.text(image)
    let again = "Make it again: update-initramfs -u (dracut -f, mkinitcpio -P)."
    switch error {
    case .unreadable(let number):
      self.init(
        .system, "\(name) can't be read: \(SystemError(number))",
        next: number == EACCES || number == EPERM ? "Run this as root." : "Check the path.")
    case .notAnImage:
      self.init(.doesNotHold, "\(name) is no initramfs image", next: "Check the path.")
    case .damaged(let fault, let place):
      self.init(
        .doesNotHold,
        "\(name) is damaged or not as initramfs tools write it, at byte \(place): \(fault.words)",
        next: again)
    case .unknownCompression(let place):
      self.init(
        .doesNotHold,
        "\(name) has something at byte \(place) that the kernel reads as no archive, and that is not "
          + "compressed in a known way",
        next: again)
    case .unsupported(let compression, let place):
      self.init(
        .doesNotHold,
        "\(name) has a part at byte \(place) that is cut, or compressed by \(compression.rawValue) in a "
          + "way that the kernel may not read",
        next: again)
    case .cannotStart(let compression, let number):
      self.init(
        .system,
        "\(name) was not looked into: \(compression.rawValue) can't be started in confinement: "
          + SystemError(number).description,
        next: "Run this on a kernel with seccomp, outside a container that forbids it.")
    case .noProgram(let compression):
      self.init(
        .system,
        "\(name) is compressed by \(compression.rawValue), which isn't in /usr/bin, "
          + "or others than root can write it",
        next: "Install it: apt install \(compression == .xz ? "xz-utils" : compression.rawValue).")
    case .cannotDecompress(let compression):
      self.init(
        .doesNotHold, "\(name) is damaged: \(compression.rawValue) can't decompress it", next: again
      )
    case .tooLarge:
      self.init(
        .doesNotHold, "\(name) is larger than any initramfs, or holds more than one can",
        next: "Check the path, and what made it.")
    }
  }
}

extension CPIOFault {
  /// In words.
  var words: String {
    switch self {
    case .notAnArchive: "there is no archive"
    case .truncated: "an archive ends in the middle"
    case .number: "a number of an archive makes no sense"
    case .name: "the name of a file makes no sense"
    case .parent: "a file's folder is not in the image, or behind a link"
    case .type: "a file, link or device is of a kind that no image has"
    case .twice: "a path comes twice in one archive"
    case .replaced: "a file takes the place of something else"
    case .hardLink: "the names of one file don't agree about it"
    case .padding: "there is something, or too much, between two files or archives"
    case .checksum: "a file's checksum is not that of its content"
    }
  }
}

extension ImageFault {
  /// What is so, without a full stop.
  var words: String {
    switch self {
    case .noVolume: "no enrolled volume is in it"
    case .missing(let part): "\(part.words) is not in it"
    case .notExecutable(let path): "\(path) can't be run in it"
    case .order(let script, let other): "\(script) runs after \(other), and must before"
    case .noUSB: "no driver for a USB controller is in it"
    case .noModule(let name): "the kernel module \(name) is not in it"
    case .noFile(let file): "there is no \(file.rawValue)"
    case .writableByOthers(let file): "others than root can write the \(file.rawValue)"
    case .record(let fault): "the record is damaged: \(fault.words)"
    case .otherVolume: "the record is another volume's"
    case .blob(.blobChanged): "key.pgp is not the one that was recorded"
    case .blob(.message(.unexpectedPacket(tag: 8))): "key.pgp is compressed, and not encrypted"
    case .blob(.message(let error)): "key.pgp can't be read at boot: \(error.words)"
    case .blob: "key.pgp can't be read"
    case .stale(let file): "the \(file.rawValue) in it is older than the one on this system"
    case .notEnrolled: "the volume isn't enrolled on this system any more"
    case .notInCrypttab: "the image's crypttab doesn't name the volume"
    case .mayBeCompressed:
      "key.pgp is not of Latchkey's making, and if gpg compressed it, it can't be read at boot"
    case .leftOut(let uuid): "the enrolled volume \(uuid) is not in it"
    }
  }

  /// What to do, a whole sentence.
  var next: String {
    let again = "Make the initramfs again: update-initramfs -u (dracut -f, mkinitcpio -P)."
    switch self {
    case .noVolume:
      return "Enroll one (latchkey enroll DEVICE), see that /etc/crypttab names it, "
        + "and make the initramfs again: update-initramfs -u (dracut -f, mkinitcpio -P)."
    case .missing(.daemon): return "Install it (apt install pcscd). " + again
    case .missing(.driver), .missing(.driverList):
      return "Install it (apt install libccid). " + again
    case .missing(.library(let name)) where name.hasPrefix("libgcc"):
      return "Install it (apt install libgcc-s1). " + again
    case .missing, .notExecutable, .order: return "Install Latchkey again. " + again
    case .noUSB, .noModule:
      return "Add the modules to /etc/initramfs-tools/modules, or set MODULES=most. " + again
    case .stale, .notEnrolled: return again
    case .writableByOthers:
      return "See who changed the permissions of /etc/latchkey, then enroll again: "
        + "latchkey enroll DEVICE."
    case .noFile, .record, .otherVolume, .blob: return "Enroll again: latchkey enroll DEVICE."
    case .notInCrypttab: return "Name it in /etc/crypttab, with none as its key. " + again
    case .mayBeCompressed: return "latchkey enroll DEVICE makes one that is not compressed."
    case .leftOut:
      return "If it is needed to boot, add the option initramfs to it in /etc/crypttab. " + again
    }
  }
}

extension ImageFault.Part {
  /// In words.
  var words: String {
    switch self {
    case .program: "latchkey-unlock"
    case .functions: "/usr/lib/latchkey/functions"
    case .daemon: "pcscd"
    case .driver: "libccid"
    case .driverList: "libccid's Info.plist"
    case .library(let name):
      name.hasPrefix("libgcc_s") ? "libgcc_s, without which pcscd aborts," : name + "*"
    case .script(let path): path
    }
  }
}
