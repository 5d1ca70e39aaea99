import BootMedia
import Keyring
import LibCrypto
import OpenPGP

/// A key that lives in the user's gpg, on a card or not, and is in a trusted certificate.
struct GPGSigner {
  /// The key.
  let key: CertificateKey
  private let trust: TrustStore
  private let gpg: GnuPG

  /// Looks at the trusted certificate, then at gpg's keyring.
  init(_ fingerprint: [UInt8], trust: TrustStore) throws(Failure) {
    self.trust = trust
    let digits = Hexadecimal.text(fingerprint)
    guard let found = trust.key(fingerprint) else {
      throw Failure(
        .wrongUse, "the key \(digits) is in no certificate trusted here (\(trust.place))",
        next: TrustAdvice(trust).text(.untrusted(fingerprint))
          ?? "Trust its certificate: gpg --armor --export \(digits) > key.asc, then --trusted key.asc."
      )
    }
    if let problem = found.certificate.problem(with: fingerprint, for: .signing, at: Moment.now) {
      throw Failure(
        .doesNotHold, "the key \(digits) \(problem.words)",
        next: "No firmware should accept its signature. Nothing was done. "
          + (TrustAdvice(trust).text(problem, of: fingerprint) ?? ""))
    }
    key = found.key
    do throws(KeyringError) {
      let home = try GnuPGHome()
      gpg = try GnuPG(home)
      if home.isOfAnother {
        Output.note(
          "gpg runs as \(Escaped.text(home.userName)), whose keyring "
            + "\(Escaped.text(home.folder)) is.")
      }
      let known = try gpg.key(digits)
      if known.secret == .absent { throw .noSecretKey }
    } catch {
      throw Failure(error, key: digits)
    }
  }

  /// For people.
  var name: String { "gpg's key \(Hexadecimal.text(key.fingerprint))" }

  /// An armored detached signature over `data`, which holds.
  func sign(_ data: [UInt8], for purpose: SignaturePurpose) throws(Failure) -> [UInt8] {
    let signature: [UInt8]
    do throws(KeyringError) {
      signature = try gpg.sign(data, by: digits, saying: purpose.notation)
    } catch {
      throw Failure(error, key: digits)
    }
    do throws(SignatureError) {
      return try checked(
        signature,
        DetachedSignature(parsing: signature.span).verify(
          over: data.span, by: trust.certificates, at: Moment.now, for: purpose), for: purpose)
    } catch {
      throw failure(error)
    }
  }

  /// The same over a file. gpg reads it, and then we do, before the signature goes anywhere.
  /// - Parameter sha256: what it was when it was shown.
  func sign(_ file: MediaFile, sha256: [UInt8]) throws(Failure) -> [UInt8] {
    let signature: [UInt8]
    do throws(KeyringError) {
      signature = try gpg.sign(
        descriptor: file.descriptor, by: digits, saying: SignaturePurpose.file.notation)
    } catch {
      throw Failure(error, key: digits)
    }
    let reading = MediaReading()
    reading.verify(signature, by: trust.certificates, at: Moment.now)
    let progress = Progress(
      "Checking what gpg signed of \(Escaped.text(file.path))", size: file.size)
    do throws(MediaError) {
      try reading.compute(.sha256)
      try reading.read(file) { progress.update($0) }
      guard reading.checksum(.sha256) == sha256, !reading.isBootList else {
        throw .changed(file.path)
      }
    } catch {
      throw Failure(error)
    }
    do throws(SignatureError) {
      return try checked(signature, try reading.verdict(), for: .file)
    } catch {
      throw failure(error)
    }
  }

  private var digits: String { Hexadecimal.text(key.fingerprint) }

  /// A signature that holds, if it is that key's; in armor without what gpg may have written around it.
  private func checked(
    _ signature: [UInt8], _ verdict: Verdict, for purpose: SignaturePurpose
  ) throws(SignatureError) -> [UInt8] {
    guard verdict.signer == key.fingerprint else { throw .untrusted(verdict.signer) }
    guard try DetachedSignature(parsing: signature.span).purpose == purpose else {
      throw .madeFor(.other)
    }
    do throws(OpenPGPError) {
      let packet = try Armor.decode(signature.span, as: .signature)
      return Armor.encode(packet.span, as: .signature)
    } catch {
      throw .unreadable(error)
    }
  }

  private func failure(_ error: SignatureError) -> Failure {
    let next =
      switch error {
      case .weakHash:
        "Nothing was written. See personal-digest-preferences and digest-algo in gpg.conf: SHA256 is good."
      case .unknownCritical, .unsignedInformation, .severalSignatures, .madeFor:
        "Nothing was written. See sig-notation and the like in gpg.conf."
      default: "Nothing was written. Look at gpg.conf, and try gpg --detach-sign by itself."
      }
    return Failure(
      .doesNotHold,
      "what gpg made is not a signature that the firmware should take: \(error.words)",
      next: next)
  }
}

extension SignaturePurpose {
  /// As gpg is told to write it.
  fileprivate var notation: SignatureNotation {
    SignatureNotation(name: "\(Self.notationName)", value: notationValue.map { "\($0)" } ?? "")
  }
}
