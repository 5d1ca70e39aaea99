import Keyring
import OpenPGP
import OpenPGPCard

/// What gpg's keyring has of a dongle, in words and for JSON.
struct KeyringReport: Encodable {
  let dongle: String
  /// The keyring's folder.
  let keyring: String
  /// The user it belongs to.
  let user: String
  /// The dongle's certificate.
  let certificate: String
  /// The dongle's keys.
  let keys: [Key]
  /// What is missing, old or different: sentences.
  let problems: [String]
  /// What to do about it.
  let advice: String

  /// One key.
  struct Key: Encodable {
    /// `signature`, `decryption`, `authentication`.
    let slot: String
    let fingerprint: String
    let state: State
    /// The card that gpg's stub names.
    let card: String?
    /// ISO 8601, UTC; none for never.
    let expires: String?
    /// The same in the trusted certificate.
    let expiresHere: String?
    var problem: String?
  }

  /// Where gpg thinks a key's secret half is.
  enum State: String, Encodable {
    /// Not even the public half is there.
    case unknown
    /// Only the public half.
    case noStub
    /// On this dongle.
    case stub
    /// On another one.
    case otherCard
    /// In gpg itself.
    case stored
  }

  /// Asks gpg.
  init(_ place: DongleInKeyring) throws(Failure) {
    let now = Moment.now
    dongle = place.dongle.serial
    keyring = Escaped.text(place.gpg.home.folder)
    user = Escaped.text(place.gpg.home.userName)
    certificate = Hexadecimal.text(place.certificate.fingerprint)
    let theirs = try Self.certificateInKeyring(place)
    var keys: [Key] = []
    for (slot, fingerprint) in DongleInKeyring.keys(of: place.dongle) {
      keys.append(try Self.key(slot, fingerprint, place, theirs, now))
    }
    self.keys = keys
    var problems = keys.compactMap(\.problem)
    if let theirs {
      let isRevoked = !theirs.revocations.isEmpty
      if isRevoked != !place.certificate.revocations.isEmpty {
        problems.append(
          isRevoked
            ? "gpg says that the certificate is revoked; the one trusted here doesn't say so."
            : "The certificate trusted here is revoked; gpg doesn't know that.")
      }
    }
    self.problems = problems
    advice =
      problems.isEmpty
      ? "gpg is ready to use it."
      : keys.contains { $0.isNewerInKeyring }
        ? "Trust what gpg has: gpg --armor --export \(certificate), in place of the file in trusted.d."
        : keys.allSatisfy { $0.state == .stored || $0.problem == nil } && theirs != nil
          && keys.contains { $0.state == .stored }
          ? "If the key shall be on the dongle only, delete it in gpg: gpg --delete-secret-keys, then "
            + "latchkey keyring import."
          : "Put it right: latchkey keyring import, as the same user."
  }

  private static func certificateInKeyring(
    _ place: DongleInKeyring
  ) throws(Failure) -> Certificate? {
    do throws(KeyringError) {
      let bytes = try place.gpg.exportCertificate(Hexadecimal.text(place.certificate.fingerprint))
      guard !bytes.isEmpty else { return nil }
      return try? Certificate(parsing: bytes.span)
    } catch .noKey {
      return nil
    } catch {
      throw Failure(error, key: Hexadecimal.text(place.certificate.fingerprint))
    }
  }

  private static func key(
    _ slot: KeySlot, _ fingerprint: [UInt8], _ place: DongleInKeyring, _ theirs: Certificate?,
    _ now: UInt32
  ) throws(Failure) -> Key {
    let digits = Hexadecimal.text(fingerprint)
    let ours = place.certificate.expiryTime(of: fingerprint, at: now)
    // By the same rules: a subkey is over when its primary key is.
    let expiry = theirs?.expiryTime(of: fingerprint, at: now)
    let known: GnuPGKey?
    do throws(KeyringError) {
      known = try place.gpg.key(digits)
    } catch .noKey {
      known = nil
    } catch {
      throw Failure(error, key: digits)
    }
    var key = Key(
      slot: slot.words, fingerprint: digits, state: State(known, place.dongle.serial),
      card: { if case .card(let card)? = known?.secret { Escaped.text(card) } else { nil } }(),
      expires: expiry.map(Moment.text), expiresHere: ours.map(Moment.text), problem: nil)
    // What both say together: the newer signature counts.
    var merged = place.certificate
    if let theirs { merged.merge(theirs) }
    key.problem = problem(
      key, isSame: expiry == ours, isOlder: merged.expiryTime(of: fingerprint, at: now) == ours)
    return key
  }

  /// - Parameter isOlder: whether gpg's certificate is the older one, where expiries differ.
  private static func problem(
    _ key: Key, isSame: Bool, isOlder: Bool
  ) -> String? {
    let name = "The \(key.slot) key"
    switch key.state {
    case .unknown: return "\(name) \(key.fingerprint) is missing in gpg."
    case .noStub: return "\(name) has no stub: gpg doesn't know that it is on the dongle."
    case .otherCard: return "\(name) has a stub for another dongle, \(key.card ?? "")."
    case .stored: return "\(name) is in gpg itself as well, not only on the dongle."
    case .stub: break
    }
    guard !isSame else { return nil }
    let words =
      "by gpg's: \(key.expires ?? "never"); by the one trusted here: \(key.expiresHere ?? "never")"
    return isOlder
      ? "gpg has an older certificate. \(name) expires, \(words)."
      : "gpg has a newer certificate. \(name) expires, \(words)."
  }

  /// The lines for people.
  var lines: [String] {
    ["gpg's keyring of \(user), \(keyring):", "  certificate    \(certificate)"]
      + keys.map { key in
        "  " + key.slot.padded(to: 15) + key.state.words
          + (key.card.map { " \($0)" } ?? "") + (key.expires.map { ", expires \($0)" } ?? "")
      } + problems
  }
}

extension KeyringReport.Key {
  /// Whether gpg's certificate is newer than the trusted one.
  fileprivate var isNewerInKeyring: Bool { problem?.hasPrefix("gpg has a newer") ?? false }
}

extension KeyringReport.State {
  /// Of what gpg knows of a key on the dongle of that serial.
  fileprivate init(_ known: GnuPGKey?, _ serial: String) {
    switch known?.secret {
    case nil: self = .unknown
    case .absent: self = .noStub
    case .stored: self = .stored
    case .card(let card): self = card == serial ? .stub : .otherCard
    }
  }

  /// In words.
  fileprivate var words: String {
    switch self {
    case .unknown: "missing"
    case .noStub: "public half only"
    case .stub: "on the dongle"
    case .otherCard: "on the dongle"
    case .stored: "in gpg itself"
    }
  }
}
