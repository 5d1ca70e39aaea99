public import Input
import LibCrypto
public import OpenPGPCard
import Secrets

/// Watches that no PIN goes to a card that hasn't shown itself to be the pinned one, and that none goes
/// there twice. Traps where one does.
///
/// It reads nothing: it looks for the pinned bytes in what the card has answered so far, so it shares no
/// mistake with the code it watches.
public final class PINWitness {
  /// How often the PIN went out.
  public private(set) var count = 0

  private let card: ScriptedCard
  private let pinned: PinnedKey
  private let text: [UInt8]
  private let derived: [UInt8]

  /// Watches `card` from here on.
  /// - Parameter text: the PIN's text, such as stands nowhere else.
  public init(on card: ScriptedCard, pinned: PinnedKey, text: String) {
    self.card = card
    self.pinned = pinned
    let bytes = Array(text.utf8)
    self.text = bytes
    let pin = SecretBytes(copying: bytes.span)
    var out = SecretBytes(capacity: 64)
    guard (try? pinned.keyDerivation.derive(pin, for: .user, into: &out)) != nil else {
      preconditionFailure("no derivation")
    }
    derived = out.withBytes { [UInt8](copying: $0) }
    card.onCommand = { [unowned self] in look(at: $0) }
  }

  private func look(at command: [UInt8]) {
    if pinned.keyDerivation.isActive {
      precondition(!command.contains(bytes: text), "a PIN without its derivation")
    }
    guard command.contains(bytes: derived) else { return }
    count += 1
    precondition(count == 1, "a PIN sent twice")
    // Data that came in parts, put together again.
    let said = card.answers.flatMap { $0.dropLast(2) }
    let identifier = pinned.identifier
    let serial = (0..<4).map { UInt8(truncatingIfNeeded: identifier.serial >> (24 - 8 * $0)) }
    let manufacturer = [
      UInt8(identifier.manufacturer >> 8), UInt8(identifier.manufacturer & 0xFF),
    ]
    precondition(said.contains(bytes: manufacturer + serial), "a PIN to another card")
    precondition(said.contains(bytes: pinned.fingerprint), "a PIN to another fingerprint")
    switch pinned.publicKey {
    case .rsa(let number, _), .ecdsa(_, let number), .ecdh(_, let number), .eddsa(_, let number):
      precondition(said.contains(bytes: number), "a PIN to another key")
    }
    if pinned.keyDerivation.isActive {
      precondition(
        said.contains(bytes: pinned.keyDerivation.encoded), "a PIN to another derivation")
    }
  }
}
