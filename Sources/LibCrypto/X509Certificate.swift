import CLibCrypto

/// Writes X.509 certificates (RFC 5280), as the virtual card's attestation needs them.
package enum X509Certificate {
  /// An extension.
  package struct Extension {
    /// Its object identifier, in digits and dots.
    package let identifier: StaticString
    /// Its value, in DER.
    package let value: [UInt8]
    /// Who doesn't know it must refuse the certificate.
    package let isCritical: Bool

    package init(_ identifier: StaticString, _ value: [UInt8], isCritical: Bool = false) {
      self.identifier = identifier
      self.value = value
      self.isCritical = isCritical
    }

    /// The certificate's key signs others' (basic constraints, RFC 5280 §4.2.1.9).
    package static var authority: Extension {
      Extension("2.5.29.19", [0x30, 0x03, 0x01, 0x01, 0xFF], isCritical: true)
    }
  }

  /// A certificate of version 3 with a random serial number, in DER.
  /// - Parameters:
  ///   - subject: the common name, in UTF-8.
  ///   - issuer: the issuer's certificate in DER, whose subject and dates are taken over; nil for one
  ///     that `signer`'s own `key` signs, valid from 2020 on without an end.
  /// - Throws: ``CryptoError/invalidData`` for an issuer that is no certificate.
  package static func make(
    subject: [UInt8], key: PublicKey, extensions: [Extension] = [], issuer: [UInt8]?,
    signedBy signer: borrowing PrivateKey
  ) throws(CryptoError) -> [UInt8] {
    let certificate = try X509Handle()
    try certificate.setSerial(try randomBytes(16))
    try certificate.setSubject(subject)
    if let issuer {
      try certificate.takeOver(try X509Handle(issuer))
    } else {
      try certificate.becomeOwnIssuer()
    }
    let publicKey = try key.handle()
    // Safe, here and below: libcrypto takes references of its own to what it is given.
    guard unsafe X509_set_pubkey(certificate.pointer, publicKey.pointer) == 1 else {
      throw .failed
    }
    for element in extensions { try certificate.add(element) }
    try certificate.sign(signer)
    return try certificate.encoded()
  }
}

/// An `X509`, freed when its life ends.
@safe
private struct X509Handle: ~Copyable {
  let pointer: OpaquePointer

  /// An empty one of version 3.
  init() throws(CryptoError) {
    guard let new = unsafe X509_new() else { throw .failed }
    // Numbered from zero. Safe: freed if it can't be used.
    guard unsafe X509_set_version(new, 2) == 1 else {
      unsafe X509_free(new)
      throw .failed
    }
    unsafe pointer = new
  }

  /// The one that `bytes` are in DER.
  init(_ bytes: [UInt8]) throws(CryptoError) {
    let span = bytes.span
    // Safe: the bytes are read within the call, and what comes back is ours.
    let read = unsafe span.withUnsafeBufferPointer { buffer -> OpaquePointer? in
      var start = buffer.baseAddress
      return unsafe d2i_X509(nil, &start, buffer.count)
    }
    guard let read = unsafe read else { throw .invalidData }
    unsafe pointer = read
  }

  deinit {
    // Safe: this was its only owner.
    unsafe X509_free(pointer)
  }

  /// The serial number, positive.
  func setSerial(_ bytes: [UInt8]) throws(CryptoError) {
    let number = try BigNumber(bytes.span)
    // Safe: the number of ASN.1 is copied, and freed here.
    guard let integer = unsafe BN_to_ASN1_INTEGER(number.pointer, nil) else { throw .failed }
    defer { unsafe ASN1_INTEGER_free(integer) }
    guard unsafe X509_set_serialNumber(pointer, integer) == 1 else { throw .failed }
  }

  func setSubject(_ name: [UInt8]) throws(CryptoError) {
    // Safe: the name is read within the call; the subject belongs to the certificate. 1000 (hexadecimal)
    // is libcrypto's MBSTRING_UTF8.
    let good = unsafe name.span.withUnsafeBufferPointer { name in
      unsafe X509_NAME_add_entry_by_txt(
        X509_get_subject_name(pointer), "CN", 0x1000, name.baseAddress, Int32(name.count), -1, 0)
        == 1
    }
    guard good else { throw .invalidData }
  }

  /// Takes over the issuer's name and dates.
  func takeOver(_ issuer: borrowing X509Handle) throws(CryptoError) {
    // Safe: all three are copied.
    guard unsafe X509_set_issuer_name(pointer, X509_get_subject_name(issuer.pointer)) == 1,
      unsafe X509_set1_notBefore(pointer, X509_get0_notBefore(issuer.pointer)) == 1,
      unsafe X509_set1_notAfter(pointer, X509_get0_notAfter(issuer.pointer)) == 1
    else { throw .failed }
  }

  /// The issuer is the subject, and there is no end (RFC 5280 §4.1.2.5).
  func becomeOwnIssuer() throws(CryptoError) {
    // Safe: the names are zero-terminated; the dates belong to the certificate.
    guard unsafe X509_set_issuer_name(pointer, X509_get_subject_name(pointer)) == 1,
      unsafe ASN1_TIME_set_string_X509(X509_getm_notBefore(pointer), "200101000000Z") == 1,
      unsafe ASN1_TIME_set_string_X509(X509_getm_notAfter(pointer), "99991231235959Z") == 1
    else { throw .failed }
  }

  func add(_ element: X509Certificate.Extension) throws(CryptoError) {
    // Safe: what is made here is copied into the certificate, and freed on every way out.
    let value = unsafe ASN1_OCTET_STRING_new()
    defer { unsafe ASN1_OCTET_STRING_free(value) }
    let object = unsafe OBJ_txt2obj(element.identifier.cString, 1)
    defer { unsafe ASN1_OBJECT_free(object) }
    let isSet = unsafe element.value.span.withUnsafeBufferPointer { bytes in
      unsafe ASN1_OCTET_STRING_set(value, bytes.baseAddress, Int32(bytes.count)) == 1
    }
    guard isSet,
      let made = unsafe X509_EXTENSION_create_by_OBJ(
        nil, object, element.isCritical ? 1 : 0, value)
    else { throw .failed }
    defer { unsafe X509_EXTENSION_free(made) }
    guard unsafe X509_add_ext(pointer, made, -1) == 1 else { throw .failed }
  }

  /// Signs with SHA-256, or with what EdDSA brings itself.
  func sign(_ signer: borrowing PrivateKey) throws(CryptoError) {
    let digest: OpaquePointer?
    if case .eddsa = signer.algorithm {
      unsafe digest = nil
    } else {
      unsafe digest = EVP_sha256()
    }
    guard unsafe X509_sign(pointer, signer.handle.pointer, digest) > 0 else { throw .failed }
  }

  func encoded() throws(CryptoError) -> [UInt8] {
    let size = unsafe i2d_X509(pointer, nil)
    guard size > 0 else { throw .failed }
    // Safe: libcrypto writes just as much as it said.
    return unsafe [UInt8](unsafeUninitializedCapacity: Int(size)) { room, count in
      var place = room.baseAddress
      count = unsafe Int(i2d_X509(pointer, &place))
    }
  }
}
