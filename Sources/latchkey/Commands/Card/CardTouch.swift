import ArgumentParser
import OpenPGPCard

/// `latchkey card touch`
struct CardTouch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "touch", abstract: "When the dongle must be touched: shown, or set for a key.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "signature, decryption or authentication; without it, all are shown.")
  var key: SlotArgument?
  @Argument(
    help: ArgumentHelp(
      "off, on, fixed, cached or cached-fixed. The fixed ones stay until a reset; cached ones "
        + "(Yubikeys) hold for 15 seconds."))
  var policy: Policy?
  @OptionGroup var adminPIN: AdminPINOptions

  /// The policies, as a person names them.
  enum Policy: String, ExpressibleByArgument, CaseIterable {
    case off
    case on
    case fixed
    case cached
    case cachedFixed = "cached-fixed"

    var policy: TouchPolicy {
      switch self {
      case .off: .off
      case .on: .on
      case .fixed: .fixed
      case .cached: .cached
      case .cachedFixed: .cachedFixed
      }
    }
  }

  func run() throws {
    let managed = try ManagedDongle(options)
    if let key, let policy { try set(managed, key.slot, policy) }
    let rows = try managed.read { (card) throws(CardError) in
      KeySlot.allCases.map { slot in
        Row(slot: slot.words, touch: card.application.touchPolicy(of: slot)?.words)
      }
    }
    if options.json { return try Output.document("card touch", rows) }
    for row in rows {
      Output.result("  " + row.slot.padded(to: 16) + (row.touch ?? "the dongle doesn't say"))
    }
  }

  private struct Row: Encodable {
    let slot: String
    let touch: String?
  }

  private func set(
    _ managed: ManagedDongle, _ slot: KeySlot, _ policy: Policy
  ) throws(Failure) {
    guard let now = managed.application.touchPolicy(of: slot) else {
      throw Failure(
        .dongleRefuses, "\(managed.name) has no button that a key could wait for",
        next: "Nothing was changed.")
    }
    guard !now.isFixed || now == policy.policy else {
      throw Failure(
        .dongleRefuses, "the touch policy of that key is fixed on \(managed.name)",
        next: "Only a reset changes it; it deletes the keys: latchkey card reset.")
    }
    if policy.policy.isFixed {
      try managed.confirm(
        "Only a reset, which deletes the keys, takes \(policy.rawValue) back. "
          + "Set it for the \(slot.words) key of \(managed.name)?")
    }
    try managed.authorize(
      .administration, with: adminPIN.source, for: "to set when it must be touched"
    ) { (card) throws(CardError) in try card.setTouchPolicy(of: slot, policy.policy) }
  }
}

extension TouchPolicy {
  /// As `card touch` takes it.
  var words: String {
    switch self {
    case .off: "off"
    case .on: "on"
    case .fixed: "fixed"
    case .cached: "cached"
    case .cachedFixed: "cached-fixed"
    }
  }
}
