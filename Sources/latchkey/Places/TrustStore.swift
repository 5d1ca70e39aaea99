import CSystem
import FoundationEssentials
import OpenPGP
import Storage

/// The certificates whose signatures count: from `--trusted`, else from trusted.d. Never one found on
/// /boot.
///
/// All files count together: certificates of the same key are one, and a revocation counts whichever file it
/// is in. What trusted.d knows of a certificate that `--trusted` names counts as well.
struct TrustStore {
  /// What all files hold.
  let keyring: Keyring
  /// Where they came from, for people.
  let place: String
  /// The files they came from, as they are.
  let files: [File]
  /// Files of trusted.d that could not be used and may revoke a key: sentences. They were shown when the
  /// files were read.
  let doubts: [String]
  /// Whether they were named: then they are what the firmware knows.
  let isGiven: Bool

  /// A file with certificates or revocations.
  struct File {
    let path: String
    let keyring: Keyring
  }

  /// The certificates, each key's once.
  var certificates: [Certificate] { keyring.certificates }

  /// Reads the files named, or all of trusted.d.
  init(files: [String], folders: SystemFolders) throws(Failure) {
    isGiven = !files.isEmpty
    guard isGiven else {
      place = Escaped.text(folders.trusted)
      let folder = try TrustFolder(folders.trusted, isTrusted: true)
      self.files = folder.files
      doubts = folder.doubts
      keyring = try Self.joined(self.files)
      return
    }
    place = files.map(Escaped.text).joined(separator: ", ")
    let named = try files.map { path throws(Failure) in
      File(path: path, keyring: try TrustFile.read(path))
    }
    // It may hold the revocation of what is named.
    let folder = try TrustFolder(folders.trusted, isTrusted: false)
    var keyring = try Self.joined(named)
    let others = try Self.joined(folder.files)
    do throws(OpenPGPError) {
      try keyring.update(from: others)
    } catch {
      throw Self.failure(error)
    }
    self.keyring = keyring
    doubts = folder.doubts
    self.files =
      named
      + folder.files.filter { file in
        keyring.certificates.contains { file.holds($0) || file.revokes($0) }
      }
  }

  /// These and others.
  init(_ first: TrustStore, and second: TrustStore) throws(Failure) {
    files =
      first.files
      + second.files.filter { file in
        !first.files.contains { $0.path == file.path }
      }
    keyring = try Self.joined(files)
    isGiven = first.isGiven && second.isGiven
    doubts = first.doubts + second.doubts.filter { !first.doubts.contains($0) }
    place = [first, second].filter { !$0.certificates.isEmpty }.map(\.place)
      .joined(separator: ", ")
  }

  /// Goes on only if there is at least one.
  func required() throws(Failure) -> TrustStore {
    guard certificates.isEmpty else { return self }
    let unread = files.flatMap { file in
      file.keyring.unread.map { "\(file.name): \($0.reason.words)" }
    }
    throw Failure(
      .wrongUse,
      "no certificate is trusted: \(place) holds none"
        + (unread.isEmpty ? "" : " that can be used (\(unread.joined(separator: "; ")))"),
      next: unread.isEmpty
        ? "Give one with --trusted FILE; latchkey provision puts a dongle's own there."
        : "Make a certificate with an RSA, ECDSA or Ed25519 primary key (latchkey provision, or gpg "
          + "--full-generate-key), and trust that one.")
  }

  /// A certificate that has this key, and the key; of several one by which the key may sign.
  func key(_ fingerprint: [UInt8]) -> (certificate: Certificate, key: CertificateKey)? {
    var found: (certificate: Certificate, key: CertificateKey)?
    for certificate in certificates {
      guard let key = certificate.key(fingerprint) else { continue }
      if certificate.problem(with: key.fingerprint, for: .signing, at: Moment.now) == nil {
        return (certificate, key)
      }
      if found == nil { found = (certificate, key) }
    }
    return found
  }

  /// The files that have a copy of that key's certificate, for people.
  func files(with key: [UInt8]) -> String {
    TrustAdvice(self).files(with: key).joined(separator: ", ")
  }

  /// All that the files say of a certificate, binary, for other programs.
  func bytes(of certificate: Certificate) throws(Failure) -> [UInt8] {
    do throws(OpenPGPError) {
      return try keyring.bytes(of: certificate.fingerprint)
    } catch {
      throw Self.failure(error)
    }
  }

  private static func joined(_ files: [File]) throws(Failure) -> Keyring {
    var keyring = Keyring()
    do throws(OpenPGPError) {
      for file in files { try keyring.merge(file.keyring) }
    } catch {
      throw failure(error)
    }
    return keyring
  }

  private static func failure(_ error: OpenPGPError) -> Failure {
    Failure(
      .system, "the trusted certificates can't be compared: \(error.words)",
      next: "Nothing was done. Remove files that don't belong there.")
  }
}

extension TrustStore.File {
  /// For people.
  var name: String { Escaped.text(path) }

  /// Whether it has a copy of that certificate.
  func holds(_ certificate: Certificate) -> Bool {
    keyring.certificates.contains { $0.primary == certificate.primary }
  }

  /// Whether it revokes that certificate, or one of its subkeys.
  func revokes(_ certificate: Certificate) -> Bool {
    for copy in keyring.certificates where copy.primary == certificate.primary {
      if !copy.revocations.isEmpty || copy.subkeys.contains(where: { !$0.revocations.isEmpty }) {
        return true
      }
    }
    return keyring.revocations.contains { certificate.isRevoked(by: $0) }
  }
}
