import DiskKey
public import Enrolment
import Foundation
import Secrets
import TestSupport

/// A program that stands for the system's own: its image is a copy of the volume's folder as it found
/// it, and it writes down how it was called.
public final class TestInitramfs {
  /// How an enrolment runs it.
  public let program: Initramfs
  /// The folder that stands for the image.
  public let image: String

  private let volume: TestVolume
  private let folder: TemporaryFolder

  /// Makes the program for a volume.
  public init(of volume: TestVolume, name: String = "update-initramfs") throws {
    self.volume = volume
    folder = try TemporaryFolder()
    image = folder.path("image")
    program = Initramfs(program: folder.path(name))
    try setFailing(false)
  }

  /// Whether it ends with exit code 3 from now on, and leaves the image as it was.
  public func setFailing(_ fails: Bool) throws {
    let installed = try volume.installedFolder()
    let script = """
      #!/bin/sh
      echo "$@" >> '\(folder.path("calls"))'
      if [ \(fails ? 1 : 0) = 1 ]; then echo 'no space left' >&2; exit 3; fi
      rm -rf '\(image)'
      if [ -d '\(installed)' ]; then cp -a '\(installed)' '\(image)'; fi

      """
    try folder.write("new", script)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: folder.path("new"))
    _ = try? FileManager.default.removeItem(atPath: program.program)
    try FileManager.default.moveItem(atPath: folder.path("new"), toPath: program.program)
  }

  /// The arguments of each call so far.
  public var calls: [String] {
    let data = FileManager.default.contents(atPath: folder.path("calls")) ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Whether the image would open the volume with a dongle.
  public func opens(with dongle: TestDongle) -> Bool {
    do {
      let trusted = try TrustedRecord.installed(in: Array(image.utf8))
      let header = try CheckedHeader(of: Array(volume.image.utf8), for: trusted)
      let key = try dongle.open(try KeyBlob(reading: Array(image.utf8), of: trusted))
      try header.test(key)
      return true
    } catch {
      return false
    }
  }
}
