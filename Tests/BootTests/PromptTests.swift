import MachineTestSupport
import TestSupport
import Testing

/// What a person sees and does at the console, with whole machines.
@Suite(.serialized) struct PromptTests {
  static let passphrase = "correct horse"
  static let root = "the root that was enrolled"
  /// Debian's own question.
  static let debian = "Please unlock disk cryptroot"

  @Test("The right PIN opens the root volume, and leaves neither pcscd nor a usable card behind")
  func rightPIN() throws {
    let dongle = try Dongle("cv25519")
    let machine = try Machine("right-pin", dongle: dongle)
    try machine.see("PIN for cryptroot", "Nitrokey 000F:00000A01", "3 tries left", "PIN: ")
    try machine.type(Dongle.pin)
    let root = try machine.end()
    #expect(root.contains(Self.root))
    #expect(root.contains("aes-xts-plain64"))
    #expect(!root.contains("pcscd"), "\(root)")
    // Debian found the mapping, and asked nothing.
    #expect(!machine.console.contains(Self.debian))
    let exchanges = dongle.exchanges()
    let decipher = try #require(exchanges.lastIndex { $0.hasPrefix("00 2A 80 86") })
    #expect(exchanges[decipher...].contains { $0.hasPrefix("# ") }, "\(exchanges)")
  }

  @Test("A wrong PIN says how many tries are left, and the right one then opens the volume")
  func wrongThenRight() throws {
    let machine = try Machine("wrong-then-right", dongle: Dongle("cv25519"))
    try machine.see("3 tries left", "PIN: ")
    try machine.type("999999")
    try machine.see("wrong PIN", "2 tries left", "PIN: ")
    try machine.type(Dongle.pin)
    #expect(try machine.end().contains(Self.root))
  }

  @Test("Without a dongle, the passphrase opens the volume")
  func noDongle() throws {
    let machine = try Machine("no-dongle")
    try machine.see("plug in one of these", "00000A01", "an empty line leads to the passphrase")
    try machine.type("")
    try machine.see(Self.debian)
    try machine.type(Self.passphrase)
    #expect(try machine.end().contains(Self.root))
  }

  @Test("A dongle that isn't the volume's is named, and the right one then opens it")
  func wrongDongle() throws {
    let stranger = try Dongle("stranger")
    let machine = try Machine("wrong-dongle", dongle: stranger)
    try machine.see("not a dongle of this volume", "00000C03", "plug in one of these")
    try machine.plug(Dongle("cv25519"))
    try machine.see("00000A01", "PIN: ")
    try machine.type(Dongle.pin)
    #expect(try machine.end().contains(Self.root))
    #expect(try stranger.triesLeft() == 3)
    #expect(!stranger.exchanges().contains { $0.hasPrefix("00 20") })
  }

  @Test("A dongle that is plugged in late is found")
  func late() throws {
    let machine = try Machine("late")
    try machine.see("plug in one of these", "00000A01")
    try machine.plug(Dongle("cv25519"))
    try machine.see("tries left", "PIN: ")
    try machine.type(Dongle.pin)
    #expect(try machine.end().contains(Self.root))
  }

  @Test("A dongle that is pulled out at the prompt can be plugged in again")
  func pulled() throws {
    let dongle = try Dongle("cv25519")
    let machine = try Machine("pulled", dongle: dongle)
    try machine.see("PIN: ")
    machine.pull()
    try machine.see("the dongle was pulled out")
    try machine.plug(dongle)
    try machine.see("3 tries left", "PIN: ")
    try machine.type(Dongle.pin)
    #expect(try machine.end().contains(Self.root))
  }

  @Test("A blocked dongle leads to the passphrase")
  func blocked() throws {
    let dongle = try Dongle("cv25519")
    try dongle.spend(leaving: 0)
    let machine = try Machine("blocked", dongle: dongle)
    try machine.see("blocked", "an empty line leads to the passphrase")
    try machine.type("")
    try machine.see(Self.debian)
    try machine.type(Self.passphrase)
    #expect(try machine.end().contains(Self.root))
  }

  @Test("Over SSH one takes over from the console, and the PIN typed there opens the volume")
  func secureShell() throws {
    let dongle = try Dongle("cv25519")
    let machine = try Machine(
      "secure-shell", initrd: "secure", options: "ip=dhcp", port: SecureShell.port, dongle: dongle)
    try machine.see("PIN for cryptroot", "PIN: ")
    let shell = try SecureShell("latchkey-unlock")
    try shell.see("PIN: ")
    try machine.see("another latchkey-unlock asks now", "Enter leads to the passphrase here")
    try shell.type("999999")
    try shell.see("wrong PIN")
    try shell.see("2 tries left")
    try shell.type(Dongle.pin)
    #expect(try machine.end().contains(Self.root))
    #expect(!shell.said.contains(Dongle.pin), "\(shell.said)")
    // Debian waited, found the mapping, and asked nothing.
    #expect(!machine.console.contains(Self.debian))
    #expect(try dongle.triesLeft() == 3)
  }

  @Test("While somebody is asked over SSH, Enter on the console leads to the passphrase")
  func secureShellLeft() throws {
    let dongle = try Dongle("cv25519")
    let machine = try Machine(
      "secure-shell-left", initrd: "secure", options: "ip=dhcp", port: SecureShell.port,
      dongle: dongle)
    try machine.see("PIN for cryptroot", "PIN: ")
    let shell = try SecureShell("latchkey-unlock")
    try machine.see("Enter leads to the passphrase here")
    try machine.type("")
    try machine.see(Self.debian)
    try machine.type(Self.passphrase)
    #expect(try machine.end().contains(Self.root))
    #expect(try dongle.triesLeft() == 3)
    withExtendedLifetime(shell) {}
  }

  @Test("latchkey=off goes straight to the passphrase")
  func off() throws {
    let dongle = try Dongle("cv25519")
    let machine = try Machine("off", options: "latchkey=off", dongle: dongle)
    let shown = try machine.see(Self.debian)
    #expect(!shown.contains("latchkey-unlock"))
    try machine.type(Self.passphrase)
    #expect(try machine.end().contains(Self.root))
    #expect(!dongle.exchanges().contains { $0.hasPrefix("00 20") })
  }
}
