import CSystem
import FoundationEssentials

/// gpg with a keyring that holds nothing but the certificates it was given; gone when this value's life
/// ends. It says what gpg makes of a signature, whatever this user's own keyring holds.
public final class GnuPGWitness {
  private let folder: String
  private let gpg: GnuPG

  /// - Parameter certificates: files' contents, each binary or armored.
  public init(_ certificates: [[UInt8]]) throws(KeyringError) {
    var template = Array("/tmp/latchkey-witness-XXXXXX".utf8CString)
    // Safe: the template is ours and terminated.
    guard unsafe mkdtemp(&template) != nil else { throw .system(system_errno()) }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    do throws(KeyringError) {
      // gpg's own settings, wherever they may be, don't count.
      gpg = try GnuPG(try GnuPGHome(own: folder))
      for bytes in certificates { _ = try gpg.importCertificates(bytes) }
    } catch {
      try? FileManager.default.removeItem(atPath: folder)
      throw error
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// gpg's verdict over bytes.
  public func verify(
    _ signature: [UInt8], over bytes: [UInt8]
  ) throws(KeyringError) -> GnuPGVerdict { try gpg.verify(signature, over: bytes) }

  /// gpg's verdict over all that a file holds.
  public func verify(
    _ signature: [UInt8], descriptor: Int32
  ) throws(KeyringError) -> GnuPGVerdict { try gpg.verify(signature, descriptor: descriptor) }
}
