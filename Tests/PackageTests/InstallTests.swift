import Foundation
import TestSupport
import Testing

/// The package in a Debian 12 that has nothing else.
@Suite("the Debian package", .serialized)
struct InstallTests {
  static let install = "apt-get -q -y --no-install-recommends install"

  @Test("lintian has neither an error nor a warning")
  func lintian() throws {
    let lintian = try Program.run(
      "lintian",
      [
        "--allow-root", "--fail-on", "error,warning",
        "\(DebianRoot.packages)/latchkey_\(DebianRoot.version)_amd64.changes",
      ])
    #expect(lintian.status == 0, "\(lintian.text)\(lintian.errorText)")
    #expect(!lintian.text.contains("E: ") && !lintian.text.contains("W: "), "\(lintian.text)")
  }

  @Test("Packed again at another time, under another umask and language, it has the same bytes")
  func reproducible() throws {
    let sums = "cd \"$0\" && sha256sum *_\(DebianRoot.version)_amd64.deb"
    let before = try Program.run("sh", ["-c", sums, DebianRoot.packages])
    let folder = try TemporaryFolder()
    let again = try Program.run(
      "sh",
      ["-c", "umask 077; exec \"$0\" \"$1\"", Repository.path("packaging/pack"), folder.path],
      environment: ["LC_ALL": "C", "TZ": "Asia/Tokyo", "SOURCE_DATE_EPOCH": "1"], timeout: 2400)
    #expect(again.status == 0, "\(again.errorText)")
    let after = try Program.run("sh", ["-c", sums, folder.path])
    #expect(before.text == after.text)
    #expect(before.text.split(separator: "\n").count == 2)
  }

  /// What lies where, with mode and type.
  static let places: [(path: String, mode: String)] = [
    ("/usr/bin/latchkey", "-rwxr-xr-x"),
    ("/usr/lib/latchkey/latchkey-unlock", "-rwxr-xr-x"),
    ("/usr/lib/latchkey/keyscript", "-rwxr-xr-x"),
    ("/usr/lib/latchkey/unlock-by-ssh", "-rwxr-xr-x"),
    ("/usr/lib/latchkey/functions", "-rw-r--r--"),
    (
      "/usr/lib/x86_64-linux-gnu/cryptsetup/libcryptsetup-token-openpgp-card.so", "-rw-r--r--"
    ),
    ("/usr/share/initramfs-tools/hooks/latchkey", "-rwxr-xr-x"),
    ("/usr/share/initramfs-tools/scripts/local-top/latchkey", "-rwxr-xr-x"),
    ("/usr/share/initramfs-tools/scripts/local-block/00-latchkey", "-rwxr-xr-x"),
    ("/usr/share/initramfs-tools/scripts/local-bottom/latchkey", "-rwxr-xr-x"),
    ("/usr/lib/dracut/modules.d/90latchkey/module-setup.sh", "-rwxr-xr-x"),
    ("/etc/kernel/postinst.d/zz-latchkey", "-rwxr-xr-x"),
    ("/etc/kernel/postrm.d/zz-latchkey", "-rwxr-xr-x"),
    ("/etc/initramfs/post-update.d/000-latchkey-made", "-rwxr-xr-x"),
    ("/etc/initramfs/post-update.d/zz-latchkey", "-rwxr-xr-x"),
    ("/usr/lib/kernel/install.d/99-latchkey.install", "-rwxr-xr-x"),
    ("/etc/apt/apt.conf.d/80latchkey", "-rw-r--r--"),
    ("/etc/update-motd.d/60-latchkey", "-rwxr-xr-x"),
    ("/etc/profile.d/latchkey.sh", "-rw-r--r--"),
    ("/etc/xdg/autostart/latchkey-notice.desktop", "-rw-r--r--"),
    ("/lib/systemd/system/latchkey-verify.service", "-rw-r--r--"),
    ("/lib/systemd/system/latchkey-shutdown.service", "-rw-r--r--"),
    ("/usr/lib/systemd/user/latchkey-notice.path", "-rw-r--r--"),
    ("/etc/latchkey", "drwxr-xr-x"), ("/etc/latchkey/trusted.d", "drwxr-xr-x"),
    ("/var/lib/latchkey", "drwxr-xr-x"),
    ("/usr/share/man/man1/latchkey.1.gz", "-rw-r--r--"),
    ("/usr/share/man/man8/latchkey-unlock.8.gz", "-rw-r--r--"),
    ("/usr/share/man/man8/libcryptsetup-token-openpgp-card.8.gz", "-rw-r--r--"),
    ("/usr/share/bash-completion/completions/latchkey", "-rw-r--r--"),
    ("/usr/share/zsh/vendor-completions/_latchkey", "-rw-r--r--"),
    ("/usr/share/fish/vendor_completions.d/latchkey.fish", "-rw-r--r--"),
    ("/usr/share/doc/latchkey/copyright", "-rw-r--r--"),
    ("/usr/share/doc/latchkey/changelog.gz", "-rw-r--r--"),
  ]

