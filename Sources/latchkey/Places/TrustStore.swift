import CSystem
import FoundationEssentials
import OpenPGP
import Storage

/// The certificates whose signatures count: from `--trusted`, else from trusted.d. Never one found on
/// /boot.
struct TrustStore {
  let certificates: [Certificate]
  /// Where they came from, for people.
  let place: String
  /// The files they came from, as they are.
  let files: [File]

  /// A file with certificates.
  struct File {
    let path: String
    let bytes: [UInt8]
    let certificates: [Certificate]
  }
  /// Whether they were named: then they are what the firmware knows.
  let isGiven: Bool

  /// Reads the files named, or all of trusted.d.
  init(files: [String], folders: SystemFolders) throws(Failure) {
    isGiven = !files.isEmpty
    if files.isEmpty {
      let folder = folders.trusted
      place = Escaped.text(folder)
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      let paths = names.filter { $0.hasSuffix(".asc") }.sorted().map { folder + "/" + $0 }
      self.files = try Self.read(paths, areOurs: true)
    } else {
      place = files.map(Escaped.text).joined(separator: ", ")
      self.files = try Self.read(files, areOurs: false)
    }
    certificates = self.files.flatMap(\.certificates)
  }

  /// These and others.
  init(_ first: TrustStore, and second: TrustStore) {
    certificates = first.certificates + second.certificates
    files = first.files + second.files
    isGiven = first.isGiven && second.isGiven
    place = [first, second].filter { !$0.certificates.isEmpty }.map(\.place)
      .joined(separator: ", ")
  }

  /// Goes on only if there is at least one.
  func required() throws(Failure) -> TrustStore {
    guard certificates.isEmpty else { return self }
    throw Failure(
      .wrongUse, "no certificate is trusted: \(place) holds none",
      next: "Give one with --trusted FILE; latchkey provision puts a dongle's own there.")
  }

  /// A certificate that has this key, and the key.
  func key(_ fingerprint: [UInt8]) -> (certificate: Certificate, key: CertificateKey)? {
    for certificate in certificates {
      if let key = certificate.key(fingerprint) { return (certificate, key) }
    }
    return nil
  }

  /// - Parameter areOurs: whether the place vouches for them: nobody else may be able to write there.
  private static func read(
    _ paths: [String], areOurs: Bool
  ) throws(Failure) -> [File] {
    var files: [File] = []
    for path in paths {
      let bytes: [UInt8]?
      do throws(StorageError) {
        bytes = try DurableFile.read(path, limit: 1 << 20, isOurs: areOurs)
      } catch {
        throw Failure(error)
      }
      guard let bytes else {
        throw Failure(
          .system, "there is no file \(Escaped.text(path))", next: "Check the path.")
      }
      do throws(OpenPGPError) {
        let keyring = try Keyring(parsing: bytes.span)
        files.append(File(path: path, bytes: bytes, certificates: keyring.certificates))
        for fingerprint in keyring.version6Fingerprints {
          Output.note(
            "\(Escaped.text(path)): skipped the key \(Hexadecimal.text(fingerprint)), which is of"
              + " OpenPGP version 6")
        }
      } catch {
        throw Failure(
          .system, "\(Escaped.text(path)) holds no OpenPGP certificate that can be read",
          next: "Export it again: gpg --armor --export KEY.")
      }
    }
    return files
  }
}
