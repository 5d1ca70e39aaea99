import ArgumentParser
import BootManifest
import BootMedia
import CSystem
import Keyring
import LibCrypto
import OpenPGP

/// `--engine`: who else looks at a signature.
enum Engine: String, ExpressibleByArgument, CaseIterable {
  /// Latchkey alone.
  case latchkey
  /// gpg as well, as a second witness.
  case gpg
}

/// gpg's own verdict beside ours, with a keyring that holds the trusted certificates and nothing else.
struct Witness {
  private let gpg: GnuPGWitness

  init(_ trust: TrustStore) throws(Failure) {
    let certificates = try trust.certificates.map { certificate throws(Failure) in
      try trust.bytes(of: certificate)
    }
    do throws(KeyringError) {
      gpg = try GnuPGWitness(certificates)
    } catch {
      throw Failure(error, key: "")
    }
  }

  /// Compares our verdict on a file's signature with gpg's; throws where they differ.
  func check(_ path: String, signature: String, _ report: MediaReport.File) throws(Failure) {
    let bytes = try MediaCheck.read(signature)
    let file = try MediaCheck.open(path)
    let said = try ask { () throws(KeyringError) in
      try gpg.verify(bytes, descriptor: file.descriptor)
    }
    try compare(
      said, with: report.verdict == "good" ? report.signingKey : nil,
      ours: report.problem ?? "it holds",
      report.path)
  }

  /// Compares our verdict on /boot's signature with gpg's, on the same bytes; throws where they differ.
  func check(_ site: BootSite, _ verdict: BootVerdict) throws(Failure) {
    guard let set = try site.step({ () throws(BootError) in try site.folder.signedSet() }) else {
      return Output.note("  gpg        has no signature to look at")
    }
    var said: GnuPGVerdict?
    for text in set.texts {
      let one = try ask { () throws(KeyringError) in try gpg.verify(set.signature, over: text) }
      if said == nil || one.isGood { said = one }
    }
    guard let said else { return }
    let ours: String
    switch verdict {
    case .refused(let problem, _): ours = problem.words
    default: ours = "it holds"
    }
    try compare(
      said, with: verdict.signedBy.map { Hexadecimal.text($0.key) }, ours: ours,
      Escaped.text(site.path))
  }

  private func ask(
    _ body: () throws(KeyringError) -> GnuPGVerdict
  ) throws(Failure) -> GnuPGVerdict {
    do throws(KeyringError) { return try body() } catch { throw Failure(error, key: "") }
  }

  /// - Parameter key: who made it, as we say; nil where we refuse it.
  private func compare(
    _ said: GnuPGVerdict, with key: String?, ours: String, _ place: String
  ) throws(Failure) {
    let theirs =
      said.isGood
      ? "it holds, by \(Escaped.text(said.signers.joined(separator: ", ")))"
      : Escaped.text(said.problem)
    let agree = said.isGood ? key.map { said.signers == [$0] } ?? false : key == nil
    guard agree else {
      throw Failure(
        .doesNotHold,
        "two witnesses differ on the signature of \(place): latchkey says: \(ours)"
          + (key.map { ", by \($0)" } ?? "") + "; gpg says: \(theirs)",
        next:
          "Don't boot it before you know why. Latchkey refuses more than gpg does: more than one "
          + "signature, SHA-1, what isn't signed. If gpg refuses what Latchkey takes, please report it."
      )
    }
    Output.note(said.isGood ? "  gpg        says so too" : "  gpg        refuses it too: \(theirs)")
  }
}
