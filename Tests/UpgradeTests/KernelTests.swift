import Foundation
import TestSupport
import Testing

/// Kernels by real apt, from Debian's own packages.
@Suite("a kernel's upgrade")
struct KernelTests {
  /// The kernels of the archive, the oldest first; the last but one is installed, the last is newer.
  private let kernels: [String]

  init() throws {
    let list = try String(
      contentsOfFile: Repository.path(".build-boot/upgrades/archive/kernels"), encoding: .utf8)
    kernels = list.split(separator: "\n").map(String.init)
  }

  @Test("two kernels and GRUB's menu in one run of apt are one question, and one signature")
  func once() throws {
    let root = try DebianRoot()
    let before = try root.card().signatures
    let other = kernels.count > 2 ? kernels[0] : ""
    let shown = try root.talk(
      "apt-get -y install linux-image-cloud-amd64 \(other)", "sign")
    #expect(shown.contains("status=0"), "\(shown)")
    #expect(shown.components(separatedBy: "sign it now?").count == 2, "\(shown)")
    #expect(shown.contains("update-initramfs: Generating"))
    let version = kernels[kernels.count - 1].replacing("linux-image-", with: "")
    for name in ["vmlinuz-", "initrd.img-"] { #expect(shown.contains("./\(name)\(version)")) }
    #expect(try root.verify().status == 0)
    #expect(try root.card().signatures == before + 1)
    #expect(root.note == nil && !root.isMarked)

    // Nobody there: a kernel's removal leaves the note, which a signature takes away.
    let removed = try root.run("apt-get -y remove \(kernels[kernels.count - 2])")
    #expect(removed.status == 0, "\(removed.errorText)")
    #expect(try root.verify().status == 1)
    #expect(root.note?.contains("/boot is not as it was signed") == true && !root.isMarked)
    #expect(removed.errorText.contains("sign it: sudo latchkey sign"))
    #expect(try root.run("latchkey notice").text == root.note)
    try root.run("latchkey sign --pin-file /srv/pin --yes")
    #expect(root.note == nil)
    #expect(try root.verify().status == 0)
  }

  @Test("by hand, update-initramfs leaves the note at once, and no question in its midst")
  func byHand() throws {
    let root = try DebianRoot()
    try root.run("echo loop >>/etc/initramfs-tools/modules")
    let shown = try root.talk("update-initramfs -u", "")
    #expect(shown.contains("status=0") && !shown.contains("[Y/n]"), "\(shown)")
    #expect(shown.contains("sign it: sudo latchkey sign"), "\(shown)")
    #expect(root.note?.contains("changed by hand") == true && !root.isMarked)
    try root.run("latchkey sign --pin-file /srv/pin --yes")
    #expect(root.note == nil)
    #expect(try root.verify().status == 0)
  }

  @Test(
    "microcode, whose initramfs dpkg makes at the end of its run, is one question by dpkg alone")
  func trigger() throws {
    let root = try DebianRoot()
    try root.makePackage(
      "microcode", path: "/usr/lib/firmware/microcode", postinst: "update-initramfs -u")
    try root.run("echo loop >>/etc/initramfs-tools/modules")
    let shown = try root.talk("dpkg -i /srv/microcode.deb", "sign")
    #expect(shown.contains("status=0"), "\(shown)")
    #expect(shown.components(separatedBy: "sign it now?").count == 2, "\(shown)")
    #expect(shown.contains("Processing triggers for initramfs-tools"), "\(shown)")
    #expect(try root.verify().status == 0)
    #expect(root.note == nil && !root.isMarked)
  }
}
