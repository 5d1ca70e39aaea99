import BootEntries
import Foundation
import TestSupport
import Testing

@Suite("The default entry in a menu made anew")
struct DefaultRenewalTests {
  private struct Entry {
    var name: String
    var kernel: String
    var options = "root=UUID=a ro"
    var xen: String?

    var text: String {
      if let xen {
        return """
          menuentry '\(name)' {
          multiboot2 /xen-\(xen).gz placeholder
          module2 /vmlinuz-\(kernel) placeholder \(options)
          module2 /initrd.img-\(kernel)
          }

          """
      }
      return """
        menuentry '\(name)' {
        linux /vmlinuz-\(kernel) \(options)
        initrd /initrd.img-\(kernel)
        }

        """
    }
  }

  /// Chooses an entry in one menu and looks for it in another.
  private func renewal(
    of number: Int, in old: [Entry], afterwards new: [Entry]
  ) throws -> DefaultRenewal? {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path("grub"), withIntermediateDirectories: true)
    func menu(_ entries: [Entry]) throws -> BootMenu {
      for entry in entries {
        for file in ["vmlinuz-", "initrd.img-"] {
          try folder.write(file + entry.kernel, entry.kernel)
        }
        if let xen = entry.xen { try folder.write("xen-\(xen).gz", xen) }
      }
      try folder.write("grub/grub.cfg", entries.map(\.text).joined())
      return try BootMenu(of: folder.path)
    }
    let before = try menu(old)
    #expect(before.entries.count == old.count)
    try DefaultEntry.choose(number, in: before, of: folder.path)
    return try DefaultEntry(of: folder.path)?.renewal(in: menu(new))
  }

  private static func debian(_ versions: [String], options: String = "root=UUID=a ro") -> [Entry] {
    [Entry(name: "Debian", kernel: versions[0], options: options)]
      + versions.flatMap { version in
        [
          Entry(name: "Debian, with Linux \(version)", kernel: version, options: options),
          Entry(
            name: "Debian, with Linux \(version) (recovery)", kernel: version,
            options: options + " single"),
        ]
      }
  }

  @Test("the same line is the same entry, at whatever place; where it was, if there are two")
  func line() throws {
    let old = Self.debian(["6.1-9"])
    #expect(try renewal(of: 1, in: old, afterwards: old) == .same(1))
    let new = Self.debian(["6.1-10", "6.1-9"])
    #expect(try renewal(of: 2, in: old, afterwards: new) == .same(4))
    let twice = [old[0], old[0], old[0]]
    #expect(try renewal(of: 2, in: twice, afterwards: twice) == .same(2))
  }

  @Test("a new kernel under the same title, or one that differs in the version alone: the newest")
  func newKernel() throws {
    let old = Self.debian(["6.1-9"])
    let new = Self.debian(["6.1-10", "6.1-9"])
    #expect(try renewal(of: 1, in: old, afterwards: new) == .newKernel(1))
    // The kernel that it named is gone; recovery stays recovery.
    let later = Self.debian(["6.1-11", "6.1-10"])
    #expect(try renewal(of: 2, in: old, afterwards: later) == .newKernel(2))
    #expect(try renewal(of: 3, in: old, afterwards: later) == .newKernel(3))
    let turned = Array(Self.debian(["6.1-10", "6.1-11"]).dropFirst())
    #expect(try renewal(of: 2, in: old, afterwards: turned) == .newKernel(3))
  }

  @Test("one title of two systems: the one with the same root")
  func twoSystems() throws {
    let one = Self.debian(["6.1-9"])
    let other = Self.debian(["6.1-9"], options: "root=UUID=b ro")
    let new =
      Self.debian(["6.1-10"]) + Self.debian(["6.1-10"], options: "root=UUID=b ro")
    #expect(try renewal(of: 1, in: one + other, afterwards: new) == .newKernel(1))
    #expect(try renewal(of: 4, in: one + other, afterwards: new) == .newKernel(4))
  }

  @Test("under Xen, with a new kernel, a new Xen, or both")
  func xen() throws {
    func entries(_ kernel: String, _ xen: String) -> [Entry] {
      [
        Entry(name: "Debian, with Xen", kernel: kernel, xen: xen),
        Entry(name: "Debian, with Xen \(xen) and Linux \(kernel)", kernel: kernel, xen: xen),
      ]
    }
    let old = entries("6.1-9", "4.17")
    for new in [entries("6.1-10", "4.17"), entries("6.1-9", "4.19"), entries("6.1-10", "4.19")] {
      #expect(try renewal(of: 1, in: old, afterwards: new) == .newKernel(1))
      #expect(try renewal(of: 2, in: old, afterwards: new) == .newKernel(2))
    }
  }

  @Test("other options, an older kernel, several, none: for a person to decide")
  func doubts() throws {
    let old = Self.debian(["6.1-10"])
    let other = Self.debian(["6.1-11"], options: "root=UUID=a ro init=/bin/sh")
    #expect(try renewal(of: 1, in: old, afterwards: other) == .doubtful(1, .otherLine))
    let older = Self.debian(["6.1-9"])
    #expect(try renewal(of: 1, in: old, afterwards: older) == .doubtful(1, .olderKernel))
    let two = [
      Entry(name: "Debian", kernel: "6.1-11", options: "root=UUID=b"),
      Entry(name: "Debian", kernel: "6.1-11", options: "root=UUID=c"),
    ]
    #expect(try renewal(of: 1, in: old, afterwards: two) == .ambiguous([1, 2]))
    let none = [Entry(name: "Fedora", kernel: "6.1-11")]
    #expect(try renewal(of: 1, in: old, afterwards: none) == .gone)
    #expect(try renewal(of: 1, in: old, afterwards: []) == .gone)
  }

  @Test("of several files Heads takes the first by name")
  func several() throws {
    let folder = try TemporaryFolder()
    for number in [2, 10] { try folder.write("kexec_default.\(number).txt", "line \(number)\n") }
    #expect(try DefaultEntry(of: folder.path)?.number == 10)
    #expect(DefaultEntry.numbers(of: folder.path) == [10, 2])
  }
}
