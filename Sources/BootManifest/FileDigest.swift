import LibCrypto

/// A SHA-256 in place: a /boot may have very many.
public struct FileDigest: Equatable, Sendable {
  private var storage: InlineArray<32, UInt8>

  /// Of nothing yet.
  init() { storage = InlineArray(repeating: 0) }

  /// Of 64 lowercase digits; nil for anything else.
  init?(hexadecimal text: Span<UInt8>) {
    self.init()
    guard text.count == 64 else { return nil }
    for index in storage.indices {
      guard let high = BootManifest.hexadecimal(text[2 * index], lower: true),
        let low = BootManifest.hexadecimal(text[2 * index + 1], lower: true)
      else { return nil }
      storage[index] = high << 4 | low
    }
  }

  /// Its 32 bytes.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    for index in storage.indices { bytes.append(storage[index]) }
    return bytes
  }

  /// Ends a hash, which starts anew.
  init(ending hash: inout MessageDigest) {
    self.init()
    var room = storage.mutableSpan
    hash.finish(into: &room)
  }

  /// Adds it to a text, as sha256sum writes it.
  func write(to text: inout [UInt8]) {
    for index in storage.indices { text.append(hexadecimal: storage[index]) }
  }

  /// Whether both are of the same bytes.
  public static func == (left: Self, right: Self) -> Bool {
    left.storage.span.equals(right.storage.span)
  }
}
