import DiskKey
import Enrolment
import OpenPGPCard
import Secrets

/// A volume whose dongles are about to change, with all that has to follow so that the next boot works.
struct ChangingVolume {
  let device: String
  /// As it stood when the command began.
  let status: VolumeStatus
  /// What an interrupted run left, which is ended now.
  let recovery: Enrolment.Recovery
  let enrolment: Enrolment
  /// How it is opened at boot.
  let atBoot: BootVolume
  private let offer: SigningOffer
  private let options: GlobalOptions

  /// Looks at the volume, and ends what an interrupted run left.
  init(
    _ device: String, _ boot: BootOptions, _ options: GlobalOptions, _ change: VolumeChangeOptions
  ) throws(Failure) {
    self.device = device
    self.options = options
    let places = EnrolmentPlaces(boot: boot.boot, options.folders)
    let uuid = try Self.step(device) { () throws(EnrolmentError) in
      try VolumeStatus(of: device, places: places).uuid
    }
    var enrolment = Enrolment(of: device, places: places)
    atBoot = BootVolume(uuid, options.folders)
    enrolment.initramfs = try atBoot.initramfs(change.initramfs, device: device)
    self.enrolment = enrolment
    offer = SigningOffer(boot, options)
    let begun = enrolment
    recovery = try Self.step(device) { () throws(EnrolmentError) in try begun.recover() }
    status = try Self.step(device) { () throws(EnrolmentError) in
      try VolumeStatus(of: device, places: places)
    }
    switch recovery {
    case .nothing: break
    case .takenBack(let keyslot):
      Output.note(
        "An interrupted change of \(name) was taken back (keyslot \(keyslot)): it had opened nothing "
          + "yet.")
    case .finished:
      Output.note("An interrupted change of \(name) was finished.")
    }
  }

  /// The device, for people.
  var name: String { Escaped.text(device) }

  /// Runs a step, with its error in words.
  /// - Parameter dongles: the names of those that are asked.
  func step<Result>(
    _ dongles: [EnrollingDongle] = [], _ body: () throws(EnrolmentError) -> Result
  ) throws(Failure) -> Result {
    try Self.step(device, dongles.map(\.name).joined(separator: ", "), body)
  }

  private static func step<Result>(
    _ device: String, _ dongles: String = "", _ body: () throws(EnrolmentError) -> Result
  ) throws(Failure) -> Result {
    do throws(EnrolmentError) {
      return try body()
    } catch {
      throw Failure(error, device: device, dongle: dongles)
    }
  }

  /// Stops where the next boot would be left without a key, before anything is changed.
  func checkNextBoot(leavesKey: Bool = true) throws(Failure) {
    try atBoot.checkKeyscript(status.uuid, device: device, leavesKey: leavesKey)
  }

  /// Shows what the volume is.
  func describe() {
    let count = status.keyslots.count
    Output.note(
      "\(name) is LUKS\(status.luksVersion), \(String(decoding: status.uuid.text, as: UTF8.self)), "
        + "with \(count) keyslot\(count == 1 ? "" : "s") in use.")
    for line in initramfsNotice { Output.note(line) }
  }

  private var initramfsNotice: [String] {
    guard let initramfs = enrolment.initramfs else { return [] }
    return [
      "It is opened at boot, so the initramfs is made anew: \(Escaped.text(initramfs.command))."
    ]
  }

  /// Shows what was done, and offers to sign /boot.
  func finish(_ report: ChangeReport, _ command: String, _ dongles: [EnrollingDongle]) throws {
    var report = report
    if !options.json { report.lines.forEach(Output.result) }
    var failure: Failure?
    do throws(Failure) {
      report.signed = try offerSigning(dongles)
    } catch {
      failure = error
    }
    if options.json { try Output.document(command, report) }
    if let failure { throw failure }
  }

  /// Ends a command that found its work done by what was finished first.
  /// - Parameter what: what is so now.
  func end(_ command: String, _ what: String) throws(Failure) {
    if !options.json { Output.result(what) }
    let signed = try offerSigning()
    guard options.json else { return }
    let uuid = String(decoding: status.uuid.text, as: UTF8.self)
    try Output.document(command, Finished(device: name, uuid: uuid, finished: true, signed: signed))
  }

  private struct Finished: Encodable {
    let device: String
    let uuid: String
    let finished: Bool
    let signed: Bool
  }

  /// Offers to sign /boot.
  /// - Parameter dongles: those that were asked for their PIN.
  /// - Returns: whether it is signed now.
  func offerSigning(_ dongles: [EnrollingDongle] = []) throws(Failure) -> Bool {
    var pins: [CardIdentifier: SecretSource] = [:]
    for dongle in dongles {
      if let entry = dongle.entry { pins[entry.dongle.identifier] = entry.source }
    }
    return try offer.make(pins, made: enrolment.initramfs?.command)
  }
}
