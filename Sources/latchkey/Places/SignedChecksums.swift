import BootManifest
import BootMedia
import OpenPGP

/// A distribution's list of checksums whose signature holds.
struct SignedChecksums {
  /// For people.
  let place: String
  let list: ChecksumList
  let signer: Verdict

  /// What a list may be called whose signature lies beside it: Debian's, Ubuntu's, and others'.
  private static let endings = [".sign", ".gpg", ".asc", ".sig"]

  /// Reads the list that the options name, with its signature; nil where they name none.
  init?(_ options: MediaOptions, trust: TrustStore) throws(Failure) {
    guard let path = options.checksums else { return nil }
    place = Escaped.text(path)
    let bytes = try DataFile.read(path, limit: 8 << 20)
    guard !SignedListForm.appears(in: bytes.span) else {
      throw Failure(
        .doesNotHold, "\(place) has the form of a /boot's signed list, not of a distribution's",
        next: "A signature of /boot says nothing of files. Get the list from the distribution.")
    }
    if CleartextMessage.begins(bytes.span) {
      guard options.checksumsSignature == nil else {
        throw Failure(
          .wrongUse, "\(place) bears its signature in itself",
          next: "Leave out --checksums-signature.")
      }
      (list, signer) = try Self.cleartext(bytes, place, trust)
    } else {
      let (signature, name) = try Self.signature(options.checksumsSignature, of: path)
      do throws(SignatureError) {
        signer = try DetachedSignature(parsing: signature.span)
          .verify(over: bytes.span, by: trust.certificates, at: Moment.now, for: .file)
      } catch {
        throw Self.failure(error, name, place, trust)
      }
      do throws(ChecksumList.Fault) {
        list = try ChecksumList(parsing: bytes)
      } catch {
        throw Failure(error, in: place)
      }
    }
  }

  private static func cleartext(
    _ bytes: [UInt8], _ place: String, _ trust: TrustStore
  ) throws(Failure) -> (ChecksumList, Verdict) {
    let message: CleartextMessage
    do throws(CleartextMessage.Fault) {
      message = try CleartextMessage(parsing: bytes.span)
    } catch .signature(let problem) {
      throw failure(problem, place, place, trust)
    } catch {
      throw Failure(error, in: place)
    }
    let signer: Verdict
    do throws(SignatureError) {
      signer = try message.verify(by: trust.certificates, at: Moment.now, for: .file)
    } catch {
      throw failure(error, place, place, trust)
    }
    do throws(ChecksumList.Fault) {
      return (try ChecksumList(lines: message.lines), signer)
    } catch {
      throw Failure(error, in: place)
    }
  }

  /// The list's detached signature, and what to call it.
  private static func signature(
    _ named: String?, of list: String
  ) throws(Failure) -> ([UInt8], String) {
    let paths = named.map { [$0] } ?? endings.map { list + $0 }
    for path in paths where named != nil || FileName.exists(path) {
      return (try DataFile.read(path, limit: 1 << 16), Escaped.text(path))
    }
    throw Failure(
      .doesNotHold,
      "\(Escaped.text(list)) is not signed: it holds no signature, and there is none "
        + "beside it (\(endings.joined(separator: ", ")))",
      next:
        "Nobody vouches for its checksums. Fetch the signature from where the list came from, and "
        + "name it with --checksums-signature.")
  }

  private static func failure(
    _ error: SignatureError, _ signature: String, _ list: String, _ trust: TrustStore
  ) -> Failure {
    switch error {
    case .untrusted(let key):
      Failure(
        .doesNotHold,
        "\(list) was signed with the key \(Hexadecimal.text(key)), which is not in \(trust.place): there "
          + (trust.certificates.isEmpty
            ? "is none" : "is " + Self.names(trust).joined(separator: ", ")),
        next: (TrustAdvice(trust).text(error).map { $0 + " " } ?? "")
          + "Distributions change their keys now and then. Get the certificate of this release's key, "
          + "compare its fingerprint with what the distribution publishes elsewhere, and give it with "
          + "--trusted.")
    case .key(let key, .expired(let time)):
      Failure(
        .doesNotHold,
        "the key \(Hexadecimal.text(key))\(Self.name(of: key, trust)), which signed \(list), expired "
          + "on \(Moment.text(time))",
        next:
          "\(trust.files(with: key)) may be an old copy: distributions extend their keys, so get the "
          + "certificate again, and compare its fingerprint. If the distribution has another key now, take "
          + "its newer release.")
    case .key(let key, let problem):
      Failure(
        .doesNotHold,
        "the key \(Hexadecimal.text(key))\(Self.name(of: key, trust)), which signed \(list), "
          + problem.words,
        next: (TrustAdvice(trust).revocationPlace(problem, of: key).map { $0 + " " } ?? "")
          + "Don't use what it signed before you know why. Has the distribution another key now?")
    case .bad:
      Failure(
        .doesNotHold, "the signature of \(list) does not hold: \(list) or \(signature) was changed",
        next: "Don't use the file. Get list and signature anew, over another way if you can.")
    default:
      Failure(
        .doesNotHold, "the signature of \(list) in \(signature) does not hold: \(error.words)",
        next: "Get both anew from the distribution.")
    }
  }

  /// The certificates, each with its user id.
  private static func names(_ trust: TrustStore) -> [String] {
    trust.certificates.map { Hexadecimal.text($0.fingerprint) + name(of: $0.fingerprint, trust) }
  }

  private static func name(of key: [UInt8], _ trust: TrustStore) -> String {
    guard let certificate = trust.key(key)?.certificate,
      let userID = certificate.userID(at: Moment.now) ?? certificate.userIDs.first
    else { return "" }
    return " (\(Escaped.name(userID.bytes)))"
  }
}
