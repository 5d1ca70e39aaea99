extension BootFolder {
  /// What a set's signature is to be verified over by another program.
  public struct SignedSet: Sendable {
    /// `kexec.sig`.
    public let signature: [UInt8]
    /// `sha256sum kexec*.txt` in each dialect: one of them was signed.
    public let texts: [[UInt8]]
  }

  /// Reads the set anew; nil where there is none.
  public func signedSet() throws(BootError) -> SignedSet? {
    let set = try readSet()
    guard set.missing.isEmpty, let signature = set.signature else { return nil }
    var texts: [[UInt8]] = []
    for dialect in Dialect.allCases { texts.append(try set.signedBytes(dialect)) }
    return SignedSet(signature: signature, texts: texts)
  }
}
