import BootManifest
import OpenPGP

/// What verifying /boot came to, in words and for JSON.
struct BootReport: Encodable {
  /// `good`, `changed`, `unsigned`, `refused`, `malformed`, `older`, `otherSystem`.
  let verdict: String
  /// The sentence for people.
  let summary: String
  let signer: String?
  let signingKey: String?
  /// The files that the signer's certificate is in.
  let trustedBy: [String]?
  /// ISO 8601, UTC.
  let signedAt: String?
  /// SHA-256 of the signed list.
  let manifest: String?
  /// `relative` or `absolute`.
  let names: String?
  /// Whether links and modes were compared with what was signed: `compared`, `notComparedSignedByFirmware`,
  /// `notComparedNoRecord`; nil where no set held.
  let linksAndModes: String?
  /// The system on which Latchkey signed the set last; nil where the set names none.
  let signedOn: System?
  /// All systems that the set is for.
  let systems: [System]
  /// What an interrupted signing left; nil if nothing.
  var waiting: Waiting?
  let changes: [Change]
  /// What to do about the key that signed, where that is why the signature does not hold.
  let keyAdvice: String?

  /// A system by its id in `kexec_latchkey.txt`.
  struct System: Encodable {
    /// 32 lower-case hexadecimal digits.
    let id: String
    let name: String?
    /// Whether it is this one; nil where this system's id isn't known.
    let isThis: Bool?

    init(_ system: SignedSystem, own: [UInt8]?) {
      id = Hexadecimal.text(system.id).lowercased()
      name = system.name?.description
      isThis = own.map { $0 == system.id }
    }

    /// For people.
    var words: String { "\(name ?? "a system without a name") (id \(id))" }
  }

  /// Files of a signing that was cut short.
  enum Waiting: String, Encodable {
    /// With them there is a set that a trusted key signed, for /boot as it is.
    case wholeSet
    /// They make no such set, or none is needed.
    case leftovers
  }

  /// One difference.
  struct Change: Encodable {
    let path: String
    /// `added`, `changed`, `deleted`, `retargeted`, `replaced`, `mode`.
    let kind: String
    let from: String?
    let to: String?
  }

  /// Of a verdict about the /boot at `path`, by the certificates trusted.
  /// - Parameter system: this system's id, if it is known.
  init(
    _ verdict: BootVerdict, at path: String, _ trust: TrustStore, system: [UInt8]? = nil
  ) {
    let place = Escaped.text(path)
    let by = verdict.signedBy
    signer = by.map { Hexadecimal.text($0.certificate) }
    signingKey = by.map { Hexadecimal.text($0.key) }
    signedAt = by.map { Moment.text($0.time) }
    let advice = TrustAdvice(trust)
    trustedBy = by.map { advice.files(with: $0.key) }
    if case .refused(let problem, _) = verdict {
      keyAdvice = advice.text(problem)
    } else {
      keyAdvice = nil
    }
    manifest = by.map { Hexadecimal.text($0.digest) }
    names = by.map { $0.dialect == .relative ? "relative" : "absolute" }
    let systems = by?.systems.map { System($0, own: system) } ?? []
    self.systems = systems
    signedOn = systems.first
    var linksAndModes: String?
    var changes: [Change] = []
    switch verdict {
    case .unsigned(let missing):
      self.verdict = "unsigned"
      summary =
        "\(place) is not signed: \(missing.map(\.description).joined(separator: ", ")) "
        + (missing.count == 1 ? "is missing" : "are missing")
    case .refused(let problem, let added):
      self.verdict = "refused"
      var text = "the signature of \(place) does not hold: \(problem.words)"
      if !added.isEmpty {
        text +=
          "; added since it was signed: \(added.map(\.description).joined(separator: ", "))"
      }
      summary = text
    case .malformed(_, let error):
      self.verdict = "malformed"
      summary =
        "\(place) is signed, but \(error.file) is not a list (entry \(error.entry): \(error.problem.words))"
    case .older(_, let remembered):
      self.verdict = "older"
      summary =
        "\(place) bears an older signed set that was put back: "
        + "one of \(Moment.text(remembered)) was accepted here before"
    case .otherSystem:
      self.verdict = "otherSystem"
      summary =
        systems.first.map {
          "\(place) bears a set that was signed on \($0.words), not for this system"
        } ?? "\(place) bears a set that does not say which system it is for, as the one before did"
    case .signed(_, let types, let differences):
      changes = differences.map(Change.init)
      linksAndModes = types.words
      self.verdict = differences.isEmpty ? "good" : "changed"
      summary =
        differences.isEmpty
        ? "\(place) is as it was signed"
        : "\(place) is not as it was signed: \(differences.count) "
          + (differences.count == 1 ? "difference" : "differences")
    }
    self.linksAndModes = linksAndModes
    self.changes = changes
  }

