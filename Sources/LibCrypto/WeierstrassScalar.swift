import CLibCrypto

/// A private key on a Weierstrass curve from its scalar: the point is computed.
enum WeierstrassScalar {
  /// - Throws: ``CryptoError/invalidKey`` for zero, or a number not below the curve's order.
  static func handle(_ curve: Curve, _ scalar: Span<UInt8>) throws(CryptoError) -> PKeyHandle {
    // Safe: all handles are freed on every way out.
    // NIST's names aren't in the table of objects.
    let nist = unsafe EC_curve_nist2nid(curve.cName)
    let group = unsafe EC_GROUP_new_by_curve_name(nist != 0 ? nist : OBJ_sn2nid(curve.cName))
    guard let group = unsafe group else { throw .failed }
    defer { unsafe EC_GROUP_free(group) }
    let number = try BigNumber(scalar)
    guard let order = unsafe EC_GROUP_get0_order(group),
      unsafe BN_is_zero(number.pointer) == 0, unsafe BN_cmp(number.pointer, order) < 0,
      let point = unsafe EC_POINT_new(group)
    else { throw .invalidKey }
    defer { unsafe EC_POINT_free(point) }
    guard unsafe EC_POINT_mul(group, point, number.pointer, nil, nil, nil) == 1 else {
      throw .invalidKey
    }
    var encoded = [UInt8](repeating: 0, count: curve.pointSize)
    let room = encoded.count
    let size = unsafe encoded.withUnsafeMutableBufferPointer { buffer in
      unsafe EC_POINT_point2oct(
        group, point, POINT_CONVERSION_UNCOMPRESSED, buffer.baseAddress, room, nil)
    }
    guard size == room else { throw .failed }

    guard let builder = unsafe OSSL_PARAM_BLD_new() else { throw .failed }
    defer { unsafe OSSL_PARAM_BLD_free(builder) }
    let made = unsafe encoded.withUnsafeBufferPointer { encoded -> OpaquePointer? in
      guard
        unsafe OSSL_PARAM_BLD_push_utf8_string(builder, KeyParameter.group.cString, curve.cName, 0)
          == 1,
        unsafe OSSL_PARAM_BLD_push_octet_string(
          builder, KeyParameter.point.cString, encoded.baseAddress, encoded.count) == 1,
        unsafe OSSL_PARAM_BLD_push_BN(builder, KeyParameter.scalar.cString, number.pointer) == 1
      else { return nil }
      return unsafe PKeyHandle.make("EC", selection: Int32(libcrypto_keypair), builder)
    }
    extendLifetime(number)  // the builder only points at it
    return unsafe try PKeyHandle(made)
  }
}
