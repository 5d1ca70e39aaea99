import Foundation
import TestSupport
import Testing

/// Runs our parts of Debian's and Arch's image makers in the Debian root of scripts/boot-images, in a mount
/// namespace of their own: what a case takes away is there again afterwards.
struct HookRun {
  let errors: String
  /// The paths in the image, a line each, with mode and owner.
  let files: String
  /// The list of volumes.
  let volumes: String
  let status: Int32

  /// - Parameters:
  ///   - crypttab: that of the image, as Debian's hook wrote it, and of the machine.
  ///   - before: a script; `$system` is the Debian root, `$volume` the enrolled volume's folder.
  init(
    _ program: String = "/usr/share/initramfs-tools/hooks/latchkey", crypttab: String,
    before: String = ""
  ) throws {
    let ran = try Program.run(
      "unshare",
      [
        "--mount", "sh", "-euc",
        """
        system=$0; installed=$1
        mkdir -p "$system/etc/latchkey"
        mount -t proc proc "$system/proc"
        mount --bind /dev "$system/dev"
        mount -t tmpfs none "$system/tmp"
        mount -t tmpfs -o mode=755 none "$system/etc/latchkey"
        cp -a "$installed/." "$system/etc/latchkey/"
        chown -R root:root "$system/etc/latchkey"
        volume=$system/etc/latchkey/\(Made.uuid)
        mkdir -p "$system/tmp/image/cryptroot" "$system/tmp/none"
        printf '%s\\n' "$2" >"$system/tmp/image/cryptroot/crypttab"
        printf '%s\\n' "$2" >"$system/tmp/crypttab"
        mount --bind "$system/tmp/crypttab" "$system/etc/crypttab"
        [ -z "$5" ] || cp "$5" "$system/tmp/stand-in"
        eval "$4"
        version=$(ls "$system/lib/modules")
        chroot "$system" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DESTDIR=/tmp/image \\
          BUILDROOT=/tmp/image version="$version" verbose=n MODULESDIR="/lib/modules/$version" \\
          CONFDIR=/etc/initramfs-tools MODULES=list sh -c "$3"
        echo "==volumes"
        cat "$system/tmp/image/etc/latchkey/volumes" 2>/dev/null || true
        echo "==files"
        cd "$system/tmp/image" && find . -printf '%M %U %p\\n'
        """,
        Made.system, Made.sysroot("one") + "/etc/latchkey", crypttab, program, before,
        Repository.path("Tests/InitramfsTests/StandIns/mkinitcpio"),
      ])
    errors = ran.errorText
    status = ran.status
    let parts = ran.text.components(separatedBy: "==files")
    files = parts.count > 1 ? parts[1] : ""
    volumes = parts[0].components(separatedBy: "==volumes").last ?? ""
  }

  static let entry = "cryptroot UUID=\(Made.uuid) none luks,initramfs,discard"
  static let keyscript =
    "cryptroot UUID=\(Made.uuid) none luks,initramfs,keyscript=/usr/lib/latchkey/keyscript"

  /// Whether the volume's files are in the image.
  var isTaken: Bool { files.contains("/etc/latchkey/\(Made.uuid)/key.pgp") }
}

