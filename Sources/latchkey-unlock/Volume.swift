import CSystem
import DiskKey
import OpenPGP
import Secrets

/// One volume that is to be opened: what its record and blob say, and its header as it was checked.
final class Volume {
  /// How messages call it: `root (/dev/vda3)`, or the UUID where it isn't mapped.
  let title: [UInt8]
  /// Its key, encrypted.
  let blob: KeyBlob
  private let name: [UInt8]
  private let header: CheckedHeader?
  private let flags: UInt32

  /// Reads record and blob and, where the volume is to be mapped, checks a copy of its header: no PIN
  /// is asked for a volume that would be refused.
  init(_ request: Arguments.Request) throws(DiskKeyError) {
    let trusted = try TrustedRecord.initramfs(in: request.folder)
    blob = try KeyBlob(reading: request.folder, of: trusted)
    name = request.name
    flags = request.flags
    if name.isEmpty {
      title = trusted.record.volume.uuid.text
      header = nil
    } else {
      title = Self.title(request)
      header = try CheckedHeader(of: request.device, for: trusted)
    }
  }

  /// How messages call a volume that is to be mapped.
  static func title(_ request: Arguments.Request) -> [UInt8] {
    var text = request.name
    text.append(" (")
    text.append(escaped: request.device)
    text.append(")")
    return text
  }

  /// Whether `/dev/mapper/<name>` is there, by whoever's hand.
  static func isMapped(_ name: [UInt8]) -> Bool {
    guard !name.isEmpty else { return false }
    var path = [UInt8]("/dev/mapper/")
    path += name
    path.append(0)
    // Safe: the path ends with a zero.
    return unsafe path.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return false }
      return unsafe access(start.assumingMemoryBound(to: CChar.self), F_OK) == 0
    }
  }

  /// Whether it is mapped.
  var isMapped: Bool { Self.isMapped(name) }

  /// Maps the volume, or writes its key to standard output.
  /// - Returns: the exit code, after having said what failed.
  func take(_ key: borrowing SecretBytes) -> Int32 {
    do throws(DiskKeyError) {
      if name.isEmpty {
        guard write(key.bytes, to: 1) else {
          say(
            "the key can't be written to standard output: errno ",
            [UInt8](decimal: Int(system_errno())))
          return ExitCode.system
        }
      } else {
        try header?.activate(as: name, with: key, flags: flags)
        say("", title, " is open")
      }
      return ExitCode.done
    } catch {
      return explain(error, of: title)
    }
  }
}
