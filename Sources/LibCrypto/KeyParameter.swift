/// libcrypto's names for a key's numbers (core_names.h). An `OSSL_PARAM_BLD` keeps the pointer it is
/// given, so they are static strings, never literals passed to C.
enum KeyParameter {
  static let modulus: StaticString = "n"
  static let exponent: StaticString = "e"
  static let privateExponent: StaticString = "d"
  static let firstPrime: StaticString = "rsa-factor1"
  static let secondPrime: StaticString = "rsa-factor2"
  static let firstExponent: StaticString = "rsa-exponent1"
  static let secondExponent: StaticString = "rsa-exponent2"
  static let coefficient: StaticString = "rsa-coefficient1"
  static let group: StaticString = "group"
  static let point: StaticString = "pub"
  static let scalar: StaticString = "priv"
}