  @Test("Installed, upgraded, removed, purged and installed again, each leaves what it should")
  func lifecycle() throws {
    let root = try DebianRoot("base", as: "lifecycle")
    defer { root.remove() }
    let before = try Self.files(in: root)

    // An older version, whose hook for kernels is another one; the administrator has changed the one for apt.
    try root.expect(
      """
      dpkg-deb -R \(DebianRoot.package("latchkey")) /tmp/old
      sed -i 's/^Version: .*/Version: 0.0.9/' /tmp/old/DEBIAN/control
      echo '# as it was' >>/tmp/old/etc/kernel/postinst.d/zz-latchkey
      dpkg-deb -Znone -b /tmp/old /tmp/old.deb
      \(Self.install) /tmp/old.deb
      rm -r /tmp/old /tmp/old.deb
      echo '// mine' >>/etc/apt/apt.conf.d/80latchkey
      """)
    try root.expect("\(Self.install) \(DebianRoot.package("latchkey"))")
    #expect(
      try root.expect("dpkg-query -W -f '${Version} ${Status}' latchkey")
        == "0.1.0 install ok installed")
    #expect(try root.expect("tail -n 1 /etc/apt/apt.conf.d/80latchkey") == "// mine\n")
    #expect(try root.run("grep 'as it was' /etc/kernel/postinst.d/zz-latchkey").status == 1)
    // Whatever is not as the package has it: that file alone.
    let changed = try root.expect("dpkg --verify latchkey || true")
    #expect(changed == "??5?????? c /etc/apt/apt.conf.d/80latchkey\n")
    try Self.look(root)

    // A volume of this machine, somebody's certificate, and what is only remembered.
    let uuid = LoopVolume.uuid
    try root.expect(
      """
      mkdir -p /etc/latchkey/\(uuid) /etc/latchkey/dongles /var/lib/latchkey/headers /var/lib/latchkey/journal
      echo record >/etc/latchkey/\(uuid)/record
      echo key >/etc/latchkey/\(uuid)/key.pgp
      echo known >/etc/latchkey/dongles/000F:00000A01
      echo certificate >/etc/latchkey/trusted.d/A.asc
      echo header >/var/lib/latchkey/headers/\(uuid)-2026-11-21T120000Z.luks
      echo phase >/var/lib/latchkey/journal/\(uuid)
      : >/var/lib/latchkey/journal/lock
      echo memory >/var/lib/latchkey/signed-00
      mkdir -p /var/lib/latchkey/kept-00 /var/lib/latchkey/default-00/before
      echo listing >/var/lib/latchkey/kept-00/image
      echo entry >/var/lib/latchkey/default-00/before/kexec_default.1.txt
      echo sign >/var/lib/latchkey/boot-notice
      """)
    let removal = try root.expect("apt-get -q -y remove latchkey")
    #expect(removal.contains("no dongle opens these volumes at boot any longer"), "\(removal)")
    #expect(removal.contains(uuid), "\(removal)")
    // What stays of a removed package is run, and does nothing.
    try root.expect(
      """
      for hook in /etc/kernel/postinst.d /etc/kernel/postrm.d /etc/initramfs/post-update.d; do
        $hook/zz-latchkey 6.1.0 /boot/vmlinuz
      done
      /etc/initramfs/post-update.d/000-latchkey-made 6.1.0 /boot/initrd.img-6.1.0
      test -z "$(/etc/update-motd.d/60-latchkey)"
      apt-get -q update
      """)
    let stays: Set<String> = [
      "/etc/latchkey/\(uuid)/key.pgp", "/etc/latchkey/\(uuid)/record",
      "/etc/latchkey/trusted.d/A.asc", "/etc/latchkey/dongles/000F:00000A01",
      "/var/lib/latchkey/headers/\(uuid)-2026-11-21T120000Z.luks",
      "/var/lib/latchkey/journal/\(uuid)",
    ]
    let purge = try root.expect("apt-get -q -y purge latchkey")
    let left = try Self.files(in: root).subtracting(before).filter { !$0.hasSuffix("/") }
    #expect(left == stays, "\(left.symmetricDifference(stays).sorted())")
    for file in stays { #expect(purge.contains("\n  \(file)\n"), "\(file)") }

    // Again, and away without a trace, once there is nothing to lose.
    try root.expect(
      """
      \(Self.install) \(DebianRoot.package("latchkey"))
      latchkey --version
      rm -r /etc/latchkey/\(uuid) /etc/latchkey/trusted.d/A.asc /var/lib/latchkey/headers/* /var/lib/latchkey/journal/*
      """)
    #expect(try root.expect("dpkg --verify latchkey") == "")
    try root.expect("apt-get -q -y purge latchkey")
    let traces = try Self.files(in: root).subtracting(before)
    #expect(traces.isEmpty, "\(traces.sorted())")
  }

