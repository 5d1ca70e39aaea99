import LibCrypto

/// What a key is asked to do.
public enum KeyPurpose: CaseIterable, Equatable, Sendable {
  /// Sign data.
  case signing
  /// Be encrypted to, and decrypt.
  case decryption
  /// Authenticate its owner.
  case authentication

  /// Flags of which one is needed.
  var flags: KeyFlags {
    switch self {
    case .signing: .sign
    case .decryption: .encrypt
    case .authentication: .authenticate
    }
  }
}

/// Why a key cannot do what it is asked to.
public enum KeyProblem: Error, Equatable, Sendable {
  /// Not a key of that certificate.
  case absent
  /// It, or its primary key, was revoked. Seconds since 1970; nil if the revocation doesn't say when.
  case revoked(at: UInt32?)
  /// There is a revocation of it that can't be checked: by a key that may revoke it (its fingerprint) and
  /// isn't known here, or by its own primary key (that one's fingerprint) in a way that isn't known here.
  case maybeRevoked(by: [UInt8])
  /// It, or its primary key, has expired. Seconds since 1970.
  case expired(at: UInt32)
  /// It, or its primary key, was made later. Seconds since 1970.
  case notYetValid(from: UInt32)
  /// No good self-signature or binding that counts at that time.
  case notBound
  /// Its newest self-signature or binding is over SHA-1, which doesn't hold any more.
  case sha1SelfSignature
  /// A signing subkey whose signature on its primary key is over SHA-1.
  case sha1BackSignature
  /// A signing subkey that didn't sign back: it may be somebody else's.
  case noBackSignature
  /// Its flags don't allow it, or its algorithm can't.
  case notMeantForThis
  /// Too short: RSA under 2048 bits.
  case weak
}

extension Certificate {
  /// Why the key cannot be used so at that time (seconds since 1970); nil if it can. What is worst comes
  /// first, and expiry last: a key that is `.expired` has no other fault.
  /// - Parameter fingerprint: the primary key's or a subkey's, 20 bytes.
  public func problem(
    with fingerprint: [UInt8], for purpose: KeyPurpose, at time: UInt32
  ) -> KeyProblem? {
    if fingerprint == primary.fingerprint { return primaryProblem(for: purpose, at: time) }
    for subkey in subkeys where subkey.key.fingerprint == fingerprint {
      return problem(with: subkey, for: purpose, at: time)
    }
    return .absent
  }

  /// The keys that can be used so at that time (seconds since 1970), the primary first.
  public func keys(for purpose: KeyPurpose, at time: UInt32) -> [CertificateKey] {
    var able: [CertificateKey] = []
    for key in keys where problem(with: key.fingerprint, for: purpose, at: time) == nil {
      able.append(key)
    }
    return able
  }

  /// When the key of that fingerprint expires (seconds since 1970), by what counts at `time`; nil for
  /// never.
  public func expiryTime(of fingerprint: [UInt8], at time: UInt32) -> UInt32? {
    let own = expiryTime(of: primary, primarySignatures(at: time))
    for subkey in subkeys where subkey.key.fingerprint == fingerprint {
      guard let binding = SelfSignature.newest(of: subkey.bindings, at: time),
        let bound = expiryTime(of: subkey.key, [binding])
      else { continue }
      return min(bound, own ?? bound)
    }
    return own
  }

  private func primaryProblem(for purpose: KeyPurpose?, at time: UInt32) -> KeyProblem? {
    if let revocation = revocations.first { return .revoked(at: revocation.creationTime) }
    if let signer = uncheckedRevokers.first { return .maybeRevoked(by: signer) }
    if primary.isWeak { return .weak }
    if primary.creationTime > time { return .notYetValid(from: primary.creationTime) }
    let signatures = primarySignatures(at: time)
    guard !signatures.isEmpty else {
      return hasWeakSelfSignature(at: time) ? .sha1SelfSignature : .notBound
    }
    if let purpose {
      var flags: KeyFlags?
      for signature in signatures where flags == nil { flags = signature.keyFlags }
      guard let flags, !flags.isDisjoint(with: purpose.flags), primary.can(purpose) else {
        return .notMeantForThis
      }
    }
    if let expiry = expiryTime(of: primary, signatures), expiry <= time {
      return .expired(at: expiry)
    }
    return nil
  }

  private func problem(
    with subkey: Subkey, for purpose: KeyPurpose, at time: UInt32
  ) -> KeyProblem? {
    var expired: KeyProblem?
    switch primaryProblem(for: nil, at: time) {
    case .expired(let expiry): expired = .expired(at: expiry)
    case .some(let problem): return problem
    case nil: break
    }
    if let revocation = subkey.revocations.first { return .revoked(at: revocation.creationTime) }
    if let signer = subkey.uncheckedRevokers.first { return .maybeRevoked(by: signer) }
    let key = subkey.key
    if key.isWeak { return .weak }
    if key.creationTime > time { return .notYetValid(from: key.creationTime) }
    guard let binding = SelfSignature.newest(of: subkey.bindings, at: time) else {
      return SelfSignature.isNewestWeak(of: subkey.bindings, at: time)
        ? .sha1SelfSignature : .notBound
    }
    guard let flags = binding.keyFlags, !flags.isDisjoint(with: purpose.flags), key.can(purpose)
    else { return .notMeantForThis }
    if purpose == .signing, !binding.hasBackSignature {
      return binding.backSignature == .weak ? .sha1BackSignature : .noBackSignature
    }
    if let expiry = expiryTime(of: key, [binding]), expiry <= time {
      if case .expired(let earlier) = expired { return .expired(at: min(earlier, expiry)) }
      return .expired(at: expiry)
    }
    return expired
  }

  /// What the primary key says of itself at that time, the newest first: by itself, and by its newest
  /// user id's certification.
  private func primarySignatures(at time: UInt32) -> [SelfSignature] {
    var certifications: [SelfSignature] = []
    for userID in userIDs {
      if let signature = userID.certification(at: time) { certifications.append(signature) }
    }
    let direct = SelfSignature.newest(of: directSignatures, at: time)
    let certified = SelfSignature.newest(of: certifications, at: time)
    guard let direct else { return certified.map { [$0] } ?? [] }
    guard let certified else { return [direct] }
    return direct.creationTime > certified.creationTime
      ? [direct, certified] : [certified, direct]
  }

  /// Whether the newest that the primary key says of itself is over SHA-1.
  private func hasWeakSelfSignature(at time: UInt32) -> Bool {
    if SelfSignature.isNewestWeak(of: directSignatures, at: time) { return true }
    for userID in userIDs
    where SelfSignature.isNewestWeak(of: userID.certifications, at: time) {
      return true
    }
    return false
  }

  /// Its creation and the lifetime in the first of the signatures that tells one.
  private func expiryTime(
    of key: CertificateKey, _ signatures: [SelfSignature]
  ) -> UInt32? {
    for signature in signatures {
      guard let lifetime = signature.keyLifetime else { continue }
      return UInt32(clamping: UInt64(key.creationTime) + UInt64(lifetime))
    }
    return nil
  }
}

extension CertificateKey {
  /// Whether its algorithm can do that.
  fileprivate func can(_ purpose: KeyPurpose) -> Bool {
    switch publicKey.algorithm {
    case .rsa: algorithm == 1 || (algorithm == 2) == (purpose == .decryption)
    case .ecdh: purpose == .decryption
    case .ecdsa, .eddsa: purpose != .decryption
    }
  }
}
