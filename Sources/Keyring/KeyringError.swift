/// Why gpg did not do what it was asked to.
public enum KeyringError: Error, Equatable, Sendable {
  /// GPGME's library isn't installed.
  case noLibrary
  /// GPGME finds no gpg, or one that is too old.
  case noGPG
  /// The user that sudo came from isn't known, or gpg can't be run as that user: the user id.
  case noUser(UInt32)
  /// The keyring doesn't know the key.
  case noKey
  /// The keyring has the key's public half only.
  case noSecretKey
  /// gpg says that the key is revoked.
  case revoked
  /// gpg says that the key has expired.
  case expired
  /// gpg won't sign with the key, as it isn't made for that.
  case notForSigning
  /// The person cancelled in the pinentry.
  case cancelled
  /// There is no pinentry that can ask, or it couldn't.
  case noPinentry
  /// A wrong passphrase or PIN.
  case wrongPassphrase
  /// The card is not in a reader that scdaemon finds, or it is another one.
  case noCard
  /// The card refuses, as its PIN is blocked.
  case blocked
  /// gpg made another number of signatures than one.
  case signatures(Int)
  /// gpg's agent doesn't answer.
  case noAgent
  /// A temporary folder could not be made or written: errno.
  case system(Int32)
  /// Any other of gpg's errors, in its own words: not to be shown unescaped.
  case other(String)
}
