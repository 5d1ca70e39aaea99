import BootMedia
import LibCrypto
import OpenPGP

/// What came of signing or verifying files, in words and for JSON.
struct MediaReport: Encodable {
  var files: [File] = []

  /// One file.
  struct File: Encodable {
    let path: String
    /// Bytes.
    let size: Int
    /// In upper case hexadecimal digits.
    let sha256: String
    /// `good`, `refused`, `unsigned`.
    let verdict: String
    /// The signature's path; none if it is unsigned.
    let signature: String?
    let signer: String?
    let signingKey: String?
    /// The files that the signer's certificate is in.
    let trustedBy: [String]?
    /// ISO 8601, UTC.
    let signedAt: String?
    /// Why a signature is refused.
    let problem: String?
    /// What to do about the key that signed, where that is why.
    let keyAdvice: String?
    /// What the distribution's list says; none if none was asked.
    var checksums: Checksums?
  }

  /// What a signed list says of a file.
  struct Checksums: Encodable {
    let list: String
    /// Who signed the list.
    let signer: String
    let signedAt: String
    /// Whether the file is what the list says.
    let holds: Bool
    /// The functions that were compared.
    let functions: [String]
    /// Why it doesn't hold: a sentence's end behind the file's name.
    let problem: String?
    /// What to do then.
    let advice: String?
  }
}

extension MediaReport.File {
  /// - Parameter verdict: of the signature at `signature`; nil where there is none.
  init(
    _ file: MediaFile, _ reading: MediaReading, signature: String?,
    _ verdict: Result<Verdict, SignatureError>?, _ checksums: MediaReport.Checksums?,
    _ trust: TrustStore
  ) {
    let advice = TrustAdvice(trust)
    if case .failure(let error)? = verdict {
      keyAdvice = advice.text(error)
    } else {
      keyAdvice = nil
    }
    path = Escaped.text(file.path)
    size = file.size
    sha256 = Hexadecimal.text(reading.checksum(.sha256))
    self.checksums = checksums
    self.signature = signature.map(Escaped.text)
    switch verdict {
    case .success where reading.isBootList:
      self.verdict = "refused"
      (signer, signingKey, trustedBy, signedAt) = (nil, nil, nil, nil)
      problem = "its content is a /boot's signed list, and the signature counts for that /boot only"
    case nil:
      self.verdict = "unsigned"
      (signer, signingKey, trustedBy, signedAt, problem) = (nil, nil, nil, nil, nil)
    case .failure(let error):
      self.verdict = "refused"
      (signer, signingKey, trustedBy, signedAt) = (nil, nil, nil, nil)
      problem = error == .bad ? "the file, or the signature itself, was changed" : error.words
    case .success(let by):
      self.verdict = "good"
      signer = Hexadecimal.text(by.primary)
      signingKey = Hexadecimal.text(by.signer)
      trustedBy = advice.files(with: by.signer)
      signedAt = Moment.text(by.creationTime)
      problem = nil
    }
  }

  /// Whether all holds that was asked: a file whose list was named needs no signature of its own.
  var holds: Bool {
    verdict == "good" && checksums?.holds != false
      || verdict == "unsigned" && checksums?.holds == true
  }

  /// The lines for people, the verdict first.
  var lines: [String] {
    var lines: [String] = []
    switch verdict {
    case "good":
      lines.append("\(path) is as it was signed.")
      lines.append("  signature  \(signature ?? "")")
      lines.append("  signed by  \(signer ?? "")")
      if let signingKey, signingKey != signer { lines.append("  with key   \(signingKey)") }
      lines.append("  on         \(signedAt ?? "")")
      if let trustedBy, !trustedBy.isEmpty {
        lines.append("  trusted by \(trustedBy.joined(separator: ", "))")
      }
    case "refused":
      lines.append("The signature of \(path) does not hold: \(problem ?? "").")
      lines.append("  signature  \(signature ?? "")")
    default:
      lines.append(
        checksums?.holds == true
          ? "\(path) is what the distribution released. It has no signature of its own."
          : "\(path) is not signed: there is no \(path).sig and no \(path).asc.")
    }
    lines.append("  SHA-256    \(sha256)")
    lines.append("  size       \(Progress.text(size))")
    return lines + (checksums?.lines ?? [])
  }

  /// What to do where it doesn't hold.
  var advice: String {
    if let advice = checksums?.advice { return advice }
    if verdict == "unsigned" {
      return
        "Sign it, if you trust it: latchkey sign \(path). Check the distribution's list on the way "
        + "with --checksums."
    }
    return (keyAdvice.map { $0 + " " } ?? "") + "Don't boot \(path) before you know why."
  }
}

extension MediaReport.Checksums {
  /// Compares what was read with what the list says.
  init(
    _ list: SignedChecksums, _ listed: Result<ListedFile, ListedFile.Fault>, _ reading: MediaReading
  ) {
    self.list = list.place
    signer = Hexadecimal.text(list.signer.primary)
    signedAt = Moment.text(list.signer.creationTime)
    switch listed {
    case .failure(let fault):
      holds = false
      functions = []
      problem = "\(list.place) \(fault.words)"
      advice = fault.advice
    case .success(let file):
      let wrong = file.checksums.filter { reading.checksum($0.algorithm) != $0.digest }
      holds = wrong.isEmpty
      functions = file.checksums.map { $0.algorithm.words }
      problem = wrong.first.map {
        "its \($0.algorithm.words) is not the one in line \($0.line) of \(list.place)"
      }
      advice =
        wrong.isEmpty ? nil : "Don't use it: it is not what the distribution released. Get it anew."
    }
  }

  /// The lines for people.
  var lines: [String] {
    [
      holds
        ? "  as listed  in \(list), by \(functions.joined(separator: " and "))"
        : "  NOT as listed: \(problem ?? "")",
      "  list by    \(signer), \(signedAt)",
    ]
  }
}

extension HashAlgorithm {
  /// As people write it.
  var words: String {
    switch self {
    case .sha1: "SHA-1"
    case .sha256: "SHA-256"
    case .sha384: "SHA-384"
    case .sha512: "SHA-512"
    }
  }
}
