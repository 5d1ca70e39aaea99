import BootChanges
import BootManifest
import Storage

/// A /boot with those who may sign it and the memory of who did last.
struct BootSite {
  let path: String
  let folder: BootFolder
  let trusted: TrustedSigners
  let trust: TrustStore
  let memory: SignatureMemory
  private let identity: SystemIdentity
  private let notice: BootNotice
  /// Where what is kept of its last signing lies, to say later what changed in words.
  let kept: SnapshotFolder

  init(_ options: BootOptions, _ folders: SystemFolders, _ trust: TrustStore) throws(Failure) {
    path = options.boot
    trusted = TrustedSigners(trust.certificates)
    self.trust = trust
    memory = SignatureMemory(
      folder: folders.state, boot: options.boot, system: try SystemIdentity(folders).id())
    identity = SystemIdentity(folders)
    notice = BootNotice(folders)
    kept = SnapshotFolder(state: folders.state, of: memory)
    do throws(BootError) {
      folder = try BootFolder(path: options.boot)
    } catch {
      throw Failure(error, at: options.boot)
    }
  }

  /// Runs a step, with its error in words.
  func step<Result>(_ body: () throws(BootError) -> Result) throws(Failure) -> Result {
    do throws(BootError) {
      return try body()
    } catch {
      throw Failure(error, at: path)
    }
  }

  /// The verdict about what is there now; `hashed` if that is known already.
  /// - Parameter former: the default entry's files as they were before another was chosen.
  func verify(
    _ hashed: HashedBoot? = nil, formerDefault former: [(name: [UInt8], bytes: [UInt8])]? = nil
  ) throws(Failure) -> BootVerdict {
    try step { () throws(BootError) in
      try folder.verify(
        hashed, trusted: trusted, now: Moment.now, memory: memory, formerDefault: former)
    }
  }

  /// The verdict that there would be if what an interrupted signing left had taken its place; nil if that makes
  /// no set that counts here.
  func verifyWaiting(_ hashed: HashedBoot? = nil) throws(Failure) -> BootVerdict? {
    try step { () throws(BootError) in
      try folder.verifyWaiting(hashed, trusted: trusted, now: Moment.now, memory: memory)
    }
  }

  /// A verdict in words and for JSON.
  /// - Parameter hashed: what is there now, if that is known already.
  func report(_ verdict: BootVerdict, _ hashed: HashedBoot? = nil) throws(Failure) -> BootReport {
    var report = BootReport(verdict, at: path, trust, system: memory.system)
    let waits = try step { () throws(BootError) in try !folder.pendingFiles().isEmpty }
    guard waits else { return report }
    report.waiting = .leftovers
    guard !verdict.holds else { return report }
    if let waiting = try verifyWaiting(hashed), waiting.holds { report.waiting = .wholeSet }
    return report
  }

  /// The systems that the next set is for.
  /// - Parameter verdict: about the set that it replaces.
  func systems(after verdict: BootVerdict) throws(Failure) -> [SignedSystem] {
    let remembered = try step { () throws(BootError) in try memory.last() }
    // Who may not read the secret may know what was accepted.
    let own = (memory.system ?? remembered?.own).map(identity.system)
    if own == nil {
      Output.note(
        "latchkey: no id of this system can be kept in \(Escaped.text(memory.folder)), so the signed set "
          + "does not say that it is for this system. Run this as root.")
    }
    return .next(for: own, after: verdict, remembered: remembered)
  }

  /// Remembers the signature of a verdict that holds; the note that /boot is to be signed goes. Where that isn't allowed, it says so once: an
  /// older set would not be noticed.
  func accept(_ verdict: BootVerdict) {
    guard verdict.holds, let by = verdict.signedBy else { return }
    accept(by)
    notice.clear(whereGood: path)
  }

  /// Remembers a signature.
  func accept(_ by: SignedBy) {
    let isKept: Bool
    do throws(StorageError) {
      try DurableFile.makeFolder(memory.folder, mode: 0o755)
      do throws(BootError) {
        try memory.accept(by)
        isKept = true
      } catch {
        isKept = false
      }
    } catch {
      isKept = false
    }
    if !isKept {
      Output.note(
        "latchkey: the signature can't be remembered in \(Escaped.text(memory.folder)), so an older "
          + "set put back would not be noticed. Run this as root once.")
    }
  }

  /// Keeps what a /boot holds that is as it was signed, where nothing is kept of that signing: the firmware made
  /// it, or another system. Nothing is lost where that can't be done.
  func keepUnlessKept(_ verdict: BootVerdict) {
    guard verdict.holds, let by = verdict.signedBy, kept.snapshot(of: by.digest) == nil,
      let hashed = try? folder.hash(folder.scan())
    else { return }
    // What was hashed now is what is kept, and so must be what was signed.
    guard let again = try? verify(hashed), again.holds, again.signedBy == by else { return }
    try? kept.keep(hashed, manifest: by.digest)
  }

  /// Keeps what was just signed, for `latchkey changes`. The signing is as good without it.
  func keep(_ hashed: HashedBoot, signed by: SignedBy) {
    do throws(SnapshotError) {
      try kept.keep(hashed, manifest: by.digest)
    } catch {
      Output.note("latchkey: what was signed could not all be kept, \(error.words).")
      Output.note("  The signature is good. latchkey changes will say less of what comes next.")
    }
  }
}
