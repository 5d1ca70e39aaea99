import Keyring

extension Failure {
  /// What gpg did not do with a key; `key` is its fingerprint, in hexadecimal digits.
  init(_ error: KeyringError, key: String) {
    switch error {
    case .noLibrary:
      self.init(
        .system, "gpg can't be used without GPGME's library, libgpgme.so.11",
        next: "Install it (Debian's package libgpgme11), or use a dongle.")
    case .noGPG:
      self.init(
        .system, "gpg can't be run", next: "Install it (Debian's package gnupg), or use a dongle.")
    case .noUser(let user):
      self.init(
        .system, "gpg can't be run as user \(user), whom the keyring belongs to",
        next: "Run this as that user, or name another keyring with GNUPGHOME.")
    case .noKey:
      self.init(
        .noDongle, "gpg's keyring doesn't have the key \(key)",
        next:
          "See gpg --list-keys. Under sudo it is the keyring of who called sudo; GNUPGHOME names "
          + "another one.")
    case .noSecretKey:
      self.init(
        .noDongle, "gpg has only the public half of the key \(key)",
        next: "If it is on a dongle, plug that in and run latchkey keyring import. See gpg "
          + "--list-secret-keys.")
    case .revoked:
      self.init(
        .doesNotHold, "gpg says that the key \(key) is revoked",
        next: "Nothing was signed. Put a newer certificate into trusted.d as well.")
    case .expired:
      self.init(
        .doesNotHold, "gpg says that the key \(key) has expired",
        next: "Nothing was signed. If the trusted certificate has a later expiry: gpg --import it.")
    case .notForSigning:
      self.init(
        .wrongUse, "gpg says that the key \(key) isn't for signing",
        next: "Name the one that is: gpg --list-keys --with-subkey-fingerprints, marked [S].")
    case .cancelled:
      self.init(.wrongUse, "it was cancelled in gpg's pinentry", next: "Nothing was signed.")
    case .noPinentry:
      self.init(
        .system, "gpg has no pinentry that could ask for what the key \(key) needs",
        next:
          "Install one (Debian's package pinentry-curses), and see that GPG_TTY is the terminal: "
          + "export GPG_TTY=$(tty). sudo's own terminal may refuse gpg's user: give it to gpg "
          + "beforehand with gpg --sign, or use a graphical pinentry.")
    case .wrongPassphrase:
      self.init(
        .doesNotHold, "gpg was given a wrong PIN or passphrase", next: "Nothing was signed.")
    case .noCard:
      self.init(
        .noDongle, "gpg doesn't find the card with the key \(key)",
        next: "Plug it in. If another program holds the reader, see gpg --card-status.")
    case .blocked:
      self.init(
        .dongleRefuses, "the PIN of the card with the key \(key) is blocked",
        next: "Unblock it with the admin PIN or the reset code: latchkey card pin unblock.")
    case .signatures(let count):
      self.init(
        .doesNotHold, "gpg made \(count) signatures, and Heads takes one",
        next: "Nothing was written. See local-user and default-key in gpg.conf.")
    case .noAgent:
      self.init(
        .system, "gpg's agent doesn't answer",
        next: "Start it anew: gpgconf --kill gpg-agent, then gpgconf --launch gpg-agent.")
    case .system(let code):
      self.init(
        .system, "gpg can't be given its files: \(SystemError(code))", next: "Run this again.")
    case .other(let words):
      self.init(
        .system, "gpg says: \(Escaped.text(words))",
        next: "Nothing was done. See whether gpg can use the key \(key) by itself.")
    }
  }
}
