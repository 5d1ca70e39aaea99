public import LibCrypto

/// Why a file could not be read through.
public enum MediaError: Error, Equatable, Sendable {
  /// A call failed: which, on what, and errno.
  case system(StaticString, String, Int32)
  /// It is a folder, a device or a pipe.
  case notRegular(String)
  /// It changed while it was read.
  case changed(String)
  /// libcrypto failed.
  case crypto(CryptoError)

  /// The same case with the same path.
  public static func == (left: MediaError, right: MediaError) -> Bool {
    switch (left, right) {
    case (.system(_, let left, let code), .system(_, let right, let other)):
      left == right && code == other
    case (.notRegular(let left), .notRegular(let right)): left == right
    case (.changed(let left), .changed(let right)): left == right
    case (.crypto(let left), .crypto(let right)): left == right
    default: false
    }
  }
}
