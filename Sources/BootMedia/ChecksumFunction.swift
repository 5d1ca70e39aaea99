public import LibCrypto

/// A hash function that lists of checksums are made with.
public enum ChecksumFunction: CaseIterable, Equatable, Sendable {
  case md5
  case sha1
  case sha224
  case sha256
  case sha384
  case sha512

  /// What is checked here; nil where a checksum proves nothing any more, or nothing computes it.
  public var algorithm: HashAlgorithm? {
    switch self {
    case .md5, .sha1, .sha224: nil
    case .sha256: .sha256
    case .sha384: .sha384
    case .sha512: .sha512
    }
  }

  /// As lists in the BSDs' style name it.
  public var name: StaticString {
    switch self {
    case .md5: "MD5"
    case .sha1: "SHA1"
    case .sha224: "SHA224"
    case .sha256: "SHA256"
    case .sha384: "SHA384"
    case .sha512: "SHA512"
    }
  }

  /// Bytes of a checksum.
  var size: Int {
    switch self {
    case .md5: 16
    case .sha1: 20
    case .sha224: 28
    case .sha256: 32
    case .sha384: 48
    case .sha512: 64
    }
  }

  /// The one whose checksums have so many bytes.
  init?(size: Int) {
    for function in Self.allCases where function.size == size {
      self = function
      return
    }
    return nil
  }

  /// The one of that name.
  init?(name: ArraySlice<UInt8>) {
    for function in Self.allCases where name.elementsEqual(bytes(function.name)) {
      self = function
      return
    }
    return nil
  }
}

/// A literal's bytes.
func bytes(_ text: StaticString) -> [UInt8] {
  // Safe: a StaticString's bytes live as long as the program.
  unsafe [UInt8](
    UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
}
