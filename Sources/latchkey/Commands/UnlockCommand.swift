import ArgumentParser
import BootManifest
import DiskKey
import Inflate
import OpenPGPCard
import Secrets

/// `latchkey unlock`
struct UnlockCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unlock",
    abstract: "Open a LUKS volume with the dongle.",
    discussion: """
      The record of dongles and volume is taken from /etc/latchkey, or from a /boot whose signature \
      holds. The volume's header must be as recorded before a key goes to it.
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var boot: BootOptions
  @OptionGroup var pin: UserPINOptions

  @Argument(help: "The block device, or an image.", completion: .file())
  var device: String

  @Argument(help: "The mapping's name, as in /dev/mapper/NAME; luks-UUID by default.")
  var name: String?

  @Flag(help: "Try the key only; map nothing.")
  var test = false

  func run() throws {
    let volume = try VolumeSite(device, boot: boot, options: options)
    let header = try volume.checkedHeader()
    let opened = try volume.open(with: pin.source)
    let dongle = opened.dongle
    do throws(DiskKeyError) {
      if test {
        try header.test(opened.key)
      } else {
        try header.activate(as: Array(mapping(volume).utf8), with: opened.key)
      }
    } catch {
      throw Failure(error, device: device, dongle: dongle.name)
    }
    let report = Report(
      device: Escaped.text(device), uuid: volume.uuid, dongle: dongle.serial,
      mapping: test ? nil : "/dev/mapper/\(mapping(volume))")
    if options.json {
      try Output.document("unlock", report)
    } else if let mapping = report.mapping {
      Output.result("\(report.device) is open as \(mapping).")
    } else {
      Output.result("\(report.device) opens with \(dongle.name).")
    }
  }

  private func mapping(_ volume: VolumeSite) -> String { name ?? "luks-\(volume.uuid)" }

  private struct Report: Encodable {
    let device: String
    let uuid: String
    let dongle: String
    let mapping: String?
  }
}
