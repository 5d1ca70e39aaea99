import BootManifest

/// What the hooks and units find when they look at /boot.
enum BootCheck {
  /// Nobody signs it: no certificate is trusted, or nothing was ever signed. No word about it.
  case notOurs
  /// It is as it was signed.
  case good(BootReport, BootSite, BootVerdict)
  /// It is not.
  case bad(BootReport)

  /// Whether anybody signs here.
  static func isSetUp(_ folders: SystemFolders) throws(Failure) -> Bool {
    try !TrustStore(files: [], folders: folders).certificates.isEmpty
  }

  /// Looks at this system's /boot.
  /// - Parameter isAccepted: whether a good signature is remembered, as `verify` does.
  init(_ folders: SystemFolders, remembering isAccepted: Bool = false) throws(Failure) {
    let trust = try TrustStore(files: [], folders: folders)
    guard !trust.certificates.isEmpty else {
      self = .notOurs
      return
    }
    var options = BootOptions()
    options.boot = folders.boot
    options.trusted = []
    let site = try BootSite(options, folders, trust)
    let verdict = try site.verify()
    if case .unsigned = verdict {
      let last = try site.step { () throws(BootError) in try site.memory.last() }
      guard last != nil else {
        self = .notOurs
        return
      }
    }
    let report = try site.report(verdict)
    self = verdict.holds ? .good(report, site, verdict) : .bad(report)
    if isAccepted { site.accept(verdict) }
  }
}

extension BootReport {
  /// What the note says of a /boot that isn't good.
  var notice: [String] {
    ["Latchkey: \(summary)."]
      + (verdict == "changed" ? BootReport.noticeAdvice : ["  " + advice])
  }

  /// Whether nothing differs but the old image that update-initramfs keeps for as long as it works.
  var isUnderWay: Bool {
    verdict == "changed"
      && changes.allSatisfy { $0.kind == "added" && $0.path.hasSuffix(".dpkg-bak") }
  }

  /// What the note says of what was made by hand.
  static var renewedNotice: [String] {
    ["Latchkey: /boot was changed by hand, and is not as it was signed."] + noticeAdvice
  }

  /// What the note says where nobody has looked at what an upgrade left.
  static var unseenNotice: [String] {
    ["Latchkey: an upgrade has changed /boot, and nobody has looked at it since."] + noticeAdvice
  }

  /// What the note says while /boot is being looked at, and where the machine went down meanwhile.
  static let beginningNotice = [
    "Latchkey: /boot has not been checked yet since this system started.",
    "  If this is still here in some minutes, check it: sudo latchkey verify",
  ]

  /// What the note says where there was no end to it.
  static func lateNotice(_ seconds: Int) -> [String] {
    [
      "Latchkey: /boot could not be checked within \(seconds) seconds: a file of it is huge, or its disk is slow.",
      "  Don't trust it before it was: sudo latchkey verify. What is larger than it should be: "
        + "sudo ls -lRS /boot",
    ]
  }

  /// What the note says where looking failed.
  static func uncheckedNotice(_ why: String) -> [String] {
    ["Latchkey: /boot can't be checked: \(why)."] + noticeAdvice
  }

  private static let noticeAdvice = [
    "  Heads or PureBoot will refuse it at the next boot, or ask about it. See what changed: sudo latchkey changes",
    "  If that is an upgrade of yours, sign it: sudo latchkey sign",
  ]
}
