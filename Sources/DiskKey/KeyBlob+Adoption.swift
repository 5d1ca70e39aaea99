public import OpenPGP

extension ReadableBlob {
  /// A message that another program made, which no record vouches for: to be opened once, and its
  /// content tried on the volume, before there is a record.
  /// - Parameter dongles: who may be asked.
  /// - Throws: ``OpenPGPError``.
  public init(adopting bytes: Span<UInt8>, for dongles: [Record.Dongle]) throws(OpenPGPError) {
    self.dongles = dongles
    message = try ReadableMessage(parsing: bytes)
  }

  /// The IDs of the keys that it says it is encrypted to; 0 where that is hidden.
  public var keyIDs: [UInt64] { message.recipients.map(\.keyID) }

  /// Whether it says that it is, or may be, encrypted to a dongle.
  public func isFor(_ dongle: Record.Dongle) -> Bool {
    !message.recipients(for: dongle.recipient).isEmpty
  }
}
