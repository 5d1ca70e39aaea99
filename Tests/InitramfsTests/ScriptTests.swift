import Foundation
import TestSupport
import Testing

/// The scripts of a real image, run by the image's own shell in its own root, with its real pcscd, and with a
/// stand-in for latchkey-unlock that writes down what it is asked.
@Suite("the scripts in the initramfs")
struct ScriptTests {
  private static let stage = """
    mkdir -p "$0/root/dev" "$0/root/proc" "$0/root/run" "$0/root/tmp"
    mount -t tmpfs none "$0/root/dev"
    mount -t proc proc "$0/root/proc"
    cd "$0/root"
    mkdir -p dev/disk/by-uuid dev/mapper run
    mknod dev/null c 1 3; mknod dev/vda b 253 0
    here=dev/disk/by-uuid/\(Made.uuid)
    ln -s ../../vda "$here"
    cat >usr/lib/latchkey/latchkey-unlock <<'STANDIN'
    #!/bin/sh
    echo "$*" >>/asked
    case " $* " in *" --activate "*) ;; *) [ -e /code ] || printf 'the key' ;; esac
    exit "$(cat /code 2>/dev/null || echo 0)"
    STANDIN
    for program in usr/bin/udevadm usr/lib/cryptsetup/askpass; do
      rm -f "$program"
      printf '#!/bin/sh\\nprintf "%%s" "the passphrase"\\n' >"$program"
      chmod 755 "$program"
    done
    printf '#!/bin/sh\\nexit 0\\n' >usr/bin/udevadm
    command_line() { echo "$*" >"$0/command-line"; mount --bind "$0/command-line" proc/cmdline; }
    in_image() { chroot . /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
    asked() { echo "asked: $(cat asked 2>/dev/null)"; }
    command_line "quiet root=/dev/mapper/cryptroot"
    """

  /// What a script that is run in that stage writes.
  private func run(_ script: String) throws -> Program {
    let unpacked = try Unpacked("one")
    // A process namespace of its own: whatever a case starts ends with it.
    return try Program.run(
      "unshare",
      [
        "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", Self.stage + "\n" + script,
        unpacked.folder.path,
      ])
  }

  private static let request =
    "--activate --run /run/latchkey --flags 0 /dev/disk/by-uuid/\(Made.uuid) cryptroot "
    + "/etc/latchkey/\(Made.uuid)"

  @Test(
    "the volume is asked about once in a boot, whatever the answer", arguments: [0, 1, 3, 4, 5, 6])
  func once(code: Int) throws {
    let ran = try run(
      """
      echo \(code) >code
      in_image /scripts/local-top/latchkey; echo "ended $?"
      in_image /scripts/local-block/00-latchkey; echo "ended $?"
      asked
      """)
    #expect(ran.text == "ended 0\nended 0\nasked: \(Self.request)\n", "\(ran.text)\(ran.errorText)")
  }

  @Test("what is mapped already is not asked about")
  func mapped() throws {
    let ran = try run(": >dev/mapper/cryptroot; in_image /scripts/local-top/latchkey; asked")
    #expect(ran.text == "asked: \n", "\(ran.text)\(ran.errorText)")
  }

  @Test("latchkey=off asks nothing, and starts nothing; only that very word does")
  func off() throws {
    let ran = try run(
      """
      command_line "quiet latchkey=off"
      in_image /scripts/local-top/latchkey
      in_image /scripts/local-block/00-latchkey
      asked; ls run
      command_line "latchkey=offer xlatchkey=off"
      in_image /scripts/local-top/latchkey
      asked
      """)
    #expect(ran.text == "asked: \nasked: \(Self.request)\n", "\(ran.text)\(ran.errorText)")
  }

  @Test("a volume that comes late is asked about in local-block")
  func late() throws {
    let ran = try run(
      """
      rm "$here"
      in_image /scripts/local-top/latchkey
      asked
      ln -s ../../vda "$here"
      in_image /scripts/local-block/00-latchkey
      asked
      """)
    #expect(ran.text == "asked: \nasked: \(Self.request)\n", "\(ran.text)\(ran.errorText)")
  }

