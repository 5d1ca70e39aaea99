import MachineTestSupport
import TestSupport

extension Machine {
  /// Switches one on that `scripts/boot-images` made.
  /// - Parameters:
  ///   - name: the log's name.
  ///   - initrd: an initramfs image's name.
  ///   - disks: names of volumes.
  ///   - root: the mapped root volume.
  ///   - options: more of the kernel's command line.
  ///   - port: the port here behind which is SSH's there; nil for a machine without a network.
  ///   - dongle: what is plugged in from the start.
  convenience init(
    _ name: String, initrd: String = "one", disks: [String] = ["root"],
    root: String = "/dev/mapper/cryptroot", options: String = "", port: UInt16? = nil,
    dongle: Dongle? = nil
  ) throws {
    let made = Repository.path(".build-boot/machine")
    try self.init(
      name, kernel: "\(made)/vmlinux", initrd: "\(made)/initrd/\(initrd).img",
      disks: disks.map { "\(made)/volumes/\($0).img" }, root: root, options: options, port: port,
      dongle: dongle)
  }
}
