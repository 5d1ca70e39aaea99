import BootManifest
import OpenPGP

/// What the firmware will say at the next boot, in words and for JSON: each firmware's menu and boot path apart.
struct FirmwareReport: Encodable {
  let firmwares: [Firmware]
  /// `relative`, `absolute`: the way of naming files that the signature was made for; absent if it doesn't
  /// hold either way.
  let names: String?
  /// What can't be seen from here, and what the firmware passes that it should not.
  let notes: [String]

  /// One kind of firmware.
  struct Firmware: Encodable {
    /// `heads`: since 2026-03-31. `heads-older`: before, and PureBoot.
    let firmware: String
    /// Whether it boots without a word, or with no more than a question.
    let accepts: Bool
    /// The menu's check: hashes and names, without the signature.
    let menu: Step
    /// The check on the way to the kernel: the signature, then the same again.
    let boot: Step
    /// The default entry: whether it is started by itself.
    let entry: Step
  }

  /// One step, and what the firmware makes of it.
  struct Step: Encodable {
    /// `accepts`, `asks`, `refuses`, `unchecked`.
    let outcome: String
    /// Why.
    let words: String
    /// What to do; absent if nothing.
    let next: String?

    init(_ outcome: String, _ words: String, next: String? = nil) {
      self.outcome = outcome
      self.words = words
      self.next = next
    }

    /// The lines for people.
    func lines(_ label: String) -> [String] {
      ["  \(label.padded(to: 11))\(outcome): \(words)"]
        + (next.map { ["             \($0)"] } ?? [])
    }
  }

  /// Of a look at a /boot, beside what `latchkey verify` says of it.
  init(
    _ look: FirmwareLook, entry: DefaultEntryLook, _ verdict: BootVerdict, _ verified: BootReport
  ) {
    let signed: Dialect? = Dialect.allCases.first {
      if case .holds = look.signature($0) { true } else { false }
    }
    names = signed.map { $0 == .relative ? "relative" : "absolute" }
    let menu = Self.menu(look)
    firmwares = Dialect.allCases.map { dialect in
      let boot = Self.boot(look, dialect, signed)
      return Firmware(
        firmware: dialect == .relative ? "heads" : "heads-older",
        accepts: menu.outcome == "accepts" && boot.outcome == "accepts", menu: menu, boot: boot,
        entry: entry.step)
    }
    notes = Self.notes(look, signed) + Self.notes(verdict, verified, signed)
  }

  /// Whether the firmware whose way of naming was signed for accepts.
  var accepts: Bool {
    firmwares.contains { firmware in
      firmware.accepts && (names == "relative") == (firmware.firmware == "heads")
    }
  }

  private static func menu(_ look: FirmwareLook) -> Step {
    switch look.lists {
    case .hold: return Step("accepts", "every file and name is as the lists say")
    case .missing(let names):
      return Step(
        "refuses",
        look.relative == .missing
          ? "without kexec.sig no list counts: it offers to make them"
          : "\(text(names)) is missing: it offers to make it",
        next: "If that isn't your doing, make nothing there. If it is: latchkey sign.")
    case .differ(let hashes, let tree):
      var parts: [String] = []
      if !hashes.isEmpty {
        parts.append(text(hashes) + (hashes.count == 1 ? " fails its hash" : " fail their hashes"))
      }
      if tree { parts.append("names were added or are gone") }
      return Step(
        "refuses", parts.joined(separator: "; "),
        next: "latchkey changes says why. If it is yours: latchkey sign.")
    }
  }

