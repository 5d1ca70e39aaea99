import Foundation
import TestSupport
import Testing

@testable import BootChanges

/// An image made of what a system's packages ship, and of what hooks write, and the same after somebody has
/// changed it who can write /boot alone.
@Suite("where what is in an image is from")
struct ImageOriginTests {
  private static let setup = """
    set -e
    umask 022
    mkdir -p s/var/lib/dpkg/info s/etc/initramfs-tools s/usr/lib/udev T/{etc,conf/conf.d,cryptroot,dev,tmp} \
      T/usr/{bin,sbin,lib} T/scripts/init-top
    package() { # name path mode, content on standard input
      mkdir -p "s/${2%/*}"; cat >"s/$2"; chmod "$3" "s/$2"
      printf '/.\\n/%s\\n' "$2" >>"s/var/lib/dpkg/info/$1.list"
      printf '%s  %s\\n' "$(md5sum <"s/$2" | cut -c1-32)" "$2" >>"s/var/lib/dpkg/info/$1.md5sums"
      printf 'Package: %s\\nStatus: install ok installed\\nVersion: 2.0\\n\\n' "$1" >>s/var/lib/dpkg/status
    }
    echo init | package initramfs-tools-core usr/share/initramfs-tools/init 755
    echo all | package initramfs-tools-core usr/share/initramfs-tools/scripts/init-top/all 755
    echo script | package docs usr/share/doc/init-top/all 755
    printf 'busybox\\0[\\0[[\\0cat\\0init\\0modprobe\\0sh\\0\\0' | package busybox usr/bin/busybox 755
    echo tool | package tools usr/bin/tool 755
    echo set-uid | package tools usr/bin/mount 4755
    echo kmod | package kmod usr/bin/kmod 755
    echo data | package tools usr/lib/data 644
    ln -s bin/tool s/usr/lib/tool-link
    for f in ld.so.preload rc.local; do echo /usr/lib/x.so >s/etc/$f; done; chmod 755 s/etc/rc.local
    echo 'BUSYBOX=y' | tee s/etc/initramfs-tools/initramfs.conf >T/conf/initramfs.conf
    echo 'X=y' >s/etc/initramfs-tools/param.conf
    echo 'root UUID=1 none luks' | tee s/etc/crypttab >T/cryptroot/crypttab
    echo hwdb >s/usr/lib/udev/hwdb.bin
    cp -p s/usr/share/initramfs-tools/init T/init
    cp -p s/usr/share/initramfs-tools/scripts/init-top/all T/scripts/init-top/
    cp -p s/usr/bin/* T/usr/bin/; cp -p s/usr/lib/data T/usr/lib/
    ln T/usr/bin/busybox T/usr/bin/cat; ln -s busybox T/usr/bin/sh
    ln -s usr/bin T/bin; ln -s ../bin/kmod T/usr/sbin/modprobe; ln -s bin/tool T/usr/lib/tool-link
    mkdir T/usr/lib/udev; cp s/usr/lib/udev/hwdb.bin T/usr/lib/udev/
    printf '/scripts/init-top/all "$@"\\n[ -e /conf/param.conf ] && . /conf/param.conf\\n' \
      >T/scripts/init-top/ORDER
    echo DPKG_ARCH=amd64 >T/conf/arch.conf; echo hello >T/etc/motd; chmod 1777 T/tmp

    """
  private static let pack = """

    (cd T && find . | LC_ALL=C sort | cpio --quiet -o -H newc) >image; cat more >>image 2>/dev/null || true
    """

  private func unexplained(_ script: String) throws -> [String] {
    let folder = try TemporaryFolder()
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
    let made = try Program.run(
      "bash", ["-c", Self.setup + script + Self.pack], folder: folder.path)
    guard made.status == 0 else { throw TestSupportError(made.errorText) }
    let inspection = ImageInspection(
      "/image", in: folder.path, since: nil, others: [], root: folder.path("s"),
      PackageDatabase(root: folder.path("s")))
    #expect(inspection.failure == nil)
    let paths = inspection.changes.filter { !$0.cause.explains }
      .map { String(decoding: $0.path, as: UTF8.self) }.sorted()
    #expect(inspection.isAccountedFor == paths.isEmpty)
    return paths
  }

  @Test("each part has a cause")
  func good() throws {
    #expect(try unexplained("") == [])
  }

