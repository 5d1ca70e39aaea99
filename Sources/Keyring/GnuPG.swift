internal import CGPGME
internal import CLate
import CSystem

/// The user's gpg with one keyring, through GPGME.
@safe
public final class GnuPG {
  /// The keyring.
  public let home: GnuPGHome
  let context: gpgme_ctx_t

  /// Makes GPGME ready once a process.
  private static let isReady: Bool = {
    // Safe: the version is a static C string; nothing runs beside it.
    unsafe gpgme_check_version(nil) != nil
  }()

  /// - Throws: ``KeyringError/noLibrary``, ``KeyringError/noGPG``.
  public init(_ home: GnuPGHome) throws(KeyringError) {
    self.home = home
    // Before this process becomes that user.
    guard late_gpgme() else { throw .noLibrary }
    // As that user already: GPGME asks once where gpg's sockets are, and keeps the answer.
    unsafe context = try home.run { () throws(KeyringError) in unsafe try Self.make(home.folder) }
    // gpg's own agent tells its pinentry where the person is.
    if let terminal = Self.terminal { _ = unsafe setenv("GPG_TTY", terminal, 0) }
  }

  private static func make(_ folder: String) throws(KeyringError) -> gpgme_ctx_t {
    guard isReady else { throw .noGPG }
    var made: gpgme_ctx_t?
    // Safe: the handle goes to the caller; the path is copied in the call.
    try KeyringError.check(unsafe gpgme_new(&made))
    guard let context = unsafe made else { throw .noGPG }
    do throws(KeyringError) {
      try KeyringError.check(gpgme_engine_check_version(GPGME_PROTOCOL_OpenPGP))
      try KeyringError.check(
        unsafe gpgme_ctx_set_engine_info(context, GPGME_PROTOCOL_OpenPGP, nil, folder))
      try KeyringError.check(unsafe gpgme_set_protocol(context, GPGME_PROTOCOL_OpenPGP))
    } catch {
      unsafe gpgme_release(context)
      throw error
    }
    return unsafe context
  }

  deinit {
    // Safe: nothing uses it any longer.
    unsafe gpgme_release(context)
  }

  /// The person's terminal.
  private static var terminal: String? {
    for descriptor in [Int32(0), 1, 2] {
      // Safe: what ttyname gives is copied at once.
      if let name = unsafe ttyname(descriptor) { return unsafe String(cString: name) }
    }
    return nil
  }
}