@Suite("the hook of initramfs-tools")
struct HookTests {
  @Test("takes an enrolled volume of the image's crypttab, root's alone, and is silent")
  func whole() throws {
    let run = try HookRun(crypttab: HookRun.entry)
    #expect(run.status == 0)
    #expect(run.errors.isEmpty, "\(run.errors)")
    #expect(
      run.volumes.contains(
        "\ncryptroot \(Made.uuid) UUID=\(Made.uuid) luks,initramfs,discard\n"))
    for file in ["record", "key.pgp"] {
      #expect(run.files.contains("-rw------- 0 ./etc/latchkey/\(Made.uuid)/\(file)\n"))
    }
    #expect(run.files.contains("drwx------ 0 ./etc/latchkey/\(Made.uuid)\n"))
    for name in [
      "/usr/lib/latchkey/latchkey-unlock", "/usr/lib/latchkey/functions", "/usr/sbin/pcscd",
      "/libccid.so", "/Contents/Info.plist", "/libgcc_s.so.1", "/libusb-1.0.so.0",
      "/usr/bin/latchkey-unlock", "/etc/libccid_Info.plist",
    ] { #expect(run.files.contains(name), "\(name)") }
    #expect(!run.files.contains("trusted.d") && !run.files.contains("dongles"))
    #expect(
      !run.files.split(separator: "\n").contains {
        $0.hasPrefix("-") && $0.dropFirst(5).hasPrefix("w")
      })
  }

  @Test("puts nothing into an image that opens no enrolled volume")
  func nothing() throws {
    let run = try HookRun(
      crypttab: "other UUID=99999999-9999-4999-8999-999999999999 none luks,initramfs",
      before: "rm -r \"$volume\"")
    #expect(run.errors.isEmpty && !run.files.contains("latchkey") && !run.files.contains("pcscd"))
  }

  /// What is so, what is said of it, and whether the volume is taken all the same.
  static let faults: [(crypttab: String, before: String, said: String, isTaken: Bool)] = [
    (
      HookRun.entry, "echo >>\"$volume/key.pgp\"", "key.pgp is not the one that was recorded", false
    ),
    (HookRun.entry, "rm \"$volume/key.pgp\"", "there is no key.pgp", false),
    (HookRun.entry, ": >\"$volume/record\"", "the record is damaged", false),
    (HookRun.entry, "chmod g+w \"$volume/record\"", "others than root can write the record", false),
    (HookRun.entry, "chmod o+w \"$volume\"", "others than root can write the record", false),
    (
      HookRun.entry,
      "mv \"$volume\" \"$volume-\"; new=$system/etc/latchkey/22222222-2222-4222-8222-222222222222; "
        + "mv \"$volume-\" \"$new\"; sed -i 's/UUID=[^ ]*/UUID=22222222-2222-4222-8222-222222222222/' "
        + "\"$system/tmp/image/cryptroot/crypttab\"",
      "the record is another volume's", false
    ),
    (
      HookRun.keyscript, "rm -r \"$volume\"",
      "cryptroot: crypttab names Latchkey's keyscript, and no dongle is enrolled for it", false
    ),
    (HookRun.keyscript, "", "", true),
    (
      "cryptroot UUID=\(Made.uuid) /etc/keys/root.gpg luks,keyscript=decrypt_gnupg-sc", "",
      "crypttab names /lib/cryptsetup/scripts/decrypt_gnupg-sc, which opens it instead of Latchkey",
      false
    ),
    (
      "cryptroot UUID=\(Made.uuid) /etc/keys/root.key luks,initramfs", "",
      "crypttab names a key file, which opens it without the dongle", false
    ),
    (
      "cryptroot UUID=\(Made.uuid) none luks,initramfs,header=/boot/header", "",
      "its header lies apart", false
    ),
    (
      HookRun.entry,
      "cp -a \"$volume\" \"$system/etc/latchkey/99999999-9999-4999-8999-999999999999\"",
      "the enrolled volume 99999999-9999-4999-8999-999999999999 is not in /etc/crypttab", true
    ),
    (
      HookRun.entry, "mount --bind \"$system/tmp/none\" \"$system/usr/lib/cryptsetup\"",
      "cryptsetup is missing, no volume is opened at boot", false
    ),
    (
      HookRun.entry, "mount --bind \"$system/tmp/crypttab\" \"$system/usr/sbin/pcscd\"",
      "pcscd is missing, no dongle can be asked at boot: apt install pcscd", true
    ),
    (
      HookRun.entry, "mount --bind \"$system/tmp/none\" \"$system/usr/lib/pcsc\"",
      "libccid is missing, no dongle will be seen at boot: apt install libccid", true
    ),
    (
      HookRun.entry, "mount --bind \"$system/tmp/crypttab\" \"$system/etc/ld.so.cache\"",
      "libgcc_s.so.1 is missing, without which pcscd aborts at boot: apt install libgcc-s1", true
    ),
    (
      HookRun.entry,
      "mount --bind \"$system/tmp/crypttab\" \"$system/usr/lib/latchkey/latchkey-unlock\"",
      "/usr/lib/latchkey/latchkey-unlock is missing", true
    ),
    (
      HookRun.entry, "mount --bind \"$system/tmp/crypttab\" \"$system/usr/bin/latchkey\"",
      "the command latchkey is missing or failed", true
    ),
  ]

  @Test(
    "what can't work is said when the image is made, and ends nothing", arguments: faults.indices)
  func fault(index: Int) throws {
    let fault = Self.faults[index]
    let run = try HookRun(crypttab: fault.crypttab, before: fault.before)
    #expect(run.status == 0)
    #expect(
      fault.said.isEmpty ? run.errors.isEmpty : run.errors.contains(fault.said),
      "\(fault.before):\n\(run.errors)")
    #expect(run.isTaken == fault.isTaken, "\(fault.said):\n\(run.files)")
    if fault.crypttab == HookRun.entry, !fault.isTaken {
      #expect(
        run.errors.contains("is left out of this initramfs: its passphrase will be asked for")
          || index == 5 || fault.said.hasPrefix("cryptsetup is missing"))
    }
  }

  @Test(
    "mkinitcpio's build takes the same, by stand-ins of its functions", arguments: [false, true])
  func mkinitcpio(hasSystemd: Bool) throws {
    let run = try HookRun(
      "bash /tmp/stand-in", crypttab: HookRun.entry,
      before: hasSystemd
        ? "mkdir -p \"$system/tmp/image/usr/lib/systemd\"; : >\"$system/tmp/image/usr/lib/systemd/systemd\""
        : "")
    #expect(run.status == 0)
    #expect(run.errors.isEmpty, "\(run.errors)")
    #expect(run.isTaken)
    #expect(run.volumes.contains("\nluks-\(Made.uuid) \(Made.uuid) UUID=\(Made.uuid) luks\n"))
    for name in [
      "/usr/lib/latchkey/latchkey-unlock", "/usr/lib/latchkey/functions", "pcscd", "/libccid.so",
      "/Contents/Info.plist", "/libgcc_s.so.1",
    ] { #expect(run.files.contains(name), "\(name)") }
    #expect(run.files.contains("latchkey.service") == hasSystemd)
    #expect(run.files.contains("/runscript") == !hasSystemd)
  }
}
