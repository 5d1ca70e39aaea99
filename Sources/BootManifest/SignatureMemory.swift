/// The time and digest of the last signature that was accepted for a /boot.
public struct SignatureMemory: Sendable {
  /// What is remembered.
  public struct Accepted: Equatable, Sendable {
    /// When it was made, in seconds since 1970.
    public let time: UInt32
    /// SHA-256 of the signed list.
    public let digest: [UInt8]
  }

  /// The folder it is kept in, usually `/var/lib/latchkey`.
  public let folder: String
  /// The path of the /boot it is about.
  public let boot: String

  /// The memory kept in `folder` for the /boot at the path `boot`.
  public init(folder: String, boot: String) {
    self.folder = folder
    self.boot = boot
  }

  /// What was accepted last; nil if nothing yet.
  public func last() throws(BootError) -> Accepted? { nil }

  /// Remembers a signature, unless a newer one is remembered already.
  public func accept(_ signature: SignedBy) throws(BootError) {}
}
