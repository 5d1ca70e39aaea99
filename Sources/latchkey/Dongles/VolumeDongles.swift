import DiskKey
import Enrolment
import OpenPGPCard
import Secrets

/// The dongles that shall open a volume from now on, each with its PIN if it is there.
struct VolumeDongles {
  let dongles: [EnrollingDongle]

  /// Brands and serials.
  var names: String { dongles.map(\.name).joined(separator: ", ") }

  /// What the record will say of them.
  var recorded: [Record.Dongle] { dongles.map(\.recorded) }

  /// Those named by `--card` or `--virtual-card`, else the only one there; and spares by their
  /// certificates.
  init(
    choosing options: GlobalOptions, spares: [String], trust: TrustStore,
    _ change: VolumeChangeOptions, device: String
  ) throws(Failure) {
    let present = try Self.chosen(options)
    var dongles: [EnrollingDongle] = []
    for (index, dongle) in present.enumerated() {
      dongles.append(
        try EnrollingDongle(
          dongle, pin: try change.pin(index, of: present.count), trust: trust,
          options, device: device))
    }
    for path in spares {
      dongles.append(try EnrollingDongle(certificate: path, folders: options.folders))
    }
    self.dongles = dongles
  }

  /// Those of a record; the ones that are there are asked for their PIN.
  init(
    recorded: [Record.Dongle], _ options: GlobalOptions, _ change: VolumeChangeOptions,
    device: String
  ) throws(Failure) {
    var options = options
    options.card = []
    let found = try Dongles.look(options).found
    // In the order in which they are found: that of the PIN files.
    let present = found.filter { dongle in
      recorded.contains { $0.pinned.identifier == dongle.identifier }
    }
    var dongles: [EnrollingDongle] = []
    for known in recorded {
      let index = present.firstIndex { $0.identifier == known.pinned.identifier }
      dongles.append(
        try EnrollingDongle(
          known, index.map { present[$0] }, pin: try change.pin(index ?? 0, of: present.count),
          options, device: device))
    }
    guard !present.isEmpty else {
      throw Failure(
        .noDongle, "none of the dongles that shall open \(Escaped.text(device)) is there",
        next: "Nothing was changed. Plug in one of them, to try the new key: "
          + dongles.map(\.name).joined(separator: ", or ") + ".")
    }
    self.dongles = dongles
  }

  /// Tries a blob on a recorded dongle; nil if it isn't there.
  func open(_ blob: KeyBlob, _ recorded: Record.Dongle) throws(DiskKeyError) -> SecretBytes? {
    guard let dongle = dongles.first(where: { $0.recorded.pinned == recorded.pinned }) else {
      return nil
    }
    return try dongle.open(blob)
  }

  /// Opens another program's message with a dongle that it is for.
  func open(_ blob: AnyKeyBlob, _ recorded: Record.Dongle) throws(DiskKeyError) -> SecretBytes? {
    guard blob.isFor(recorded),
      let dongle = dongles.first(where: { $0.recorded.pinned == recorded.pinned })
    else { return nil }
    return try dongle.open(blob, as: recorded)
  }

  private static func chosen(_ options: GlobalOptions) throws(Failure) -> [Dongle] {
    let dongles = try Dongles.look(options)
    let able = dongles.found.filter { $0.application.fingerprint(of: .decryption) != nil }
    if able.count > 1, !options.card.isEmpty || !options.virtualCard.isEmpty { return able }
    return [
      try dongles.one("with a decryption key") {
        $0.application.fingerprint(of: .decryption) != nil
      }
    ]
  }
}