  @Test(
    "what could make the boot run something else has none",
    arguments: [
      ("a link for init", "ln -sf usr/bin/busybox T/init", "init"),
      ("another program for init", "cp -p T/usr/bin/tool T/init", "init"),
      ("a name that busybox hasn't", "ln -s busybox T/usr/sbin/cryptsetup", "usr/sbin/cryptsetup"),
      ("busybox as that", "cp -p T/usr/bin/busybox T/usr/sbin/cryptsetup", "usr/sbin/cryptsetup"),
      ("busybox for kmod", "ln -sf ../bin/busybox T/usr/sbin/modprobe", "usr/sbin/modprobe"),
      ("busybox in another folder", "cp -p T/usr/bin/busybox T/usr/lib/sh", "usr/lib/sh"),
      ("busybox as a script", "cp -p T/usr/bin/busybox T/scripts/sh", "scripts/sh"),
      ("a name that kmod hasn't", "ln -s ../bin/kmod T/usr/sbin/blkid", "usr/sbin/blkid"),
      ("a link to what begins alike", "ln -s tool T/usr/bin/to", "usr/bin/to"),
      ("a link elsewhere than here", "ln -sf data T/usr/lib/tool-link", "usr/lib/tool-link"),
      ("a link to a folder", "ln -s /scripts T/usr/lib/scr", "usr/lib/scr"),
      ("a link out of a merged folder", "ln -sfn usr/lib T/bin", "bin"),
      ("a package's file elsewhere", "cp -p T/usr/bin/tool T/usr/bin/other", "usr/bin/other"),
      (
        "a package's file as a script", "cp -p T/usr/bin/tool T/scripts/init-top/tool",
        "scripts/init-top/tool"
      ),
      ("a set-uid bit", "chmod 4755 T/usr/bin/tool", "usr/bin/tool"),
      ("a set-gid bit", "chmod 2755 T/usr/bin/tool", "usr/bin/tool"),
      ("a program that others write", "chmod 757 T/usr/bin/tool", "usr/bin/tool"),
      ("a program that can't be run", "chmod 644 T/usr/bin/tool", "usr/bin/tool"),
      ("data that can be run", "chmod 755 T/usr/lib/data", "usr/lib/data"),
      ("a generated file that can be run", "chmod 755 T/etc/motd", "etc/motd"),
      ("settings that can be run", "chmod 755 T/conf/initramfs.conf", "conf/initramfs.conf"),
      ("a crypttab that others write", "chmod 666 T/cryptroot/crypttab", "cryptroot/crypttab"),
      ("a folder that others write", "chmod 777 T/scripts", "scripts"),
      ("a set-gid folder", "chmod 2755 T/scripts", "scripts"),
      ("a library for every program", "cp -p s/etc/ld.so.preload T/etc/", "etc/ld.so.preload"),
      ("a script of /etc", "cp -p s/etc/rc.local T/etc/", "etc/rc.local"),
      (
        "settings that scripts read", "cp s/etc/initramfs-tools/param.conf T/conf/",
        "conf/param.conf"
      ),
      ("other settings", "echo BOOT=nfs >>T/conf/initramfs.conf", "conf/initramfs.conf"),
      ("settings of nobody", "echo BOOT=nfs >T/conf/conf.d/x", "conf/conf.d/x"),
      ("another list of hardware", "echo x >>T/usr/lib/udev/hwdb.bin", "usr/lib/udev/hwdb.bin"),
      ("another device for a volume", "sed -i s/=1/=2/ T/cryptroot/crypttab", "cryptroot/crypttab"),
      (
        "a list among modules",
        "mkdir -p T/usr/lib/modules/6.1; echo x >T/usr/lib/modules/6.1/modules.x",
        "usr/lib/modules/6.1/modules.x"
      ),
      ("a pipe", "mkfifo T/dev/pipe", "dev/pipe"),
    ])
  func changed(_ what: String, _ script: String, _ paths: String) throws {
    #expect(try unexplained(script) == paths.split(separator: ",").map(String.init), "\(what)")
  }

  @Test("a mode that a package's program has here is no change")
  func modes() throws {
    #expect(try unexplained("chmod 755 T/usr/bin/mount").isEmpty)
    #expect(try unexplained("chmod 700 T/usr/bin/tool T/usr/sbin").isEmpty)
  }
}
