import Foundation
import TestSupport

/// What scripts/boot-images made: a Debian root with our hook in it, and initramfs images made there.
enum Made {
  static let folder = Repository.path(".build-boot/machine")
  /// The Debian root.
  static let system = folder + "/system"
  /// The UUID of the volume that every image opens.
  static let uuid = "11111111-1111-4111-8111-111111111111"

  /// An image, as in `one`.
  static func image(_ name: String) -> String { folder + "/initrd/\(name).img" }
  /// The root folder whose /etc/latchkey an image was made from.
  static func sysroot(_ name: String) -> String { folder + "/host/\(name)" }
}

/// An image's files laid out in a folder, to be changed and packed again.
final class Unpacked {
  let folder: TemporaryFolder
  var root: String { folder.path("root") }
  var sysroot: String { folder.path("sysroot") }

  /// All archives of an image over each other, by other people's programs.
  init(_ name: String) throws {
    folder = try TemporaryFolder()
    try run(
      """
      mkdir "$0/root" "$0/sysroot"
      cp -a "$2/etc" "$0/sysroot/"
      cd "$0/root"
      # Debian's image for this test has no microcode in front: it is one compressed archive.
      { zstd -dcq "$1" 2>/dev/null || true; } | cpio --quiet -i -d --no-absolute-filenames
      """, Made.image(name), Made.sysroot(name))
  }

  /// A shell's script in the unpacked image's root, with `$0` the folder around it.
  func run(_ script: String, _ arguments: String...) throws {
    let ran = try Program.run(
      "sh", ["-euc", "[ ! -d \"$0/root\" ] || cd \"$0/root\"\n" + script, folder.path] + arguments)
    guard ran.status == 0 else { throw TestSupportError(script + "\n" + ran.errorText) }
  }

  /// An image of it, packed by cpio and compressed.
  func pack(_ compression: String = "gzip -1", early: Bool = false) throws -> String {
    try run(
      """
      : >"$0/image"
      if [ "$2" = yes ]; then
        mkdir -p "$0/early/kernel/x86/microcode"
        echo microcode >"$0/early/kernel/x86/microcode/GenuineIntel.bin"
        (cd "$0/early" && find . | cpio --quiet -o -H newc) >"$0/image"
        # As iucode-tool does, to the next block.
        truncate -s %512 "$0/image"
      fi
      find . | cpio --quiet -o -H newc -R 0:0 | $1 >>"$0/image"
      """, compression, early ? "yes" : "no")
    return folder.path("image")
  }

  /// `latchkey initramfs check` of an image.
  func check(_ image: String, _ options: String...) throws -> Program {
    try Program.run(
      Repository.product("latchkey"),
      ["initramfs", "check", "--sysroot", sysroot, image] + options)
  }
}
