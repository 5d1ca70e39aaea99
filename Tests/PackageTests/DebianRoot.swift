import Foundation
import TestSupport

/// A copy of one of the roots that `scripts/package-roots` made, for one suite to install into.
struct DebianRoot: Sendable {
  /// Where it is.
  let path: String
  /// What `scripts/package` made.
  static let packages = Repository.path(".build-package")
  /// The version in packaging/debian/changelog.
  static let version = "0.1.0"

  private static let made = Repository.path(".build-boot/package")

  /// - Parameters:
  ///   - kind: `base` or `machine`.
  ///   - name: of the copy, which replaces the one before.
  init(_ kind: String, as name: String) throws {
    path = Self.made + "/copies/" + name
    let copied = try Program.run(
      "sh",
      [
        "-euc", "rm -rf \"$1\"; mkdir -p \"${1%/*}\"; cp -a \"$0\" \"$1\"", Self.made + "/" + kind,
        path,
      ])
    guard copied.status == 0 else {
      throw TestSupportError("no root: run scripts/package-roots\n\(copied.errorText)")
    }
  }

  /// Deletes it.
  func remove() { try? FileManager.default.removeItem(atPath: path) }

  /// The kernel that `machine` has, or the newest.
  static func kernel(_ which: String) throws -> String {
    try String(contentsOfFile: made + "/" + which, encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// A package that scripts/package made, as seen in a root.
  static func package(_ name: String) -> String { "/packages/\(name)_\(version)_amd64.deb" }

  /// Runs a shell's script in it, as root, with a few devices of its own, and `loop` if there is one, which is
  /// the volume of ``LoopVolume``.
  func run(_ script: String, loop: LoopVolume? = nil) throws -> Program {
    try Program.run(
      "unshare",
      [
        "--mount", "sh", "-euc",
        """
        root=$0 packages=$1 debs=$2 script=$3 loop=$4 uuid=$5
        mkdir -p "$root/packages" "$root/debs"
        mount --bind "$packages" "$root/packages"
        mount --bind "$debs" "$root/debs"
        mount -t proc proc "$root/proc"
        mount -t sysfs sys "$root/sys"
        mount -t tmpfs dev "$root/dev"
        for device in null zero full random urandom tty; do cp -a "/dev/$device" "$root/dev/"; done
        ln -s /proc/self/fd "$root/dev/fd"
        if [ -n "$loop" ]; then
          cp -a "$loop" "$root/dev/"
          mkdir -p "$root/dev/disk/by-uuid"
          ln -s "$loop" "$root/dev/disk/by-uuid/$uuid"
        fi
        exec chroot "$root" env -i LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive HOME=/root \\
          PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -euc "$script"
        """,
        path, Self.packages, Self.made + "/debs", script, loop?.device ?? "", LoopVolume.uuid,
      ])
  }

  /// Runs a script that must end well.
  /// - Returns: what it wrote to stdout, and then to stderr.
  @discardableResult
  func expect(_ script: String, loop: LoopVolume? = nil) throws -> String {
    let ran = try run(script, loop: loop)
    guard ran.status == 0 else {
      throw TestSupportError("\(script)\nexit code \(ran.status)\n\(ran.text)\n\(ran.errorText)")
    }
    return ran.text + ran.errorText
  }
}

/// A LUKS image with a small root file system in it, as a block device.
final class LoopVolume: Sendable {
  /// The image's file.
  let image: String
  /// The loop device.
  let device: String
  /// The volume's UUID.
  static let uuid = "55555555-5555-4555-8555-555555555555"
  /// What opens it without a dongle.
  static let passphrase = "correct horse"

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    image = folder.path("disk.img")
    let made = try Program.run(
      Repository.path("scripts/luks-image"),
      [
        "make", image, "--type", "luks2", "--uuid", Self.uuid, "--passphrase", Self.passphrase,
        "--payload",
        Repository.path(".build-boot/machine/host/real.ext4"),
      ])
    guard made.status == 0 else { throw TestSupportError(made.errorText) }
    let attached = try Program.run("losetup", ["--show", "-f", image])
    guard attached.status == 0 else { throw TestSupportError(attached.errorText) }
    device = attached.text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  deinit { _ = try? Program.run("losetup", ["-d", device]) }
}
