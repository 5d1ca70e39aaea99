import CSystem
import FoundationEssentials
import OpenPGP
import Storage
import Synchronization

/// The files of trusted.d: one that can't be used is named and passed over, and the others count.
struct TrustFolder {
  private(set) var files: [TrustStore.File] = []
  /// What could not be used, and may have revoked a key: sentences.
  private(set) var doubts: [String] = []
  /// What else is there and has no effect.
  private var remarks: [String] = []

  /// The ends of names that are read: certificates, and revocations as gpg names them.
  private static let endings = [".asc", ".gpg", ".pgp", ".rev"]

  private static let shown = Mutex<Set<String>>([])

  /// Reads the folder; one that isn't there is empty. Says what could not be used, once a run.
  /// - Parameter isTrusted: whether its certificates will be trusted: then a file that others can write is an
  ///   error. Else only what it says of others is of interest.
  init(_ folder: String, isTrusted: Bool) throws(Failure) {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      // Safe: access(2) reads the path alone.
      guard unsafe access(folder, F_OK) == 0 || system_errno() != ENOENT else { return }
      let failure = Failure(StorageError("open", folder, code: system_errno()))
      guard !isTrusted else { throw failure }
      doubts = ["\(failure.what): what it says of revoked keys is not known."]
      show()
      return
    }
    for name in names.sorted() where !name.hasPrefix(".") {
      try add(folder + "/" + name, isTrusted: isTrusted)
    }
    for file in files { add(remarksOn: file) }
    show()
  }

  private mutating func add(_ path: String, isTrusted: Bool) throws(Failure) {
    let name = Escaped.text(path)
    let isRead = Self.endings.contains { path.lowercased().hasSuffix($0) }
    guard isRead else {
      remarks.append(
        "\(name) is not read: its name ends in none of \(Self.endings.joined(separator: ", ")).")
      return
    }
    do throws(TrustFile.Fault) {
      files.append(
        TrustStore.File(path: path, keyring: try TrustFile.keyring(of: path, areOurs: true)))
    } catch .storage(let error) where error.code == StorageError.writableByOthers && isTrusted {
      throw Failure(error)
    } catch {
      doubts.append(
        "\(name) is not used: \(error.words). If it revokes a key, that does not count. \(error.next)"
      )
    }
  }

  /// What is in a file that can be read, and has no effect.
  private mutating func add(remarksOn file: TrustStore.File) {
    for fingerprint in file.keyring.version6Fingerprints {
      remarks.append(
        "\(file.name): skipped the key \(Hexadecimal.text(fingerprint)), which is of OpenPGP version 6."
      )
    }
    for certificate in file.keyring.unread where !certificate.fingerprints.isEmpty {
      remarks.append(
        "\(file.name): the certificate \(Hexadecimal.text(certificate.fingerprints[0])) is not used: "
          + certificate.reason.words + ".")
    }
    guard file.keyring.certificates.isEmpty else { return }
    let all = files.flatMap(\.keyring.certificates)
    for revocation in file.keyring.revocations
    where !all.contains(where: { $0.isRevoked(by: revocation) }) {
      let issuers = revocation.namedIssuers.map(Hexadecimal.text).joined(separator: ", ")
      doubts.append(
        "\(file.name) revokes nothing here: it holds a revocation"
          + (issuers.isEmpty ? "" : " that names the key \(issuers)")
          + " and fits no trusted certificate.")
    }
  }

  /// Once a run, however often the folder is read.
  private func show() {
    for line in doubts + remarks {
      let isNew = Self.shown.withLock { shown in shown.insert(line).inserted }
      if isNew { Output.note("latchkey: \(line)") }
    }
  }
}

/// A file with certificates or revocations.
enum TrustFile {
  /// Why one can't be used.
  enum Fault: Error {
    case storage(StorageError)
    case absent
    case content(OpenPGPError)
  }

  /// What it holds.
  /// - Parameter areOurs: whether the place vouches for it: nobody else may be able to write there.
  static func keyring(of path: String, areOurs: Bool) throws(Fault) -> Keyring {
    let bytes: [UInt8]?
    do throws(StorageError) {
      bytes = try DurableFile.read(path, limit: 1 << 20, isOurs: areOurs)
    } catch {
      throw .storage(error)
    }
    guard let bytes else { throw .absent }
    do throws(OpenPGPError) {
      return try Keyring(parsing: bytes.span)
    } catch {
      throw .content(error)
    }
  }

  /// What a file that was named holds.
  static func read(_ path: String) throws(Failure) -> Keyring {
    let name = Escaped.text(path)
    do throws(Fault) {
      let keyring = try keyring(of: path, areOurs: false)
      for fingerprint in keyring.version6Fingerprints {
        Output.note(
          "\(name): skipped the key \(Hexadecimal.text(fingerprint)), which is of OpenPGP version 6"
        )
      }
      return keyring
    } catch .storage(let error) {
      throw Failure(error)
    } catch .absent {
      throw Failure(.system, "there is no file \(name)", next: "Check the path.")
    } catch {
      throw Failure(
        .system, "\(name) holds no OpenPGP certificate that can be read: \(error.words)",
        next: error.next)
    }
  }
}

extension TrustFile.Fault {
  /// In words, behind the file's name.
  var words: String {
    switch self {
    case .storage(let error) where error.code == StorageError.writableByOthers:
      "others than root and you can write it"
    case .storage(let error) where error.code == EFBIG: "it is larger than 1 MiB"
    case .storage(let error) where error.code == EINVAL: "it is no regular file"
    case .storage(let error): "it can't be read (\(SystemError(error.code)))"
    case .absent: "it is a link to a file that isn't there"
    case .content(let error): error.words
    }
  }

  /// What to do.
  var next: String {
    switch self {
    case .content(.guardedArmor):
      "Remove the colon if the key is to be revoked now, else keep the file elsewhere."
    case .content(.wrongArmor), .content(.unexpectedPacket(tag: 5)):
      "Put the public certificate there instead (gpg --armor --export KEY), and no secret key."
    case .content, .absent:
      "Export it again (gpg --armor --export KEY), or remove it."
    case .storage: "Put it right, or remove it."
    }
  }
}
