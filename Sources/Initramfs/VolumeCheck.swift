public import DiskKey
import LibCrypto

/// What can be told of a volume's record and blob without its dongle.
public struct VolumeCheck: Equatable, Sendable {
  /// Who may be asked for its key; none where the record can't be read.
  public let dongles: [Record.Dongle]
  /// What is wrong, and what is worth knowing.
  public let faults: [ImageFault]
  /// 1 or 2; nil where the record can't be read.
  let luksVersion: UInt8?

  /// Looks at the two files.
  /// - Parameters:
  ///   - uuid: whose they must be; nil for whosever they are.
  ///   - record, blob: their bytes; nil where there is none.
  public init(of uuid: String?, record: [UInt8]?, blob: [UInt8]?) {
    var faults: [ImageFault] = []
    var known: Record?
    if let record {
      do throws(RecordFault) {
        known = try Record(parsing: record.span)
      } catch {
        faults.append(.record(error))
      }
    } else {
      faults.append(.noFile(.record))
    }
    if let known, let uuid, String(decoding: known.volume.uuid.text, as: UTF8.self) != uuid {
      faults.append(.otherVolume)
    }
    if let blob, let known {
      do throws(DiskKeyError) {
        _ = try KeyBlob(blob.span, of: .looked(at: known))
        if !Self.isLatchkeys(blob) { faults.append(.mayBeCompressed) }
      } catch {
        faults.append(.blob(error))
      }
    } else if blob == nil {
      faults.append(.noFile(.blob))
    }
    dongles = known?.dongles ?? []
    luksVersion = known?.volume.luksVersion
    self.faults = faults
  }

  /// Whether a message ends in a packet of data as ``OpenPGP/encrypt(_:to:)`` makes it around a key of ours,
  /// or of the 256 bytes that smartcard-key-luks has. gpg's compression makes random bytes longer.
  private static func isLatchkeys(_ blob: [UInt8]) -> Bool {
    for key in [KeyBlob.keySize, 256] {
      let literal = key + 6
      // SEIPD's version, prefix, literal packet with its header, integrity code (RFC 9580 §5.13.1).
      let body = 1 + 18 + (literal < 192 ? 2 : 3) + literal + 22
      let header: [UInt8] =
        body < 192
        ? [0xD2, UInt8(body)]
        : [0xD2, UInt8((body - 192) >> 8 + 192), UInt8((body - 192) & 0xFF)]
      let tail = blob.suffix(header.count + body)
      if tail.count == header.count + body, tail.starts(with: header + [1]) { return true }
    }
    return false
  }
}
