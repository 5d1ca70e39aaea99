import CLibCrypto

/// An `EVP_PKEY`, freed (and wiped by libcrypto) when its life ends.
@safe
public struct PKeyHandle: ~Copyable, @unchecked Sendable {
  let pointer: OpaquePointer

  /// Takes over `pointer`.
  @unsafe
  init(_ pointer: OpaquePointer?) throws(CryptoError) {
    guard let pointer = unsafe pointer else { throw .invalidKey }
    unsafe self.pointer = pointer
  }

  deinit {
    // Safe: this was its only owner.
    unsafe EVP_PKEY_free(pointer)
  }

  /// A key from libcrypto's names and numbers, given as an `OSSL_PARAM_BLD`; nil if they make none.
  @unsafe
  static func make(
    _ type: UnsafePointer<CChar>, selection: Int32, _ builder: OpaquePointer
  ) -> OpaquePointer? {
    // Safe: every handle made here is freed on every way out.
    guard let parameters = unsafe OSSL_PARAM_BLD_to_param(builder) else { return nil }
    defer { unsafe OSSL_PARAM_free(parameters) }
    guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else { return nil }
    defer { unsafe EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard unsafe EVP_PKEY_fromdata_init(context) == 1,
      unsafe EVP_PKEY_fromdata(context, &key, selection, parameters) == 1
    else { return nil }
    return unsafe key
  }

  /// Runs `body` on an operation context for this key.
  borrowing func withContext<Result: ~Copyable>(
    _ body: (OpaquePointer) throws(CryptoError) -> Result
  ) throws(CryptoError) -> Result {
    // Safe: freed on every way out.
    guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, pointer, nil) else { throw .failed }
    defer { unsafe EVP_PKEY_CTX_free(context) }
    return unsafe try body(context)
  }
}

/// A big number, wiped when its life ends.
@safe
struct BigNumber: ~Copyable {
  let pointer: OpaquePointer

  /// The number that `bytes` are, big-endian.
  init(_ bytes: Span<UInt8>) throws(CryptoError) {
    // Safe: the bytes are read within the call.
    let number = unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe BN_bin2bn(buffer.baseAddress, Int32(buffer.count), nil)
    }
    guard let number = unsafe number else { throw .failed }
    unsafe self.pointer = number
  }

  /// Zero, to be written to.
  init() throws(CryptoError) {
    guard let number = unsafe BN_secure_new() else { throw .failed }
    unsafe self.pointer = number
  }

  /// The number named `name` in a key.
  init(_ name: StaticString, of key: borrowing PKeyHandle) throws(CryptoError) {
    var number: OpaquePointer?
    // Safe: the name is zero-terminated; what comes back is ours.
    guard unsafe EVP_PKEY_get_bn_param(key.pointer, name.cString, &number) == 1,
      let number = unsafe number
    else { throw .invalidKey }
    unsafe self.pointer = number
  }

  deinit {
    // Safe: this was its only owner.
    unsafe BN_clear_free(pointer)
  }

  /// Its bytes, big-endian, without leading zeros.
  borrowing func bytes() -> [UInt8] {
    let size = unsafe (Int(BN_num_bits(pointer)) + 7) / 8
    // Safe: BN_bn2bin writes just that many.
    return unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count = unsafe Int(BN_bn2bin(pointer, buffer.baseAddress))
    }
  }

  /// Its bytes, big-endian, with zeros in front up to `size`.
  borrowing func bytes(paddedTo size: Int) throws(CryptoError) -> [UInt8] {
    let bytes = bytes()
    guard bytes.count <= size else { throw .invalidData }
    return [UInt8](repeating: 0, count: size - bytes.count) + bytes
  }
}
