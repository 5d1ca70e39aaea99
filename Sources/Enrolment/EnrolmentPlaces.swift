public import DiskKey

/// The folders that enrolment writes to.
public struct EnrolmentPlaces: Equatable, Sendable {
  /// Where /boot is: the blob and the record go to `latchkey/<UUID>/` in it.
  public var boot: String
  /// Where root's own copies are: `<UUID>/` in it. By default `/etc/latchkey`.
  public var installed: String
  /// Where header backups are kept. By default `/var/lib/latchkey/headers`.
  public var backups: String
  /// Where journals are kept. By default `/var/lib/latchkey/journal`.
  public var journals: String

  /// Those folders.
  public init(
    boot: String = "/boot", installed: String = "/etc/latchkey",
    backups: String = "/var/lib/latchkey/headers", journals: String = "/var/lib/latchkey/journal"
  ) {
    self.boot = boot
    self.installed = installed
    self.backups = backups
    self.journals = journals
  }

  /// The volume's folder on /boot.
  public func bootFolder(_ uuid: VolumeUUID) -> String {
    boot + "/latchkey/" + String(decoding: uuid.text, as: UTF8.self)
  }

  /// The volume's folder under `/etc/latchkey`.
  public func installedFolder(_ uuid: VolumeUUID) -> String {
    installed + "/" + String(decoding: uuid.text, as: UTF8.self)
  }

  /// The volume's journal.
  func journal(_ uuid: VolumeUUID) -> String {
    journals + "/" + String(decoding: uuid.text, as: UTF8.self)
  }
}
