import Foundation
import LibCrypto
import TestSupport

/// A LUKS2 header changed by an attacker who can write the disk, with its checksums made right (LUKS2 on-disk
/// format 1.1.1, §2 and §3): a binary header of 4096 bytes, then JSON, all of it twice.
public struct ForgedHeader {
  private var image: [UInt8]
  private let size: Int
  /// The metadata, to be changed.
  public var metadata: [String: Any]

  /// The header of an image.
  public init(_ path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw TestSupportError("no image")
    }
    image = [UInt8](data)
    // The size of one header with its JSON, at 8, big-endian.
    size = image[8..<16].reduce(0) { $0 << 8 | Int($1) }
    let json = image[4096..<size].prefix { $0 != 0 }
    guard let object = try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any] else {
      throw TestSupportError("no metadata")
    }
    metadata = object
  }

  /// Changes the value at a path, such as `segments.0.encryption`; nil takes it out.
  public mutating func set(_ path: String, _ value: Any?) {
    metadata = Self.set(metadata, path.split(separator: ".").map(String.init)[...], value)
  }

  private static func set(
    _ object: [String: Any], _ path: ArraySlice<String>, _ value: Any?
  ) -> [String: Any] {
    var object = object
    guard let name = path.first else { return object }
    if path.count == 1 {
      object[name] = value
    } else {
      object[name] = set(object[name] as? [String: Any] ?? [:], path.dropFirst(), value)
    }
    return object
  }

  /// Writes both headers to an image.
  public func write(to path: String) throws {
    var image = image
    let json = [UInt8](try JSONSerialization.data(withJSONObject: metadata))
    for start in [0, size] {
      let area = (start + 4096)..<(start + size)
      image.replaceSubrange(
        area, with: json + [UInt8](repeating: 0, count: area.count - json.count))
      // The checksum of all of it, with the checksum's own 64 bytes at 448 as zeros.
      let place = (start + 448)..<(start + 512)
      image.replaceSubrange(place, with: [UInt8](repeating: 0, count: 64))
      let whole = Array(image[start..<(start + size)])
      let sum = try digest(.sha256, of: whole.span)
      image.replaceSubrange((start + 448)..<(start + 448 + sum.count), with: sum)
    }
    try Data(image).write(to: URL(fileURLWithPath: path))
  }
}
