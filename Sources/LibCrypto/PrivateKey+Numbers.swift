import CLibCrypto
package import Secrets

extension PrivateKey {
  /// One of a private key's numbers, as a card's import takes it.
  package enum Number: Equatable, Sendable {
    /// RSA's p.
    case firstPrime
    /// RSA's q.
    case secondPrime
    /// RSA's d mod (p − 1).
    case firstExponent
    /// RSA's d mod (q − 1).
    case secondExponent
    /// RSA's 1/q mod p.
    case coefficient

    fileprivate var name: StaticString {
      switch self {
      case .firstPrime: KeyParameter.firstPrime
      case .secondPrime: KeyParameter.secondPrime
      case .firstExponent: KeyParameter.firstExponent
      case .secondExponent: KeyParameter.secondExponent
      case .coefficient: KeyParameter.coefficient
      }
    }
  }

  /// Adds an RSA key's number to `out`, big-endian in `size` bytes.
  /// - Throws: ``CryptoError/invalidData`` if it is longer, or `out` has no room for it.
  package func append(
    _ number: Number, size: Int, to out: inout SecretBytes
  ) throws(CryptoError) {
    guard case .rsa = algorithm else { throw .invalidKey }
    let value = try BigNumber(number.name, of: handle)
    guard out.capacity - out.count >= size else { throw .invalidData }
    var good = false
    // Safe: BN_bn2binpad writes just `size` bytes, for which there is room, or none.
    unsafe out.append { room in
      good = unsafe BN_bn2binpad(value.pointer, room.baseAddress, Int32(size)) == Int32(size)
      return good ? size : 0
    }
    guard good else { throw .invalidData }
  }

  /// Adds a curve key's secret to `out`, as ``init(_:scalar:)`` takes it.
  package func appendScalar(to out: inout SecretBytes) throws(CryptoError) {
    let curve: Curve
    switch algorithm {
    case .rsa: throw .invalidKey
    case .ecdsa(let own), .ecdh(let own), .eddsa(let own): curve = own
    }
    let size = curve.coordinateSize
    guard out.capacity - out.count >= size else { throw .invalidData }
    var good = false
    if curve.form == .weierstrass {
      let value = try BigNumber(KeyParameter.scalar, of: handle)
      // Safe: BN_bn2binpad writes just `size` bytes, for which there is room, or none.
      unsafe out.append { room in
        good = unsafe BN_bn2binpad(value.pointer, room.baseAddress, Int32(size)) == Int32(size)
        return good ? size : 0
      }
    } else {
      // Safe: the room has the secret's size, and libcrypto is told so.
      unsafe out.append { room in
        var written = size
        good = unsafe EVP_PKEY_get_raw_private_key(handle.pointer, room.baseAddress, &written) == 1
        return good ? written : 0
      }
    }
    guard good else { throw .failed }
  }
}
