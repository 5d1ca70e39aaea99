import LibCrypto

/// A slot's key as libcrypto has it.
final class LoadedKey {
  let material: KeyMaterial
  let key: PrivateKey

  init(_ material: KeyMaterial, _ algorithm: KeyAlgorithm) throws(CryptoError) {
    self.material = material
    key = try material.key(algorithm)
    guard key.algorithm == algorithm else { throw .invalidKey }
  }
}
