import MachineTestSupport
import TestSupport
import Testing

/// The kinds of volumes and dongles, and headers that somebody changed, with whole machines.
@Suite(.serialized) struct VolumeTests {
  /// Debian's own question.
  static let debian = PromptTests.debian

  @Test("An RSA-4096 dongle opens the volume that a Cv25519 dongle opens too")
  func rsa() throws {
    let machine = try Machine("rsa4096", dongle: Dongle("rsa4096"))
    try machine.see("00000B02", "tries left", "PIN: ")
    try machine.type(Dongle.pin)
    #expect(try machine.end().contains(PromptTests.root))
  }

  @Test("Two volumes open with one PIN")
  func two() throws {
    let machine = try Machine(
      "two-volumes", initrd: "two", disks: ["root", "data"], dongle: Dongle("cv25519"))
    try machine.see("PIN: ")
    try machine.type(Dongle.pin)
    let root = try machine.end()
    #expect(root.contains("MAPPED: cryptroot"), "\(root)")
    #expect(root.contains("MAPPED: cryptdata"), "\(root)")
  }

  @Test("LUKS1 and LUKS on LVM open", arguments: [("luks1", "luks1"), ("lvm", "lvm-disk")])
  func kinds(kind: String, disk: String) throws {
    let machine = try Machine(kind, initrd: kind, disks: [disk], dongle: Dongle("cv25519"))
    try machine.see("PIN: ")
    try machine.type(Dongle.pin)
    let root = try machine.end()
    #expect(root.contains(PromptTests.root))
    #expect(!machine.console.contains(Self.debian))
  }

  @Test("After a rotation and a revocation the revoked dongle is a stranger, and the other opens")
  func revoked() throws {
    let dongle = try Dongle("cv25519")
    let machine = try Machine("revoked", initrd: "revoked", disks: ["revoked"], dongle: dongle)
    try machine.see("not a dongle of this volume", "00000A01", "plug in one of these", "00000B02")
    try machine.plug(Dongle("rsa4096"))
    try machine.see("00000B02", "PIN: ")
    try machine.type(Dongle.pin)
    #expect(try machine.end().contains(PromptTests.root))
    #expect(!dongle.exchanges().contains { $0.hasPrefix("00 20") })
  }

  @Test("An initramfs of dracut opens the volume")
  func dracut() throws {
    let uuid = "11111111-1111-4111-8111-111111111111"
    let machine = try Machine(
      "dracut", initrd: "dracut", root: "/dev/mapper/luks-\(uuid)",
      options: "rd.luks.uuid=\(uuid)", dongle: Dongle("cv25519"))
    try machine.see("00000A01", "PIN: ")
    try machine.type(Dongle.pin)
    #expect(try machine.end().contains(PromptTests.root))
  }

  @Test(
    "No key goes to a header that somebody changed",
    arguments: ["null-segment", "null-keyslot", "null-both", "huge-argon"])
  func forged(kind: String) throws {
    let dongle = try Dongle("cv25519")
    let machine = try Machine("forged-" + kind, disks: [kind], dongle: dongle)
    let shown = try machine.see(Self.debian)
    #expect(shown.contains("header"), "\(shown)")
    #expect(!shown.contains("PIN: "))
    #expect(!dongle.exchanges().contains { $0.hasPrefix("00 2A") })
  }

  @Test("Debian alone opens the header without a cipher, whatever is typed")
  func stock() throws {
    let machine = try Machine("forged-stock", disks: ["null-both"], options: "latchkey=off")
    try machine.see(Self.debian)
    try machine.type("anything")
    let root = try machine.end()
    #expect(root.contains("a root that somebody else made"))
    #expect(root.contains("cipher_null"))
  }
}
