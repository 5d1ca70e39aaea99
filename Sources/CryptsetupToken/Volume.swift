import CSystem
import DiskKey
import OpenPGPCard

/// The volume of one call, once header, token and root's record agree about it. Only then is a card
/// looked at.
struct Volume {
  /// Root's word.
  let trusted: TrustedRecord
  /// The token's blob, held against the record.
  let blob: KeyBlob

  /// Why a volume gets no key here.
  enum Refusal: Error {
    /// The token isn't one of ours.
    case token(VolumeToken.Fault)
    /// The header bears no UUID.
    case noUUID
    /// There is no record of this volume on this system.
    case noRecord
    /// The token speaks of another keyslot, dongle or key than the record.
    case disagree
    /// The record can't be used, or the header isn't as recorded.
    case other(DiskKeyError)
  }

  /// Where root's records are.
  static let records: StaticString = "/etc/latchkey/"

  init(_ call: Call) throws(Refusal) {
    let token: VolumeToken
    do throws(VolumeToken.Fault) {
      token = try VolumeToken(json: call.json)
    } catch {
      throw .token(error)
    }
    let header = call.header
    guard let uuid = header.uuid else { throw .noUUID }
    do throws(DiskKeyError) {
      trusted = try Self.record(of: uuid)
      try header.check(against: trusted)
      guard try token.matches(trusted.record) else { throw .blobChanged }
      blob = try KeyBlob(token.blob.span, of: trusted)
    } catch {
      switch error {
      case .file(.record, errno: ENOENT): throw .noRecord
      case .blobChanged: throw .disagree
      default: throw .other(error)
      }
    }
  }

  /// Root's record of a volume.
  static func record(of uuid: VolumeUUID) throws(DiskKeyError) -> TrustedRecord {
    var folder: [UInt8] = []
    Text(records).add(to: &folder)
    return try TrustedRecord.installed(in: folder + uuid.text)
  }
}

/// Brand, serial number and name of a recorded dongle.
func words(for dongle: Record.Dongle) -> [UInt8] {
  let identifier = dongle.pinned.identifier
  var text: [UInt8] = []
  Text(identifier.brand).add(to: &text)
  text.append(UInt8(ascii: " "))
  text += identifier.text
  if !dongle.name.isEmpty {
    Text(" (").add(to: &text)
    text += dongle.name
    text.append(UInt8(ascii: ")"))
  }
  return text
}