  @Test(
    "how crypttab says that a volume is mapped is heard",
    arguments: [
      ("luks,initramfs", 0), ("luks,discard", 8), ("readonly", 1),
      ("discard,same-cpu-crypt,submit-from-crypt-cpus", 200),
      ("no-read-workqueue,no-write-workqueue", 50_331_648), ("nodiscard,tries=8", 0),
    ])
  func options(text: String, flags: Int) throws {
    let ran = try run(
      """
      sed -i 's/ luks,initramfs$/ \(text)/' etc/latchkey/volumes
      in_image /scripts/local-top/latchkey
      asked
      """)
    #expect(ran.text.contains("--flags \(flags) /dev/"), "\(ran.text)\(ran.errorText)")
  }

  @Test(
    "pcscd runs while volumes are opened, and is gone with its folder before the root is switched")
  func daemon() throws {
    let ran = try run(
      """
      in_image /scripts/local-top/latchkey
      process=$(cat run/pcscd.pid)
      readlink "/proc/$process/exe" >/dev/null 2>&1 || mount -t proc proc /proc
      basename "$(readlink "/proc/$process/exe")"
      in_image quiet=y /scripts/local-bottom/cryptopensc
      in_image /scripts/local-bottom/latchkey
      readlink "/proc/$process/exe" || echo ended
      ls -A run
      """)
    #expect(ran.text.hasPrefix("pcscd\n"), "\(ran.text)\(ran.errorText)")
    #expect(ran.text.contains("ended\n") && !ran.text.contains("pcscd.pid"), "\(ran.text)")
    #expect(ran.text.components(separatedBy: "pcscd").count == 2, "\(ran.text)")
  }

  @Test("the pcscd that Debian's own script started is shared")
  func shared() throws {
    let ran = try run(
      """
      mount -t proc proc /proc
      in_image /scripts/local-top/cryptopensc
      first=$(cat run/pcscd.pid)
      in_image /scripts/local-top/latchkey
      [ "$first" = "$(cat run/pcscd.pid)" ] && echo shared
      asked
      """)
    #expect(ran.text == "shared\nasked: \(Self.request)\n", "\(ran.text)\(ran.errorText)")
  }

  @Test("over SSH the volume is asked about again, and the program's exit code comes back")
  func overSSH() throws {
    let ran = try run(
      """
      echo 6 >code
      in_image /scripts/local-top/latchkey
      status=0; in_image /usr/bin/latchkey-unlock || status=$?
      echo "ended $status"
      asked
      """)
    #expect(
      ran.text == "ended 6\nasked: \(Self.request)\n\(Self.request)\n",
      "\(ran.text)\(ran.errorText)")
  }

  @Test("the keyscript gives the key, asks the dongle once in a boot, and else for the passphrase")
  func keyscript() throws {
    let ran = try run(
      """
      cp "$1" usr/lib/latchkey/keyscript
      ask() { in_image CRYPTTAB_NAME=cryptroot CRYPTTAB_SOURCE="UUID=\(Made.uuid)" CRYPTTAB_KEY=none \\
        CRYPTTAB_TRIED="$1" sh /usr/lib/latchkey/keyscript none; echo; }
      ask 0; ask 1; ask 0
      wc -l <asked
      rm run/latchkey/keyscript-*; echo 6 >code; ask 0
      rm run/latchkey/keyscript-*; rm code; command_line latchkey=off; ask 0
      wc -l <asked
      """.replacingOccurrences(
        of: "\"$1\" usr", with: "\(Repository.path("initramfs/keyscript")) usr"))
    #expect(
      ran.text == """
        the key
        the passphrase
        the passphrase
        1
        the passphrase
        the passphrase
        2

        """, "\(ran.text)\(ran.errorText)")
  }
}
