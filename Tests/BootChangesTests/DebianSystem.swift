import Foundation
import TestSupport

/// A root with a dpkg of its own, whose packages are made by dpkg-deb.
final class DebianSystem {
  let folder: TemporaryFolder
  var root: String { folder.path("root") }
  var boot: String { root + "/boot" }

  init() throws {
    folder = try TemporaryFolder()
    for path in ["info", "updates", "triggers"] {
      try makeFolder(root + "/var/lib/dpkg/" + path)
    }
    try makeFolder(root + "/var/log")
    try makeFolder(boot)
    for name in ["status", "available"] { try folder.write("root/var/lib/dpkg/" + name, "") }
  }

  private func makeFolder(_ path: String) throws {
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
  }

  private func run(_ program: String, _ arguments: [String]) throws {
    let result = try Program.run(program, arguments, environment: ["LC_ALL": "C"])
    guard result.status == 0 else {
      throw TestSupportError("\(program): \(result.text)\(result.errorText)")
    }
  }

  /// Installs a package of these files, or upgrades to it.
  func install(_ package: String, _ version: String, files: [String: String]) throws {
    let source = folder.path("\(package)-\(version)")
    try makeFolder(source + "/DEBIAN")
    var sums = ""
    for (path, content) in files {
      let target = source + "/" + path
      try makeFolder((target as NSString).deletingLastPathComponent)
      try Data(content.utf8).write(to: URL(fileURLWithPath: target))
      let sum = try Program.run("md5sum", [target]).text.prefix(32)
      sums += "\(sum)  \(path)\n"
    }
    try Data(sums.utf8).write(to: URL(fileURLWithPath: source + "/DEBIAN/md5sums"))
    let control = """
      Package: \(package)
      Version: \(version)
      Architecture: all
      Maintainer: Nobody <nobody@example.org>
      Description: a test

      """
    try Data(control.utf8).write(to: URL(fileURLWithPath: source + "/DEBIAN/control"))
    try run("dpkg-deb", ["-Znone", "-b", source, source + ".deb"])
    try dpkg(["-i", source + ".deb"])
  }

  /// Takes a package away.
  func remove(_ package: String) throws { try dpkg(["-r", package]) }

  private func dpkg(_ arguments: [String]) throws {
    try run(
      "dpkg",
      [
        "--root=" + root, "--log=" + root + "/var/log/dpkg.log",
        "--force-not-root,script-chrootless,unsafe-io,bad-path",
      ] + arguments)
  }

  /// Writes a file under /boot.
  func write(_ name: String, _ text: String) throws {
    let path = boot + "/" + name
    try makeFolder((path as NSString).deletingLastPathComponent)
    try? FileManager.default.removeItem(atPath: path)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  /// Makes an image as update-initramfs does, with its note of it.
  func updateInitramfs(_ kernel: String, _ content: String) throws {
    try write("initrd.img-" + kernel, content)
    try makeFolder(root + "/var/lib/initramfs-tools")
    let sum = try Program.run("sha1sum", [boot + "/initrd.img-" + kernel]).text.prefix(40)
    try Data("\(sum)  /boot/initrd.img-\(kernel)\n".utf8).write(
      to: URL(fileURLWithPath: root + "/var/lib/initramfs-tools/" + kernel))
  }

  /// Points a link elsewhere.
  func link(_ name: String, to target: String) throws {
    try? FileManager.default.removeItem(atPath: boot + "/" + name)
    try FileManager.default.createSymbolicLink(
      atPath: boot + "/" + name, withDestinationPath: target)
  }
}
