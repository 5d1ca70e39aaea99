import LibCrypto
import Secrets

/// Puts one certificate together, a packet at a time.
struct CertificateReader {
  /// What was read so far; nil once it is known to be unreadable.
  private(set) var certificate: Certificate?
  /// What made it unreadable.
  private(set) var failure: OpenPGPError?
  /// The fingerprints of its keys, whether they can be used here or not.
  private(set) var fingerprints: [[UInt8]] = []
  /// The revocations that stood somewhere in it.
  private(set) var revocations: [RevocationSignature] = []
  /// What the next signature is about.
  private var subject = Subject.primary

  private enum Subject {
    case primary
    case userID(Int)
    case subkey(Int)
    case skipped
  }

  /// Begins a certificate by the body of its primary key's packet.
  init(primary body: [UInt8]) throws(OpenPGPError) {
    if body.first == 4 { fingerprints.append(try v4Fingerprint(body)) }
    do throws(OpenPGPError) {
      certificate = Certificate(primary: try CertificateKey(parsing: body.span))
    } catch .unsupportedAlgorithm(let algorithm) {
      failure = .unsupportedPrimary(algorithm: algorithm)
    } catch {
      failure = error
    }
  }

  /// Reads the next packet. What makes the certificate unreadable is ``failure``; revocations, which may be
  /// another's, are read nevertheless.
  /// - Throws: what is wrong with a revocation: nobody can tell whose it is.
  mutating func read(_ tag: UInt8, _ body: [UInt8]) throws(OpenPGPError) {
    if tag == PacketTag.signature, try addRevocation(body) { return }
    if tag == PacketTag.publicSubkey, body.first == 4 {
      fingerprints.append(try v4Fingerprint(body))
    }
    guard failure == nil, var certificate else { return }
    self.certificate = nil
    do throws(OpenPGPError) {
      try add(tag, body, to: &certificate)
      self.certificate = certificate
    } catch {
      failure = error
    }
  }

  /// The certificate, with the revocations of its own that stood anywhere in it; the others stay.
  mutating func finish() throws(OpenPGPError) -> Certificate? {
    guard var certificate else { return nil }
    var others: [RevocationSignature] = []
    for revocation in revocations {
      guard try !certificate.take(revocation.packet, by: certificate.primary) else { continue }
      certificate.skipped.append(.signature(type: revocation.packet.type.rawValue))
      others.append(revocation)
    }
    revocations = others
    return certificate
  }

  /// False if it is no revocation.
  private mutating func addRevocation(_ body: [UInt8]) throws(OpenPGPError) -> Bool {
    guard SignaturePacket.isRevocation(body) else { return false }
    do throws(OpenPGPError) {
      revocations.add([
        RevocationSignature(try SignaturePacket(parsing: body, isRevocation: true))
      ])
      return true
    } catch .unsupportedVersion {
      // Newer versions' signatures are by newer versions' keys (RFC 9580 §5.2.3).
      return false
    }
  }

  private mutating func add(
    _ tag: UInt8, _ body: [UInt8], to certificate: inout Certificate
  ) throws(OpenPGPError) {
    switch tag {
    case PacketTag.signature: try addSignature(body, to: &certificate)
    case PacketTag.userID:
      subject = .userID(certificate.index(ofUserID: body))
    case PacketTag.publicSubkey:
      subject = .skipped
      do throws(OpenPGPError) {
        subject = .subkey(certificate.index(of: try CertificateKey(parsing: body.span)))
      } catch .unsupportedAlgorithm(let algorithm) {
        certificate.skipped.append(.key(algorithm: algorithm))
      } catch .unsupportedVersion(_, let version) {
        certificate.skipped.append(.keyVersion(version))
      }
    case PacketTag.trust: break
    case PacketTag.userAttribute:
      certificate.skipped.append(.packet(tag: tag))
      subject = .skipped
    case _ where PacketTag.isEmpty(tag): break
    case _ where PacketTag.isNonCritical(tag): certificate.skipped.append(.packet(tag: tag))
    default:
      // Secret keys and messages have no place in a certificate, nor has what is critical and isn't known.
      throw .unexpectedPacket(tag: tag)
    }
  }

  private func addSignature(
    _ body: [UInt8], to certificate: inout Certificate
  ) throws(OpenPGPError) {
    if case .skipped = subject { return }
    let signature: SignaturePacket
    do throws(OpenPGPError) {
      signature = try SignaturePacket(parsing: body)
    } catch .unsupportedAlgorithm {
      certificate.skipped.append(.signature(type: nil))
      return
    } catch .unsupportedVersion {
      certificate.skipped.append(.signature(type: nil))
      return
    }
    guard try !add(signature, to: &certificate) else { return }
    certificate.skipped.append(.signature(type: signature.type.rawValue))
  }

  /// False if the signature isn't good, or has no place there.
  private func add(
    _ signature: SignaturePacket, to certificate: inout Certificate
  ) throws(OpenPGPError) -> Bool {
    switch subject {
    case .primary:
      guard try certificate.isOwn(signature, over: .primary) else { return false }
      guard signature.type == .directKey, let own = SelfSignature(signature) else { return false }
      certificate.directSignatures.append(own)
      return true
    case .userID(let index):
      let bytes = certificate.userIDs[index].bytes
      guard try certificate.isOwn(signature, over: .userID(bytes)) else { return false }
      guard signature.type.isCertification, let own = SelfSignature(signature) else { return false }
      certificate.userIDs[index].certifications.append(own)
      return true
    case .subkey(let index):
      let key = certificate.subkeys[index].key
      guard try certificate.isOwn(signature, over: .subkey(key)) else { return false }
      guard signature.type == .subkeyBinding,
        let own = SelfSignature(
          signature, backSignature: try backSignature(signature, key, certificate.primary))
      else { return false }
      certificate.subkeys[index].bindings.append(own)
      return true
    case .skipped: return true
    }
  }

  /// The binding's signature by the subkey over the primary key and itself.
  private func backSignature(
    _ binding: SignaturePacket, _ key: CertificateKey, _ primary: CertificateKey
  ) throws(OpenPGPError) -> SelfSignature.BackSignature {
    var found = SelfSignature.BackSignature.none
    for subpacket in binding.hashed + binding.unhashed
    where subpacket.type == Subpacket.embeddedSignature {
      let signature: SignaturePacket
      do throws(OpenPGPError) {
        signature = try SignaturePacket(parsing: subpacket.body)
      } catch {
        continue
      }
      guard signature.type == .primaryKeyBinding, signature.unknownCritical == nil,
        signature.creationTime != nil, signature.namesOnly(key), let hash = signature.hash
      else { continue }
      let digest = try SignedObject.subkey(key).digest(under: primary, hash, signature.hashedPart)
      if signature.isGood(over: digest, by: key) { return .good }
      if hash == .sha1, signature.isMade(over: digest, by: key) { found = .weak }
    }
    return found
  }
}

extension Certificate {
  /// Where that user id is; it is added if it is new. One told twice is one, so that what revokes it in
  /// one place counts in the other.
  fileprivate mutating func index(ofUserID bytes: [UInt8]) -> Int {
    for index in userIDs.indices where userIDs[index].bytes == bytes { return index }
    userIDs.append(UserID(bytes: bytes))
    return userIDs.count - 1
  }

  /// Where that subkey is; likewise.
  fileprivate mutating func index(of key: CertificateKey) -> Int {
    for index in subkeys.indices where subkeys[index].key == key { return index }
    subkeys.append(Subkey(key: key))
    return subkeys.count - 1
  }
}