  /// What to do about a verdict that isn't good.
  var advice: String {
    if waiting == .wholeSet {
      return "A signing was cut short. Run latchkey sign again: it ends it."
    }
    return switch verdict {
    case "otherSystem" where signedOn == nil:
      "If you signed it in the firmware after its settings were reset, or with an older Latchkey, see that all "
        + "in it is yours and sign it again: latchkey sign. If not, don't boot it."
    case "otherSystem":
      "If that system and this one share this /boot, see that all in it is yours and sign it again: "
        + "latchkey sign. If not, don't boot it."
    case "unsigned":
      "If it was never signed, sign it: latchkey sign. If it was, don't type a passphrase or PIN on "
        + "this machine before you know why."
    case "refused", "malformed":
      (keyAdvice.map { $0 + " " } ?? "")
        + "Don't type a passphrase or PIN on this machine before you know why."
    case "older":
      "If you put it back yourself, sign it again: latchkey sign. If not, don't boot it."
    default: "If the change is yours, sign it: latchkey sign. If not, don't boot it."
    }
  }

  /// The lines for people, the verdict first.
  var lines: [String] {
    head + changes.map { "  " + $0.line } + (waitingWords.map { [$0] } ?? [])
  }

  /// The lines without the differences.
  var head: [String] {
    var lines = [summary + "."]
    if let signer, let signedAt {
      lines.append("  signed by  \(signer)")
      if let signingKey, signingKey != signer { lines.append("  with key   \(signingKey)") }
      lines.append("  on         \(signedAt)")
      if let trustedBy, !trustedBy.isEmpty {
        lines.append("  trusted by \(trustedBy.joined(separator: ", "))")
      }
    }
    if let signedOnWords { lines.append("  signed on  \(signedOnWords)") }
    if let manifest { lines.append("  manifest   \(manifest)") }
    switch linksAndModes {
    case TypeRecord.stale.words:
      lines.append("  signed by the firmware since: links and modes were not compared")
    case TypeRecord.absent.words:
      lines.append("  links and modes were not compared: the set has no record of them")
    default: break
    }
    return lines
  }

  /// Where the set was signed, behind "signed on"; nil where it doesn't say.
  var signedOnWords: String? {
    guard let signedOn else { return nil }
    if signedOn.isThis == true { return signedOn.words + ", this system" }
    if systems.contains(where: { $0.isThis == true }) {
      return signedOn.words + ", which shares this /boot"
    }
    return signedOn.isThis == nil ? signedOn.words : signedOn.words + ", another system"
  }

  /// What is there of an interrupted signing, as a sentence; nil if nothing.
  var waitingWords: String? {
    switch waiting {
    case nil: nil
    case .wholeSet: "A signing was cut short: latchkey sign ends it."
    case .leftovers: "There are leftovers of an interrupted signing: latchkey sign removes them."
    }
  }
}

extension TypeRecord {
  /// For JSON.
  fileprivate var words: String {
    switch self {
    case .present: "compared"
    case .stale: "notComparedSignedByFirmware"
    case .absent: "notComparedNoRecord"
    }
  }
}

extension BootReport.Change {
  init(_ change: BootChange) {
    path = change.name.description
    switch change.kind {
    case .added(let type):
      kind = "added"
      from = nil
      to = "\(type)"
    case .changed:
      kind = "changed"
      from = nil
      to = nil
    case .deleted:
      kind = "deleted"
      from = nil
      to = nil
    case .retargeted(let old, let new):
      kind = "retargeted"
      from = old.description
      to = new.description
    case .replaced(let old, let new):
      kind = "replaced"
      from = old.map { "\($0)" }
      to = "\(new)"
    case .mode(let old, let new):
      kind = "mode"
      from = String(old, radix: 8)
      to = new.map { String($0, radix: 8) }
    }
  }

  /// One line for people.
  var line: String {
    let label = kind.padded(to: 11)
    switch kind {
    case "retargeted": return "\(label)\(path): \(from ?? "?") is now \(to ?? "?")"
    case "replaced": return "\(label)\(path): \(from ?? "something else") is now a \(to ?? "?")"
    case "mode": return "\(label)\(path): \(from ?? "?") is now \(to ?? "none")"
    case "added": return "\(label)\(path)" + (to == "file" ? "" : " (\(to ?? ""))")
    default: return label + path
    }
  }
}

extension SignatureError {
  /// In words.
  var words: String {
    switch self {
    case .unreadable: "it can't be read as a signature"
    case .severalSignatures: "there is more than one"
    case .trailingBytes: "something else stands beside it"
    case .wrongType: "it is not one over bytes as they are"
    case .weakHash: "it was made with a hash that doesn't hold any more"
    case .noIssuer: "it doesn't say who made it"
    case .issuersDiffer: "it contradicts itself on who made it"
    case .noCreationTime: "it doesn't say when it was made"
    case .madeFor(.file): "it was made for a file, and does not count for /boot"
    case .madeFor(.boot): "it was made for /boot, and does not count for a file"
    case .madeFor(.other): "it was made for something that this Latchkey does not know"
    case .unknownCritical: "it demands something that isn't understood"
    case .unsignedInformation: "it says things that aren't signed"
    case .untrusted(let key): "it was made by a key that isn't trusted, \(Hexadecimal.text(key))"
    case .key(let key, let problem): "its key \(Hexadecimal.text(key)) \(problem.words)"
    case .fromTheFuture(let time): "it was made later than now, on \(Moment.text(time))"
    case .olderThanItsKey: "it was made before its key"
    case .expired(let time): "it expired on \(Moment.text(time))"
    case .bad: "a list, or the signature itself, was changed since it was made"
    case .crypto: "libcrypto failed"
    }
  }
}
