import BootMedia
import OpenPGP
import Storage

/// Signs files for Heads, which takes FILE.sig beside an ISO image on a stick.
struct MediaSigning {
  let signer: Signer
  private let trust: MediaTrust
  private let list: SignedChecksums?
  private let options: GlobalOptions
  /// Where the signature goes, if not beside the file.
  private let output: String?

  /// The distribution's list is checked before a dongle is looked for.
  init(
    _ media: MediaOptions, output: String?, _ boot: BootOptions, _ options: GlobalOptions,
    with choice: SignerChoice
  ) throws(Failure) {
    trust = try MediaTrust(boot.trusted, hasList: media.checksums != nil, options.folders)
    list = try SignedChecksums(media, trust: trust.distributions)
    signer = try Signer(gpgKey: choice.gpgKey, options, trust: trust.signers.required())
    self.options = options
    self.output = output
  }

  /// Signs all, one after the other; a PIN each. Writes the report.
  func run(_ paths: [String], pin: SecretSource) throws(Failure) {
    var report = MediaReport()
    for path in paths {
      do throws(Failure) {
        let file = try sign(path, pin: pin)
        report.files.append(file)
        guard !options.json else { continue }
        Output.result("\(file.path) is signed by \(signer.name).")
        file.lines.dropFirst().forEach(Output.result)
      } catch {
        let done = report.files.map(\.path)
        if !done.isEmpty {
          Output.note("Signed before this: \(done.joined(separator: ", ")).")
        }
        throw error
      }
    }
    if options.json { try Output.document("sign", report) }
  }

  /// Reads the file, shows what it is and what signature it has, asks, signs, writes, and verifies all
  /// from the disk.
  private func sign(_ path: String, pin: SecretSource) throws(Failure) -> MediaReport.File {
    let target = output ?? path + ".sig"
    try FileName.checkForFile(path, signature: target)
    let file = try MediaCheck.open(path)
    try FileName.checkWritable(target)
    let old = output == nil ? FileName.signature(of: path) : FileName.exists(target) ? target : nil
    let check = try MediaCheck(file, signature: old, trust.signers, list, by: signer.key)
    show(check.report, target)
    if let checksums = check.report.checksums, !checksums.holds {
      throw Failure(
        .doesNotHold, "\(check.report.path) is not signed, as \(checksums.problem ?? "")",
        next: "Nothing was signed. " + (checksums.advice ?? ""))
    }
    if FileName.exists(target) {
      try Question.confirm("Replace \(Escaped.text(target))?", assumed: options.yes)
    } else {
      try Question.confirm("Sign \(check.report.path)?", assumed: options.yes)
    }
    let armored = try signer.sign(file, check.reading, pin: pin)
    do throws(StorageError) {
      // What is there was shown, and replacing it agreed to; sticks have FAT, and FAT has no modes.
      try DurableFile.write(armored, to: target, mode: 0o644, needsMode: false)
    } catch {
      throw Failure(error)
    }
    let written = try MediaCheck(
      try MediaCheck.open(path), signature: target, trust.signers, list, fromDisk: true
    ).report
    guard written.verdict == "good", written.holds else {
      throw Failure(
        .doesNotHold,
        "what the disk holds of \(written.path) is not what was signed: "
          + (written.problem ?? written.checksums?.problem ?? ""),
        next:
          "The stick is failing, or something wrote to it. Copy the file anew and sign it again.")
    }
    return written
  }

  private func show(_ report: MediaReport.File, _ target: String) {
    Output.note("\(report.path), \(Progress.text(report.size))")
    Output.note("  SHA-256    \(report.sha256)")
    report.checksums?.lines.forEach(Output.note)
    if let signature = report.signature {
      Output.note(
        report.verdict == "good"
          ? "  signed before, in \(signature), by \(report.signer ?? "") on \(report.signedAt ?? "")"
          : "  has a signature, in \(signature), which does not hold: \(report.problem ?? "")")
      if signature != Escaped.text(target) {
        Output.note("  Heads takes \(Escaped.text(target)) before \(signature).")
      }
    }
    if !report.path.hasSuffix(".iso") {
      Output.note("  Heads lists only files whose names end in .iso.")
    }
  }
}
