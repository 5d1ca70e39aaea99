import DiskKey
import Initramfs
import OpenPGPCard

/// What an initramfs will do, in words and for JSON.
struct InitramfsReport: Encodable {
  let image: String
  let maker: String
  let kernels: [String]
  let opens: Bool
  let volumes: [Volume]
  /// What is wrong with all of it; sentences.
  let faults: [String]
  /// What is worth knowing; sentences.
  let notes: [String]
  /// What to do, without doubles.
  private let steps: [String]

  private enum CodingKeys: String, CodingKey {
    case image, maker, kernels, opens, volumes, faults, notes
  }

  struct Volume: Encodable {
    let name: String
    let uuid: String
    let source: String
    let dongles: [Dongle]
    let faults: [String]
  }

  struct Dongle: Encodable {
    let serial: String
    let model: String
    let name: String
    let tested: Bool

    init(_ dongle: Record.Dongle) {
      serial = String(decoding: dongle.pinned.identifier.text, as: UTF8.self)
      model = "\(dongle.pinned.identifier.brand)"
      name = Escaped.name(dongle.name)
      tested = dongle.isTested
    }

    var line: String {
      "  opened by   \(model) \(serial)" + (name.isEmpty ? "" : " (\(name))")
        + (tested ? "" : " (untested)")
    }
  }

  init(_ check: ImageCheck, image: String) {
    self.image = Escaped.text(image)
    maker = check.maker.rawValue
    kernels = check.kernels.map(Escaped.text)
    opens = check.opens
    let every = check.faults + check.volumes.flatMap(\.faults)
    faults = check.faults.filter { !$0.isNote }.map { $0.words + "." }
    volumes = check.volumes.map { volume in
      Volume(
        name: Escaped.text(volume.name), uuid: Escaped.text(volume.uuid),
        source: Escaped.text(volume.source), dongles: volume.dongles.map(Dongle.init),
        faults: volume.faults.filter { !$0.isNote }.map { $0.words + "." })
    }
    notes = every.filter(\.isNote).map { "\($0.words). \($0.next)" }
    var steps: [String] = []
    for fault in every where !fault.isNote && !steps.contains(fault.next) {
      steps.append(fault.next)
    }
    self.steps = steps
  }

  /// What to do where a volume won't open.
  var advice: String {
    (steps + ["Until then the passphrase opens the volumes."]).joined(separator: "\n  ")
  }

  /// The lines for people.
  var lines: [String] {
    var lines = [
      "\(image), made by \(maker)"
        + (kernels.isEmpty ? "" : " for \(kernels.joined(separator: ", "))")
    ]
    for volume in volumes {
      let works = volume.faults.isEmpty && faults.isEmpty
      lines.append(
        "\(volume.name), \(volume.uuid): " + (works ? "opens" : "will not open by a dongle"))
      lines += volume.dongles.map(\.line)
      lines += volume.faults.map { "  wrong       \($0)" }
    }
    lines += faults.map { "wrong: \($0)" }
    lines += notes.map { "note: \($0)" }
    return lines
  }
}