  private static func boot(
    _ look: FirmwareLook, _ dialect: Dialect, _ signed: Dialect?
  ) -> Step {
    switch look.signature(dialect) {
    case .missing:
      return Step(
        "unchecked", "there is no signature, and without one it checks nothing there",
        next: "Sign it: latchkey sign.")
    case .refused(let problem):
      guard let signed, signed != dialect else {
        return Step(
          "refuses", "invalid signature: \(problem.words)", next: refusal(problem))
      }
      let name = signed == .relative ? "relative" : "absolute"
      return Step(
        "refuses", "the signature was made for \(name) names, which the other firmware takes",
        next: dialect == .relative
          ? "If this is your firmware: latchkey sign --names relative."
          : "If this is your firmware: latchkey sign --names absolute.")
    case .holds(let problem):
      let signature =
        problem.map { "the signature, though its key \($0.words)" } ?? "the signature"
      switch look.lists {
      case .hold: return Step("accepts", "\(signature), the hashes and the names hold")
      case .differ:
        return Step(
          "refuses", "\(signature) holds, but not the hashes and names",
          next: "latchkey changes says why. If it is yours: latchkey sign.")
      case .missing(let names):
        return Step(
          "unchecked", "without \(text(names)) it checks nothing there",
          next: "If that isn't your doing, don't boot it.")
      }
    }
  }

  private static func refusal(_ problem: SignatureError) -> String {
    switch problem {
    case .untrusted:
      "If the firmware's keyring has that key, give its certificate: --trusted FILE."
    case .key, .expired, .fromTheFuture, .severalSignatures, .trailingBytes, .weakHash,
      .unsignedInformation, .noIssuer, .issuersDiffer, .unknownCritical:
      "The firmware's gpg may take it all the same; latchkey verify doesn't. Sign anew: latchkey sign."
    default: "Don't type a passphrase or PIN on this machine before you know why."
    }
  }

  private static func notes(_ look: FirmwareLook, _ signed: Dialect?) -> [String] {
    var notes = [
      "The firmware's own keyring can't be seen from here: the trusted certificates stand for it."
    ]
    func has(_ name: String) -> Bool { look.names.contains(EscapedName(name)) }
    if has("kexec_rollback.txt") {
      notes.append(
        "kexec_rollback.txt is compared with a counter in the TPM, which can't be seen from here.")
    }
    if has("kexec_primhdl_hash.txt") {
      notes.append(
        "kexec_primhdl_hash.txt is compared with a key in the TPM, which can't be seen from here.")
    }
    if has("kexec_lukshdr_hash.txt") {
      notes.append(
        "kexec_lukshdr_hash.txt is compared with the LUKS headers when the TPM's disk key is used: after "
          + "a change of keyslots the firmware warns and asks for the passphrase until the key is sealed anew."
      )
    }
    if has("kexec_root_hashes.txt") {
      notes.append("kexec_root_hashes.txt is checked by: latchkey verify --root /.")
    }
    if let signed, case .holds(let problem?) = look.signature(signed) {
      notes.append(
        "The key \(problem.words). The firmware passes that; latchkey verify does not.")
    }
    return notes
  }

  /// What the firmware doesn't ask of a signature that it takes: what it was made for, and where.
  private static func notes(
    _ verdict: BootVerdict, _ verified: BootReport, _ signed: Dialect?
  ) -> [String] {
    guard signed != nil else { return [] }
    switch verdict {
    case .refused(.madeFor, _), .otherSystem, .older:
      return [
        "The firmware does not see that \(verified.summary). latchkey verify refuses it. "
          + verified.advice
      ]
    case .signed: return verified.signedOnWords.map { ["It was signed on \($0)."] } ?? []
    default: return []
    }
  }

  private static func text(_ names: [EscapedName]) -> String {
    let shown = names.prefix(10).map(\.description).joined(separator: ", ")
    return names.count > 10 ? shown + " and \(names.count - 10) more" : shown
  }

  /// The lines for people.
  var lines: [String] {
    var lines: [String] = []
    for firmware in firmwares {
      let name =
        firmware.firmware == "heads" ? "Heads since 2026-03-31" : "Older Heads, PureBoot"
      lines.append("\(name): \(firmware.accepts ? "accepts" : "does not accept").")
      lines += firmware.menu.lines("menu")
      lines += firmware.boot.lines("boot")
      lines += firmware.entry.lines("default")
    }
    return lines + notes
  }
}
