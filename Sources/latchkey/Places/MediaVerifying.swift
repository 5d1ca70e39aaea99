import BootMedia

/// Verifies files against the signatures beside them, as Heads does before it boots them.
struct MediaVerifying {
  let trust: MediaTrust
  let list: SignedChecksums?
  /// The signature, where it isn't beside the file.
  let signature: String?
  private let witness: Witness?

  init(
    _ media: MediaOptions, signature: String?, _ boot: BootOptions, _ options: GlobalOptions,
    engine: Engine
  ) throws(Failure) {
    trust = try MediaTrust(boot.trusted, hasList: media.checksums != nil, options.folders)
    list = try SignedChecksums(media, trust: trust.distributions)
    self.signature = signature
    witness = engine == .gpg ? try Witness(trust.signers) : nil
  }

  /// Verifies one.
  func verify(_ path: String) throws(Failure) -> MediaReport.File {
    let file = try MediaCheck.open(path)
    let signature = signature ?? FileName.signature(of: path)
    let report = try MediaCheck(file, signature: signature, trust.signers, list).report
    if let witness, let signature { try witness.check(path, signature: signature, report) }
    return report
  }

  /// Verifies all, whatever comes of the first; writes the report.
  func run(_ paths: [String], json: Bool) throws(Failure) {
    var report = MediaReport()
    var refused: [MediaReport.File] = []
    for path in paths {
      let file = try verify(path)
      report.files.append(file)
      if !file.holds { refused.append(file) }
      if !json { file.lines.forEach(Output.result) }
    }
    if json { try Output.document("verify", report) }
    guard refused.isEmpty else {
      throw Failure(
        .doesNotHold, "", next: refused.map(\.advice).joined(separator: "\n  "))
    }
  }
}
