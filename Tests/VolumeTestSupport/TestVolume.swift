public import DiskKey
public import Enrolment
import Foundation
import Secrets
public import TestSupport

/// A LUKS image made by cryptsetup, and the folders an enrolment writes to.
public final class TestVolume: Sendable {
  /// What opens its first keyslot.
  public static let passphrase = "correct horse"
  /// The image.
  public let image: String
  /// Where files go.
  public let places: EnrolmentPlaces
  /// Holds all of it.
  public let folder: TemporaryFolder

  /// Formats an image.
  public init(luks version: Int, extra: [String] = []) throws {
    folder = try TemporaryFolder()
    image = folder.path("disk.img")
    places = EnrolmentPlaces(
      boot: folder.path("boot"), installed: folder.path("etc"),
      backups: folder.path("backups"), journals: folder.path("journals"))
    _ = FileManager.default.createFile(atPath: image, contents: nil)
    guard let handle = FileHandle(forWritingAtPath: image) else {
      throw TestSupportError("no image")
    }
    try handle.truncate(atOffset: UInt64(version == 1 ? 4 << 20 : 18 << 20))
    try handle.close()
    let made = try Program.run(
      "cryptsetup",
      [
        "luksFormat", "-q", "--type", "luks\(version)", "--cipher", "aes-xts-plain64",
        "--key-size", "512", "--key-file", "-",
      ] + (version == 2 ? ["--pbkdf", "pbkdf2"] : []) + ["--pbkdf-force-iterations", "1000"]
        + extra + [image],
      text: Self.passphrase)
    guard made.status == 0 else { throw TestSupportError(made.errorText) }
  }

  /// Whether a key opens a keyslot, by cryptsetup's word.
  public func opens(_ key: [UInt8], slot: Int? = nil) throws -> Bool {
    try Program.run(
      "cryptsetup",
      ["open", "--test-passphrase", "--key-file", "-"]
        + (slot.map { ["--key-slot", String($0)] } ?? []) + [image],
      input: key
    ).status == 0
  }

  /// Whether the passphrase opens its keyslot.
  public func opensByPassphrase() throws -> Bool { try opens(Array(Self.passphrase.utf8)) }

  /// Adds a passphrase in the next free keyslot.
  public func add(_ passphrase: String) throws {
    let file = try folder.write("passphrase", Self.passphrase)
    let added = try Program.run(
      "cryptsetup",
      [
        "luksAddKey", "-q", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1200", "--key-file",
        file, image, "-",
      ], text: passphrase)
    guard added.status == 0 else { throw TestSupportError(added.errorText) }
  }

  /// The volume as it stands.
  public func status() throws -> VolumeStatus { try VolumeStatus(of: image, places: places) }

  /// Numbers of the keyslots in use.
  public func slots() throws -> [Int] { try status().keyslots.map(\.number) }

  /// Enrols a dongle that is there.
  @discardableResult
  public func enroll(
    _ dongle: TestDongle, pin: String = TestDongle.pin
  ) throws -> Enrolment.Outcome {
    try Enrolment(of: image, places: places).enroll(
      [dongle.recorded], passphrase: secret(Self.passphrase)
    ) { (blob, _) throws(DiskKeyError) in try dongle.open(blob, pin: pin) }
  }

  /// Root's record.
  public func trusted() throws -> TrustedRecord {
    try TrustedRecord.installed(in: Array(installedFolder().utf8))
  }

  /// The folder with root's record and blob.
  public func installedFolder() throws -> String {
    try places.installedFolder(VolumeStatus(of: image, places: places).uuid)
  }

  /// The paths of all files below a folder of the enrolment's, sorted.
  public func files(in folder: String) -> [String] {
    let found = FileManager.default.enumerator(atPath: folder)?.allObjects ?? []
    return found.compactMap { $0 as? String }.filter { name in
      var isFolder: ObjCBool = false
      // Safe: the flag is ours.
      _ = unsafe FileManager.default.fileExists(atPath: folder + "/" + name, isDirectory: &isFolder)
      return !isFolder.boolValue
    }.sorted()
  }
}