  /// Each file in its place, and programs that run where there is no Swift.
  private static func look(_ root: DebianRoot) throws {
    for place in places {
      #expect(try root.expect("stat -c %A '\(place.path)'") == place.mode + "\n", "\(place.path)")
    }
    #expect(try root.expect("find /etc/latchkey /var/lib/latchkey ! -user root -o -type l") == "")
    #expect(try root.run("command -v swift || ldconfig -p | grep -i swift").status == 1)
    for program in [
      "/usr/bin/latchkey", "/usr/lib/latchkey/latchkey-unlock",
      "/usr/lib/x86_64-linux-gnu/cryptsetup/libcryptsetup-token-openpgp-card.so",
    ] {
      let libraries = try root.expect("ldd \(program)")
      #expect(
        !libraries.contains("not found") && !libraries.lowercased().contains("swift"),
        "\(libraries)")
    }
    #expect(try root.expect("latchkey --version") == "latchkey \(DebianRoot.version)\n")
    #expect(try root.expect("latchkey --help").contains("OpenPGP dongle"))
    // Neither pcscd nor a dongle is there, which is no failure of a report.
    let status = try root.run("latchkey status")
    #expect(status.status == 0, "\(status.text)\(status.errorText)")
    #expect((status.text + status.errorText).contains("pcscd"), "\(status.text)\(status.errorText)")
    let units = try root.expect(
      "ls /etc/systemd/system/multi-user.target.wants /etc/systemd/user/graphical-session.target.wants"
    )
    for unit in ["latchkey-verify.service", "latchkey-shutdown.service", "latchkey-notice.path"] {
      #expect(units.contains(unit), "\(units)")
    }
  }

  /// Every file and folder below a root that no package has and that isn't dpkg's or apt's own; folders with a
  /// slash at the end.
  private static func files(in root: DebianRoot) throws -> Set<String> {
    func lines(_ script: String) throws -> Set<String> {
      let ran = try Program.run("sh", ["-euc", "cd \"$0\"\n" + script, root.path])
      return Set(ran.text.split(separator: "\n").map(String.init))
    }
    // /lib and its like are links into /usr.
    let owned = try lines(
      "sed -E 's#^/(bin|lib|lib64|sbin)(/|$)#/usr/\\1\\2#' var/lib/dpkg/info/*.list")
    let all = try lines(
      """
      find . -mindepth 1 \\( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o -path ./run \\
        -o -path ./var/lib/dpkg -o -path ./var/log -o -path ./var/cache -o -path ./var/lib/apt \\
        -o -path ./packages -o -path ./debs -o -path ./etc/ld.so.cache \\) -prune \\
        -o \\( -type d -printf '/%P/\\n' -o -printf '/%P\\n' \\)
      """)
    return all.filter { !owned.contains($0.hasSuffix("/") ? String($0.dropLast()) : $0) }
  }
}
