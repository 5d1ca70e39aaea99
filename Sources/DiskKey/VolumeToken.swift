import OpenPGP
import OpenPGPCard
import Secrets

/// The token `openpgp-card` of a LUKS2 header: which dongles bring the volume's key out, and the blob
/// itself, for `libcryptsetup-token-openpgp-card.so`.
///
/// A header is anyone's to write, so a token decides nothing: the plugin acts on a ``TrustedRecord``,
/// and on the token only where both agree.
public struct VolumeToken: Equatable, Sendable {
  /// One of its dongles.
  public struct Dongle: Equatable, Sendable {
    /// The decryption key's version 4 fingerprint, 20 bytes.
    public let fingerprint: [UInt8]
    /// SHA-256 of the decryption key as a record holds it.
    public let keyDigest: [UInt8]
  }

  /// The type, as libcryptsetup looks for the plugin by it.
  public static let type: StaticString = "openpgp-card"
  /// The version that this library reads and writes.
  public static let version: UInt16 = 1
  /// The most bytes of the JSON text. LUKS2's usual area for all of a header's JSON has 12,288.
  public static let maximumSize = 11_000

  private static let magic: StaticString = "LKVTOKEN"

  /// The keyslot that the blob's key opens; nil once it is gone from the header.
  public let keyslot: Int?
  /// The dongles in the record's order, 1 to ``Record/maximumDongles``.
  public let dongles: [Dongle]
  /// The content of `key.pgp`.
  public let blob: [UInt8]

  /// The token of a record and its blob.
  /// - Throws: ``DiskKeyError/crypto``.
  public init(of record: Record, blob: [UInt8]) throws(DiskKeyError) {
    keyslot = record.volume.keyslot
    dongles = try Self.dongles(of: record)
    self.blob = blob
  }

  /// Whether keyslot, dongles and blob are those of a record.
  /// - Throws: ``DiskKeyError/crypto``.
  public func matches(_ record: Record) throws(DiskKeyError) -> Bool {
    guard keyslot == record.volume.keyslot, dongles == (try Self.dongles(of: record)) else {
      return false
    }
    return try sha256(blob.span) == record.volume.blobDigest
  }

  private static func dongles(of record: Record) throws(DiskKeyError) -> [Dongle] {
    var dongles: [Dongle] = []
    for dongle in record.dongles {
      dongles.append(
        Dongle(
          fingerprint: dongle.pinned.fingerprint,
          keyDigest: try sha256(dongle.pinned.publicKey.recorded.span)))
    }
    return dongles
  }

  // MARK: The binary part

  /// Reads the field `openpgp-card`, decoded. Never traps, whatever the bytes.
  init(parsing bytes: Span<UInt8>, keyslot: Int?) throws(RecordFault) {
    var reader = ByteReader(bytes)
    guard bytes.count >= 8, Array(copying: try reader.take(8)).equals(Self.magic) else {
      throw .notARecord
    }
    let version = UInt16(truncatingIfNeeded: try reader.number(2))
    guard version == Self.version else { throw .version(version) }
    let count = Int(try reader.number(1))
    guard (1...Record.maximumDongles).contains(count) else { throw .dongleCount(count) }
    var dongles: [Dongle] = []
    for _ in 0..<count {
      let fingerprint = Array(copying: try reader.take(20))
      dongles.append(
        Dongle(fingerprint: fingerprint, keyDigest: Array(copying: try reader.take(32))))
    }
    blob = try reader.blockArray()
    try reader.end()
    self.dongles = dongles
    self.keyslot = keyslot
  }

  private var encoded: [UInt8] {
    var out = [UInt8](Self.magic)
    out.append(UInt64(Self.version), size: 2)
    out.append(UInt64(dongles.count), size: 1)
    for dongle in dongles {
      out += dongle.fingerprint
      out += dongle.keyDigest
    }
    out.appendBlock(blob)
    return out
  }

  // MARK: The JSON around it

  /// Why a text is no such token.
  public enum Fault: Error, Equatable, Sendable {
    /// It is larger than ``VolumeToken/maximumSize``.
    case tooLarge
    /// It is no JSON object of exactly the three members, or of another type.
    case json
    /// It names more than one keyslot, or one that can't be.
    case keyslots
    /// The field isn't base64.
    case base64
    /// What the field holds isn't what it should.
    case content(RecordFault)
  }

  /// Reads a token's JSON text, as `crypt_token_json_get` gives it. Never traps, whatever the bytes.
  /// - Throws: ``Fault``.
  public init(json text: [UInt8]) throws(Fault) {
    guard text.count <= Self.maximumSize else { throw .tooLarge }
    guard !text.contains(0), let document = JSONDocument(text) else { throw .json }
    let root = JSONValue(of: document)
    let keyslots = root.member("keyslots")
    let field = root.member(Self.type)
    guard root.memberCount == 3, root.member("type").isText(Self.type),
      let count = keyslots.arrayCount, field.exists
    else { throw .json }
    var keyslot: Int?
    if count > 0 {
      guard count == 1, let slot = Self.slot(keyslots.value(at: 0).text) else { throw .keyslots }
      keyslot = slot
    }
    var content: [UInt8] = []
    let base64 = field.text
    guard content.append(decodingBase64: base64.span) else { throw .base64 }
    do throws(RecordFault) {
      self = try VolumeToken(parsing: content.span, keyslot: keyslot)
    } catch {
      throw .content(error)
    }
  }

  /// `0` to `31`, and no other spelling of them.
  private static func slot(_ text: [UInt8]) -> Int? {
    for slot in 0..<32 where text == [UInt8](decimal: slot) { return slot }
    return nil
  }

  /// The token's JSON text, as ``init(json:)`` reads it and `crypt_token_json_set` takes it. Whoever
  /// writes it holds its size against ``maximumSize`` and the header's room first.
  public var json: [UInt8] {
    var text = [UInt8]("{\"type\":\"openpgp-card\",\"keyslots\":[")
    if let keyslot {
      text.append(UInt8(ascii: "\""))
      text += [UInt8](decimal: keyslot)
      text.append(UInt8(ascii: "\""))
    }
    text += [UInt8]("],\"openpgp-card\":\"")
    let content = encoded
    text.append(base64: content.span)
    text += [UInt8]("\"}")
    return text
  }
}
