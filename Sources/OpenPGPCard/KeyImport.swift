public import LibCrypto
internal import Secrets
internal import SmartCard

extension Authorization where Use == Administration {
  /// Brings a private key to the card (PUT DATA, odd instruction, with an extended header list 4D,
  /// §4.4.3.12), after setting the slot's attributes where they differ. The host still has to write
  /// fingerprint and creation time.
  /// - Throws: ``CardError/unsupported(_:)`` or ``CardError/unsupportedAlgorithm`` before anything is
  ///   changed; ``CardError/wrongKey(_:)`` if the card then shows another public key.
  public mutating func importKey(
    _ key: borrowing PrivateKey, into slot: KeySlot
  ) throws(CardError) -> PublicKey {
    guard application.capabilities.canImport else { throw .unsupported(.keyImport) }
    let publicKey: PublicKey
    do throws(CryptoError) { publicKey = try key.publicKey() } catch { throw .crypto(error) }
    try session.setAttributes(of: slot, key.algorithm)
    guard let attributes = application.attributes(of: slot) else { throw .unsupportedAlgorithm }
    var values = SecretBytes(capacity: 4096)
    var headers: [UInt8] = []
    do throws(CryptoError) {
      try append(key, publicKey, attributes, &headers, &values)
    } catch {
      throw .crypto(error)
    }
    let template = [slot.template, 0x00]
    let list = TLVWriter.element(0x7F48, headers)
    let start = TLVWriter.header(0x5F48, length: values.count)
    let outer = TLVWriter.header(
      0x4D, length: template.count + list.count + start.count + values.count)
    var data = SecretBytes(capacity: 4096 + 64)
    data.append(outer.span)
    data.append(template.span)
    data.append(list.span)
    data.append(start.span)
    data.append(values.bytes)
    try session.require(.importKey, data.bytes)
    try session.refresh()
    guard try session.publicKey(in: slot, of: key.algorithm) == publicKey else {
      throw .wrongKey(slot)
    }
    return publicKey
  }

  /// The values in their order, and their tags and lengths for 7F48.
  private func append(
    _ key: borrowing PrivateKey, _ publicKey: PublicKey, _ attributes: AlgorithmAttributes,
    _ headers: inout [UInt8], _ values: inout SecretBytes
  ) throws(CryptoError) {
    let form = attributes.importForm
    func note(_ tag: UInt16, _ size: Int) { headers += TLVWriter.header(tag, length: size) }
    switch publicKey {
    case .rsa(let modulus, let exponent):
      let half = (modulus.count + 1) / 2
      let padding = max(0, attributes.exponentSize - exponent.count)
      let padded = [UInt8](repeating: 0, count: padding) + exponent
      note(0x91, padded.count)
      values.append(padded.span)
      var numbers: [(UInt16, PrivateKey.Number)] = [(0x92, .firstPrime), (0x93, .secondPrime)]
      if form.hasRemainders {
        numbers += [(0x94, .coefficient), (0x95, .firstExponent), (0x96, .secondExponent)]
      }
      for (tag, number) in numbers {
        note(tag, half)
        try key.append(number, size: half, to: &values)
      }
      if form.hasPublicKey {
        note(0x97, modulus.count)
        values.append(modulus.span)
      }
    case .ecdsa(let curve, let point), .ecdh(let curve, let point), .eddsa(let curve, let point):
      note(0x92, curve.coordinateSize)
      let start = values.count
      try key.appendScalar(to: &values)
      // The card has X25519's scalar big-endian, RFC 7748 little-endian; gpg 2.4 brings X448's as it is.
      if curve == .cv25519 { reverse(&values, from: start) }
      if form.hasPublicKey {
        note(0x99, point.count)
        values.append(point.span)
      }
    }
  }

  private func reverse(_ secret: inout SecretBytes, from start: Int) {
    var low = start
    var high = secret.count - 1
    var bytes = secret.mutableBytes
    while low < high {
      bytes.swapAt(low, high)
      low += 1
      high -= 1
    }
  }
}
