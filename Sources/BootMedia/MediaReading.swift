import BootManifest
public import LibCrypto
public import OpenPGP

/// All that one reading of a file serves: checksums, a signature to be made, one to be verified.
public final class MediaReading {
  private var digests: [RunningDigest] = []
  private var signature: DetachedSignatureWriter?
  private var verification: Verification?
  private var refusal: SignatureError?
  private var form = SignedListForm()

  /// One that serves nothing yet.
  public init() {}

  /// Asks for a checksum.
  public func compute(_ algorithm: HashAlgorithm) throws(MediaError) {
    guard !digests.contains(where: { $0.algorithm == algorithm }) else { return }
    digests.append(try RunningDigest(algorithm))
  }

  /// Asks for what a signature by that key needs.
  public func sign(by key: CertificateKey) throws(OpenPGPError) {
    signature = try DetachedSignatureWriter(by: key)
  }

  /// Asks whether a signature holds; what is wrong with it whatever the file, ``verdict()`` tells as well.
  public func verify(_ bytes: [UInt8], by trusted: [Certificate], at now: UInt32) {
    do throws(SignatureError) {
      verification = try DetachedSignature(parsing: bytes.span)
        .verification(by: trusted, at: now, for: .file)
    } catch {
      refusal = error
    }
  }

  /// Reads the file once.
  public func read(_ file: MediaFile, progress: (Int) -> Void) throws(MediaError) {
    try file.read(progress: progress) { piece in
      for digest in digests { digest.update(piece) }
      signature?.update(piece)
      verification?.update(piece)
      form.update(piece)
    }
    for digest in digests { digest.finish() }
  }

  /// A checksum that was asked for.
  public func checksum(_ algorithm: HashAlgorithm) -> [UInt8] {
    digests.first { $0.algorithm == algorithm }?.value ?? []
  }

  /// Whether what was read could pass for the list that a signature of /boot goes over: nothing that is
  /// signed as a file.
  public var isBootList: Bool { form.isThere }

  /// The signature that was asked for, but for the signing; once.
  /// - Throws: ``OpenPGPError/unwritable`` where ``isBootList``.
  public func draft(at time: UInt32) throws(OpenPGPError) -> SignatureDraft {
    guard !isBootList, let writer = signature.take() else { throw .unwritable }
    return try writer.draft(at: time, for: .file)
  }

  /// Who made the signature that was to be verified, if it holds; once.
  public func verdict() throws(SignatureError) -> Verdict {
    if let refusal { throw refusal }
    guard let running = verification.take() else { throw .bad }
    return try running.finish()
  }
}

/// A checksum in the making.
private final class RunningDigest {
  let algorithm: HashAlgorithm
  private(set) var value: [UInt8] = []
  private var digest: MessageDigest

  init(_ algorithm: HashAlgorithm) throws(MediaError) {
    self.algorithm = algorithm
    do throws(CryptoError) { digest = try MessageDigest(algorithm) } catch { throw .crypto(error) }
  }

  func update(_ piece: Span<UInt8>) { digest.update(piece) }
  func finish() { value = digest.finish() }
}
