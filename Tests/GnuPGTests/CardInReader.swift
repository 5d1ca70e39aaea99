import TestSupport
import VirtualCard

/// A virtual card in a reader of its own pcscd, and gpg in front of it.
final class CardInReader {
  let folder: TemporaryFolder
  let daemon: PCSCDaemon
  let gpg: GnuPG

  init(_ profile: String = "nitrokey-3", release: GPG.Release = .system) throws {
    folder = try TemporaryFolder()
    try VirtualCard.create(
      at: folder.path("card"),
      profile: CardProfile(contentsOf: Repository.path("cards/\(profile).json")),
      serial: 0x0102_0304)
    daemon = try PCSCDaemon(card: folder.path("card"))
    gpg = try GnuPG(daemon, release: release)
  }

  /// Makes three keys on the card, with a certificate for Ada.
  func generateKeys() throws -> Program {
    try gpg.editCard(["generate", "n", "0", "Ada Lovelace", "ada@example.org", ""])
  }
}
