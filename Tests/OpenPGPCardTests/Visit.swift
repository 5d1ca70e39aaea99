import LibCrypto
import OpenPGPCard
import Secrets
import SmartCard
import TestSupport

/// What a visit with pins sends to a card, and how it ends.
func visit<Transport: CardTransport>(
  _ transport: Transport, _ pinned: PinnedKey
) -> CardError? {
  let pin = secret(Dongle.user)
  return failure { () throws(CardError) in
    var card = try OpenPGPCard(selecting: transport)
    var signing = try card.authorize(.signing, with: pin, pinned: pinned)
    let digest = [UInt8](repeating: 1, count: 32)
    _ = try signing.sign(digest.span, hash: .sha256)
  }
}

/// Whether nothing of the PIN is in what was sent, as typed or derived.
func noPIN(_ sent: [[UInt8]], derived: [UInt8] = []) -> Bool {
  !sent.contains { $0[1] == 0x20 || $0.holds(Array(Dongle.user.utf8)) || $0.holds(derived) }
}
