import CLibCrypto
package import Secrets

extension PrivateKey {
  /// A signature as a card makes it. RSA: PKCS #1 v1.5 padding around `input`, a DigestInfo; as long
  /// as the modulus. ECDSA: `r ‖ s` over `input`, the hash. EdDSA: `R ‖ S` over `input` as it is.
  package func signRaw(_ input: Span<UInt8>) throws(CryptoError) -> [UInt8] {
    switch algorithm {
    case .rsa(let bits):
      return unsafe try handle.withContext { context throws(CryptoError) in
        // RSA_PKCS1_PADDING is 1; with no hash set, libcrypto pads the input as it is.
        guard unsafe EVP_PKEY_sign_init(context) == 1,
          unsafe EVP_PKEY_CTX_set_rsa_padding(context, 1) == 1
        else { throw .failed }
        return unsafe try Self.sign(context, input, room: (bits + 7) / 8)
      }
    case .ecdsa(let curve):
      let der = unsafe try handle.withContext { context throws(CryptoError) in
        guard unsafe EVP_PKEY_sign_init(context) == 1 else { throw .failed }
        return unsafe try Self.sign(context, input, room: 2 * curve.coordinateSize + 16)
      }
      return try ECDSASignature.raw(fromDER: der, half: curve.coordinateSize)
    case .eddsa(let curve):
      return try signEdwards(input, room: 2 * curve.coordinateSize)
    case .ecdh:
      throw .invalidKey
    }
  }

  @unsafe
  private static func sign(
    _ context: OpaquePointer, _ input: Span<UInt8>, room size: Int
  ) throws(CryptoError) -> [UInt8] {
    var good = false
    // Safe: libcrypto is told the room, and reads the input within the call.
    let signature = unsafe [UInt8](unsafeUninitializedCapacity: size) { room, count in
      var written = size
      unsafe input.withUnsafeBufferPointer { input in
        good =
          unsafe EVP_PKEY_sign(
            context, room.baseAddress, &written, input.baseAddress, input.count) == 1
      }
      count = good ? written : 0
    }
    guard good else { throw .invalidData }
    return signature
  }

  private func signEdwards(_ message: Span<UInt8>, room size: Int) throws(CryptoError) -> [UInt8] {
    // Safe: the context is freed on every way out; the room and the message are used within the call.
    guard let context = unsafe EVP_MD_CTX_new() else { throw .failed }
    defer { unsafe EVP_MD_CTX_free(context) }
    guard unsafe EVP_DigestSignInit_ex(context, nil, nil, nil, nil, handle.pointer, nil) == 1 else {
      throw .failed
    }
    var good = false
    let signature = unsafe [UInt8](unsafeUninitializedCapacity: size) { room, count in
      var written = size
      unsafe message.withUnsafeBufferPointer { message in
        good =
          unsafe EVP_DigestSign(
            context, room.baseAddress, &written, message.baseAddress, message.count) == 1
      }
      count = good ? written : 0
    }
    guard good else { throw .failed }
    return signature
  }

  /// Adds what an RSA cryptogram with PKCS #1 v1.5 padding holds to `out`, which must have room for
  /// the modulus.
  /// - Throws: ``CryptoError/invalidData`` for bad padding (libcrypto 3.0 says so; a card does too).
  package func decryptPKCS1(
    _ cryptogram: Span<UInt8>, appendingTo out: inout SecretBytes
  ) throws(CryptoError) {
    guard case .rsa(let bits) = algorithm else { throw .invalidKey }
    guard out.capacity - out.count >= (bits + 7) / 8 else { throw .invalidData }
    let good = unsafe try handle.withContext { context throws(CryptoError) in
      guard unsafe EVP_PKEY_decrypt_init(context) == 1,
        unsafe EVP_PKEY_CTX_set_rsa_padding(context, 1) == 1
      else { throw .failed }
      var good = false
      // Safe: libcrypto is told the room, and reads the cryptogram within the call.
      unsafe out.append { room in
        unsafe cryptogram.withUnsafeBufferPointer { cryptogram in
          var written = room.count
          good =
            unsafe EVP_PKEY_decrypt(
              context, room.baseAddress, &written, cryptogram.baseAddress, cryptogram.count) == 1
          return good ? written : 0
        }
      }
      return good
    }
    guard good else { throw .invalidData }
  }

  /// Adds the secret shared with the holder of `point` to `out`: the x coordinate, or X25519's output.
  /// - Throws: ``CryptoError/invalidData`` for a point that isn't on the curve or gives zero.
  package func sharedSecret(
    with point: Span<UInt8>, appendingTo out: inout SecretBytes
  ) throws(CryptoError) {
    guard case .ecdh(let curve) = algorithm else { throw .invalidKey }
    guard point.count == curve.pointSize, out.capacity - out.count >= curve.coordinateSize else {
      throw .invalidData
    }
    var bytes: [UInt8] = []
    for index in point.indices { bytes.append(point[index]) }
    let peer: PKeyHandle
    do throws(CryptoError) {
      peer = try PublicKey.ecdh(curve, point: bytes).handle()
    } catch {
      throw .invalidData
    }
    // Safe: the context is freed on every way out; the room was just checked.
    guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, handle.pointer, nil) else {
      throw .failed
    }
    defer { unsafe EVP_PKEY_CTX_free(context) }
    guard unsafe EVP_PKEY_derive_init(context) == 1,
      unsafe EVP_PKEY_derive_set_peer(context, peer.pointer) == 1
    else { throw .invalidData }
    var good = false
    unsafe out.append { room in
      var written = room.count
      good = unsafe EVP_PKEY_derive(context, room.baseAddress, &written) == 1
      return good ? written : 0
    }
    guard good else { throw .invalidData }
  }
}
