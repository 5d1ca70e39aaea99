import Secrets

/// Certificates one behind the other, as `gpg --export` writes them and as armored files joined
/// together hold them.
public struct Keyring: Equatable, Sendable {
  /// Those that could be read, in order.
  public private(set) var certificates: [Certificate] = []
  /// Why others could not: one entry each.
  public private(set) var failures: [OpenPGPError] = []
  /// The fingerprints, 32 bytes, of certificates of version 6, which aren't read here.
  public private(set) var version6Fingerprints: [[UInt8]] = []

  /// Reads binary or armored certificates.
  /// - Throws: ``OpenPGPError`` if the bytes are no row of packets that starts with a public key.
  public init(parsing bytes: Span<UInt8>) throws(OpenPGPError) {
    if bytes.isEmpty { throw .noCertificate }
    let binary =
      Armor.isArmored(bytes)
      ? try Armor.decodeAll(bytes, as: .publicKey) : [UInt8](copying: bytes)
    var reader = CertificateReader()
    var place = 0
    while place < binary.count {
      let layout = try PacketLayout(in: binary.span, at: place)
      if layout.tag == PacketTag.publicKey {
        collect(reader)
        reader = CertificateReader()
      } else if place == 0 {
        throw .unexpectedPacket(tag: layout.tag)
      }
      let body = layout.body(in: binary.span)
      if layout.tag == PacketTag.publicKey, body.first == 6 {
        version6Fingerprints.append(try v6Fingerprint(body))
      }
      reader.read(layout.tag, body)
      place = layout.end
    }
    collect(reader)
  }

  private mutating func collect(_ reader: CertificateReader) {
    if let failure = reader.failure {
      failures.append(failure)
    } else if let certificate = reader.certificate {
      certificates.append(certificate)
    }
  }
}

/// Puts one certificate together, a packet at a time.
private struct CertificateReader {
  /// What was read so far; nil before the primary key.
  private(set) var certificate: Certificate?
  /// What made it unreadable.
  private(set) var failure: OpenPGPError?
  /// What the next signature is about.
  private var subject = Subject.primary

  private enum Subject {
    case primary
    case userID(Int)
    case subkey(Int)
    case skipped
  }

  mutating func read(_ tag: UInt8, _ body: [UInt8]) {
    guard failure == nil else { return }
    do throws(OpenPGPError) {
      if var certificate {
        self.certificate = nil
        try add(tag, body, to: &certificate)
        self.certificate = certificate
      } else {
        certificate = Certificate(primary: try CertificateKey(parsing: body.span))
      }
    } catch {
      failure = error
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
    case 5, 7, PacketTag.encryptedSessionKey, PacketTag.compressed, 9, PacketTag.literal,
      PacketTag.protectedData, 20:
      // Secret keys and messages have no place in a certificate.
      throw .unexpectedPacket(tag: tag)
    default:
      certificate.skipped.append(.packet(tag: tag))
      subject = .skipped
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
      if signature.type == .keyRevocation, let revocation = Revocation(signature) {
        certificate.revocations.append(revocation)
        return true
      }
      guard signature.type == .directKey, let own = SelfSignature(signature) else { return false }
      certificate.directSignatures.append(own)
      return true
    case .userID(let index):
      let bytes = certificate.userIDs[index].bytes
      guard try certificate.isOwn(signature, over: .userID(bytes)) else { return false }
      if signature.type == .certificationRevocation, let revocation = Revocation(signature) {
        certificate.userIDs[index].revocations.append(revocation)
        return true
      }
      guard signature.type.isCertification, let own = SelfSignature(signature) else { return false }
      certificate.userIDs[index].certifications.append(own)
      return true
    case .subkey(let index):
      let key = certificate.subkeys[index].key
      guard try certificate.isOwn(signature, over: .subkey(key)) else { return false }
      if signature.type == .subkeyRevocation, let revocation = Revocation(signature) {
        certificate.subkeys[index].revocations.append(revocation)
        return true
      }
      guard signature.type == .subkeyBinding,
        let own = SelfSignature(
          signature, hasBackSignature: try hasBackSignature(signature, key, certificate.primary))
      else { return false }
      certificate.subkeys[index].bindings.append(own)
      return true
    case .skipped: return true
    }
  }

  /// Whether the binding holds a signature by the subkey over the primary key and itself.
  private func hasBackSignature(
    _ binding: SignaturePacket, _ key: CertificateKey, _ primary: CertificateKey
  ) throws(OpenPGPError) -> Bool {
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
      if signature.isGood(over: digest, by: key) { return true }
    }
    return false
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
