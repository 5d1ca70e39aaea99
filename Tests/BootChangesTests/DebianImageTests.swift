import TestSupport
import Testing

@testable import BootChanges

/// An image that Debian's own mkinitramfs made in a Debian root (`scripts/boot-images`), beside that root's
/// dpkg.
@Suite("a real initramfs, file by file")
struct DebianImageTests {
  @Test(
    "is what packages ship and initramfs-tools writes, but for what no package brought here",
    arguments: ["one", "debian", "secure"])
  func real(name: String) throws {
    let machine = Repository.path(".build-boot/machine")
    let inspection = ImageInspection(
      "/initrd/\(name).img", in: machine, since: nil, others: [], root: machine + "/system",
      PackageDatabase(root: machine + "/system"))
    #expect(inspection.failure == nil && inspection.count > 400)
    #expect(!inspection.isCompared)
    // The kernel was unpacked beside dpkg, and Latchkey isn't there as a package.
    let strange = inspection.changes.filter { !$0.cause.explains }
      .map { String(decoding: $0.path, as: UTF8.self) }
      .filter { !$0.contains("latchkey") && !$0.hasSuffix(".ko") && !$0.hasPrefix("etc/lvm/") }
      // What is in the layer with a server for SSH.
      .filter { path in
        name != "secure" || !["dropbear", "libtom", "root-"].contains { path.contains($0) }
      }
    #expect(strange.isEmpty, "\(strange)")
    let shipped = inspection.changes.count { if case .package = $0.cause { true } else { false } }
    #expect(shipped > 60, "\(shipped)")
  }
}
