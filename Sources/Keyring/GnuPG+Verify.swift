internal import CGPGME
import CSystem

/// What gpg itself says of a detached signature.
public struct GnuPGVerdict: Equatable, Sendable {
  /// Each signature that gpg found: the fingerprint of the key that made it, or its key ID, in
  /// hexadecimal digits.
  public let signers: [String]
  /// Whether there is at least one and gpg calls all of them good.
  public let isGood: Bool
  /// Why not, in gpg's words: not to be shown unescaped.
  public let problem: String
}

extension GnuPG {
  /// Has gpg verify a signature over bytes.
  public func verify(
    _ signature: [UInt8], over bytes: [UInt8]
  ) throws(KeyringError) -> GnuPGVerdict {
    try verify(signature, over: try GnuPGData(bytes))
  }

  /// The same over all that a file holds.
  public func verify(
    _ signature: [UInt8], descriptor: Int32
  ) throws(KeyringError) -> GnuPGVerdict {
    guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw .system(system_errno()) }
    return try verify(signature, over: try GnuPGData(descriptor: descriptor))
  }

  private func verify(
    _ signature: [UInt8], over data: GnuPGData
  ) throws(KeyringError) -> GnuPGVerdict {
    let bytes = try GnuPGData(signature)
    // Safe: the handles are ours; the result lives until the next operation, and texts are copied.
    let error = unsafe gpgme_op_verify(context, bytes.handle, data.handle, nil)
    guard error == 0 else {
      return GnuPGVerdict(signers: [], isGood: false, problem: Self.words(error))
    }
    var signers: [String] = []
    var problem = "there is no signature"
    var isGood = true
    var next = unsafe gpgme_op_verify_result(context)?.pointee.signatures
    while let one = unsafe next {
      unsafe next = one.pointee.next
      signers.append(unsafe one.pointee.fpr.map { unsafe String(cString: $0) } ?? "")
      let status = unsafe one.pointee.status
      if status != 0 {
        isGood = false
        problem = Self.words(status)
      }
    }
    if !signers.isEmpty, isGood { problem = "" }
    return GnuPGVerdict(signers: signers, isGood: isGood && !signers.isEmpty, problem: problem)
  }

  private static func words(_ error: gpgme_error_t) -> String {
    var text = [CChar](repeating: 0, count: 256)
    let room = text.count
    // Safe: the array has that room, and what is written is terminated.
    _ = unsafe text.withUnsafeMutableBufferPointer {
      unsafe gpgme_strerror_r(error, $0.baseAddress, room)
    }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
