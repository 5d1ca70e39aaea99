import Foundation
import TestSupport
import Testing

@Suite("changes: what differs, and why")
struct ChangesTests {
  private func changed() throws -> Workplace {
    let work = try Workplace()
    try work.provision()
    try work.sign()
    try work.run(
      "sh",
      [
        "-c",
        "mkdir -p T/etc; (cd T; find . | sort | cpio --quiet -o -H newc) >BOOT/initrd.img-6.1",
      ],
      expecting: 0)
    try FileManager.default.createDirectory(
      atPath: work.folder.path("system/var/lib/initramfs-tools"), withIntermediateDirectories: true)
    let sum = try work.run("sha1sum", ["BOOT/initrd.img-6.1"], expecting: 0).text
    try work.folder.write("system/var/lib/initramfs-tools/6.1", sum)
    return work
  }

  @Test("what is explained is said with its cause: exit 0")
  func explained() throws {
    let work = try changed()
    let result = try work.latchkey(["changes", "--boot", "BOOT"])
    #expect(result.status == 0, "\(result.errorText)")
    #expect(result.text.contains("1 difference"))
    #expect(result.text.contains("made by update-initramfs for 6.1"))
    #expect(result.text.contains("latchkey sign"))
  }

  @Test("what nothing explains comes first: exit 1, and advice")
  func unexplained() throws {
    let work = try changed()
    try work.folder.write("BOOT/vmlinuz-6.1", "not the kernel")
    let result = try work.latchkey(["changes", "--boot", "BOOT"])
    expect(result, 1, ["Don't sign what you can't explain"])
    let lines = result.text.split(separator: "\n")
    #expect(lines[0].contains("1 of them without a cause"))
    let place = try #require(lines.firstIndex { $0.contains("./vmlinuz-6.1") })
    let other = try #require(lines.firstIndex { $0.contains("./initrd.img-6.1") })
    #expect(place < other)

    let json = try work.latchkey(["changes", "--boot", "BOOT", "--json"])
    #expect(json.status == 1)
    let document = try #require(
      JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any])
    let report = try #require(document["result"] as? [String: Any])
    let all = try #require(report["changes"] as? [[String: Any]])
    #expect(all.map { $0["cause"] as? String } == ["unknown", "update-initramfs"])
  }

  @Test("a /boot as it was signed has no changes; one whose signature fails is not explained")
  func edges() throws {
    let work = try Workplace()
    try work.provision()
    expect(try work.latchkey(["changes", "--boot", "BOOT"]), 1, ["latchkey sign"])
    try work.sign()
    let result = try work.latchkey(["changes", "--boot", "BOOT"])
    #expect(result.status == 0)
    #expect(result.text.contains("is as it was signed"))
    try work.folder.write("BOOT/kexec_hashes.txt", "")
    expect(
      try work.latchkey(["changes", "--boot", "BOOT"]), 1, ["Don't type a passphrase or PIN"])
  }

  @Test("an image that can't be looked into is not explained by who made it")
  func unreadable() throws {
    let work = try changed()
    try work.folder.write("BOOT/initrd.img-6.1", "no image")
    let sum = try work.run("sha1sum", ["BOOT/initrd.img-6.1"], expecting: 0).text
    try work.folder.write("system/var/lib/initramfs-tools/6.1", sum)
    let result = try work.latchkey(["changes", "--boot", "BOOT"])
    #expect(result.status == 1 && result.text.contains("can't be looked into"), "\(result.text)")
  }
}
