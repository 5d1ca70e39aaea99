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
    let signed = try root.run("latchkey sign --pin-file /srv/pin --yes")
    #expect(signed.status == 0, "\(signed.errorText)")
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

  @Test(
    "update-initramfs's image is recorded when it is made, and another is not the one that was made here"
  )
  func recorded() throws {
    let root = try DebianRoot()
    try root.run("echo loop >>/etc/initramfs-tools/modules")
    let made = try root.run("update-initramfs -u")
    #expect(made.status == 0, "\(made.errorText)")
    let image = "$(ls -t /boot/initrd.img-* | head -n 1)"
    let listed = try root.run(
      "stat -c '%U %a' /var/lib/latchkey/made-*/*; grep -h hook -A 2 -B 1 /var/lib/latchkey/made-*/*"
    )
    #expect(
      listed.text.hasPrefix("root 644\nupdate-initramfs\nhook\n"),
      "\(listed.text)\(listed.errorText)")
    #expect(listed.text.contains(try root.run("sha256sum <\(image) | cut -c1-64").text))
    let changes = try root.run("latchkey changes")
    #expect(changes.text.contains("made here by update-initramfs on"), "\(changes.text)")
    try root.run("latchkey sign --pin-file /srv/pin --yes --unexplained")
    // The same files in another order of bytes.
    try root.run("cat \(image) >/tmp/i; head -c 512 /dev/zero >>/tmp/i; cat /tmp/i >\(image)")
    let other = try root.run("latchkey changes")
    #expect(
      other.status == 1 && other.text.contains("NOT the one that update-initramfs made here"),
      "\(other.text)")
    #expect(try root.run("latchkey sign --pin-file /srv/pin --yes").status == 1)
    // The kernel's image goes, and its record with it.
    try root.run(
      "cp -a \(image) /boot/initrd.img-9; /etc/initramfs/post-update.d/000-latchkey-made 9 /boot/initrd.img-9"
    )
    let records = "ls /var/lib/latchkey/made-*/* | wc -l"
    let before = try root.run(records).text
    try root.run("rm /boot/initrd.img-9; /etc/kernel/postrm.d/zz-latchkey 9")
    #expect(try root.run(records).text != before)
    // Elsewhere it is nothing.
    let elsewhere = try root.run("/etc/initramfs/post-update.d/000-latchkey-made 9 /tmp/i; echo $?")
    #expect(elsewhere.text == "0\n" && elsewhere.errorText.isEmpty)
  }

  @Test("kernel-install's image is recorded where it was put in place, and not one that lies there")
  func kernelInstall() throws {
    let root = try DebianRoot()
    let ran = try root.run(
      """
      id=$(systemd-id128 new); echo $id >/etc/machine-id; mkdir -p /boot/$id /etc/kernel
      printf 'layout=bls\nBOOT_ROOT=/boot\n' >/etc/kernel/install.conf
      echo kernel >/srv/vmlinuz; echo initrd >/srv/initrd
      export KERNEL_INSTALL_PLUGINS="/usr/lib/kernel/install.d/90-loaderentry.install \
        /usr/lib/kernel/install.d/99-latchkey.install"
      mkdir -p /boot/$id/9; echo evil >/boot/$id/9/initrd-evil
      kernel-install add 9 /srv/vmlinuz /srv/initrd
      cat /var/lib/latchkey/made-*/*
      rm /boot/$id/9/initrd; kernel-install remove 9
      echo image >/boot/initrd.img-1; latchkey image-made /boot/initrd.img-1
      ls /var/lib/latchkey/made-*/* | wc -l
      """)
    #expect(ran.status == 0, "\(ran.errorText)")
    #expect(ran.text.contains("/9/initrd\nkernel-install\nhook\n"), "\(ran.text)\(ran.errorText)")
    #expect(!ran.text.contains("initrd-evil") && ran.text.hasSuffix("\n1\n"), "\(ran.text)")
  }
}
