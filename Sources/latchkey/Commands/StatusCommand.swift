import ArgumentParser
import BootManifest
import DiskKey
import Enrolment
import FoundationEssentials
import OpenPGPCard

/// `latchkey status`
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Dongles, /boot and LUKS volumes: ready, or what is missing.")

  @OptionGroup var options: GlobalOptions
  @OptionGroup var boot: BootOptions

  @Argument(
    help: "LUKS devices or images to look at, beside those that are enrolled.", completion: .file())
  var devices: [String] = []

  func run() throws {
    var missing: [String] = []
    let dongles = dongles(&missing)
    let notice = BootNotice(options.folders)
    let boot: BootReport?
    do throws(Failure) {
      boot = try bootReport(&missing)
    } catch {
      // Who may not look at /boot may know what root found.
      notice.lines?.forEach(Output.note)
      throw error
    }
    if boot?.verdict == "good" { notice.clear(whereGood: self.boot.boot) }
    if boot == nil, let line = notice.lines?.first { missing.append(line) }
    let volumes = volumes(isBootGood: boot?.verdict == "good", &missing)
    if options.json {
      try Output.document(
        "status",
        Report(
          dongles: dongles, boot: boot, volumes: volumes, ready: missing.isEmpty, missing: missing))
    } else {
      dongles.forEach { $0.lines.forEach(Output.result) }
      boot?.lines.forEach(Output.result)
      volumes.forEach { $0.lines.forEach(Output.result) }
      if missing.isEmpty {
        Output.result("Ready.")
      } else {
        Output.result("Not ready:")
        missing.forEach { Output.result("  " + $0) }
      }
    }
    if let boot, !["good", "unsigned"].contains(boot.verdict) {
      throw Failure(.doesNotHold, "", next: boot.advice)
    }
  }

  private func dongles(_ missing: inout [String]) -> [DongleReport] {
    do throws(Failure) {
      let dongles = try Dongles.look(options)
      for other in dongles.others { missing.append("In \(other.place): \(other.why.what).") }
      if dongles.found.isEmpty { missing.append("No dongle is there.") }
      for dongle in dongles.found {
        if dongle.application.pinStatus.triesLeft(.user) == 0 {
          missing.append("The PIN of \(dongle.name) is blocked.")
        }
        if dongle.application.fingerprint(of: .signing) == nil {
          missing.append("\(dongle.name) has no keys: latchkey provision")
        }
      }
      return dongles.found.map(DongleReport.init)
    } catch {
      missing.append("\(error.what). \(error.next)")
      return []
    }
  }

  private func bootReport(_ missing: inout [String]) throws(Failure) -> BootReport? {
    let trust = try TrustStore(files: boot.trusted, folders: options.folders)
    if trust.certificates.isEmpty {
      missing.append("No certificate is trusted, \(trust.place) holds none: latchkey provision")
    }
    missing += trust.doubts
    let site: BootSite
    do throws(Failure) {
      site = try BootSite(boot, options.folders, trust)
    } catch {
      missing.append("\(error.what). \(error.next)")
      return nil
    }
    let report = try site.report(try site.verify())
    if let words = report.waitingWords { missing.append(words) }
    // To sign is the advice only where there is nothing that a signature could hide.
    if report.verdict != "good" {
      missing.append(
        report.summary
          + (report.verdict == "unsigned"
            ? ": latchkey sign"
            : ". " + (report.keyAdvice.map { $0 + " " } ?? "") + "latchkey verify says more."))
    }
    return report
  }

  private func volumes(isBootGood: Bool, _ missing: inout [String]) -> [VolumeReport] {
    let places = EnrolmentPlaces(boot: boot.boot, options.folders)
    var reports: [VolumeReport] = []
    for device in devices + enrolled() {
      do throws(EnrolmentError) {
        let status = try VolumeStatus(of: device, places: places)
        let bootVolume = BootVolume(status.uuid, options.folders)
        let report = VolumeReport(
          status, device: device, keyscript: bootVolume.entry?.keyscript,
          staleImages: bootVolume.staleImages(in: boot.boot, status.uuid), isBootGood: isBootGood)
        guard !reports.contains(where: { $0.uuid == report.uuid }) else { continue }
        missing += report.missing
        reports.append(report)
      } catch {
        let failure = Failure(error, device: device, dongle: "")
        missing.append("\(failure.what). \(failure.next)")
      }
    }
    return reports
  }

  /// The devices of the volumes that are recorded in /etc/latchkey and attached.
  private func enrolled() -> [String] {
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: options.folders.configuration)) ?? []
    return names.sorted().filter { VolumeUUID(Array($0.utf8).span) != nil }
      .map { "/dev/disk/by-uuid/\($0)" }
      .filter { FileManager.default.fileExists(atPath: $0) }
  }

  private struct Report: Encodable {
    let dongles: [DongleReport]
    let boot: BootReport?
    let volumes: [VolumeReport]
    let ready: Bool
    let missing: [String]
  }
}
