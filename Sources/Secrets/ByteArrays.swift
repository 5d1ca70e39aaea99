extension [UInt8] {
  /// A copy of borrowed bytes that are no secret.
  package init(copying bytes: Span<UInt8>) {
    self.init()
    append(bytes)
  }

  /// Adds a copy of borrowed bytes that are no secret.
  package mutating func append(_ bytes: Span<UInt8>) {
    reserveCapacity(count + bytes.count)
    for index in bytes.indices { append(bytes[index]) }
  }
}
