import BootMedia
import LibCrypto
import OpenPGP
import Storage

/// A file with the signature beside it and what a distribution's list says of it, read once.
struct MediaCheck {
  let report: MediaReport.File
  let reading: MediaReading

  /// Reads all of the file.
  /// - Parameters:
  ///   - signature: the path of its signature; nil where it has none.
  ///   - key: who is to sign it, if anybody.
  ///   - fromDisk: whether to read what the disk holds, not what the kernel remembers of it.
  init(
    _ file: MediaFile, signature: String?, _ trust: TrustStore, _ list: SignedChecksums?,
    by key: CertificateKey? = nil, fromDisk: Bool = false
  ) throws(Failure) {
    reading = MediaReading()
    let listed: Result<ListedFile, ListedFile.Fault>? = list.map { Self.look(file, $0) }
    var bytes: [UInt8]?
    if let signature { bytes = try Self.read(signature) }
    do throws(MediaError) {
      try reading.compute(.sha256)
      if case .success(let found)? = listed {
        for checksum in found.checksums { try reading.compute(checksum.algorithm) }
      }
    } catch {
      throw Failure(error)
    }
    if let bytes { reading.verify(bytes, by: trust.certificates, at: Moment.now) }
    if let key {
      do throws(OpenPGPError) {
        try reading.sign(by: key)
      } catch {
        throw Failure(
          .system, "the signature can't be made: \(error.words)", next: "Nothing was written.")
      }
    }
    if fromDisk { file.forget() }
    let progress = Progress("Reading \(Escaped.text(file.path))", size: file.size)
    do throws(MediaError) {
      try reading.read(file) { progress.update($0) }
    } catch {
      throw Failure(error)
    }
    if key != nil, reading.isBootList { throw Failure(bootListAt: file.path) }
    var verdict: Result<Verdict, SignatureError>?
    if bytes != nil {
      do throws(SignatureError) {
        verdict = .success(try reading.verdict())
      } catch {
        verdict = .failure(error)
      }
    }
    var checksums: MediaReport.Checksums?
    if let list, let listed { checksums = MediaReport.Checksums(list, listed, reading) }
    report = MediaReport.File(file, reading, signature: signature, verdict, checksums, trust)
  }

  private static func look(
    _ file: MediaFile, _ list: SignedChecksums
  ) -> Result<ListedFile, ListedFile.Fault> {
    do throws(ListedFile.Fault) {
      return .success(try ListedFile(file.name, in: list.list))
    } catch {
      return .failure(error)
    }
  }

  /// A signature's bytes.
  static func read(_ path: String) throws(Failure) -> [UInt8] {
    let bytes: [UInt8]?
    do throws(StorageError) {
      bytes = try DurableFile.read(path, limit: 1 << 16)
    } catch {
      throw Failure(error)
    }
    guard let bytes else {
      throw Failure(.system, "there is no file \(Escaped.text(path))", next: "Check the path.")
    }
    return bytes
  }

  /// Opens a file.
  static func open(_ path: String) throws(Failure) -> MediaFile {
    do throws(MediaError) { return try MediaFile(path) } catch { throw Failure(error) }
  }
}
