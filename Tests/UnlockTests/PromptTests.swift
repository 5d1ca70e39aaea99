import DiskKey
import Foundation
import OpenPGPCard
import TestSupport
import Testing
import VolumeTestSupport

/// How latchkey-unlock --activate talks to a person on a terminal.
@Suite("latchkey-unlock's prompt", .serialized)
struct PromptTests {
  private func isOpened(_ shown: String) -> Bool {
    shown.contains("ended 0")
      || (shown.contains("the kernel doesn't map it") && shown.contains("ended 5"))
  }

  @Test(
    "volume, device, dongle and tries are named; a wrong PIN is asked for again",
    arguments: Build.built)
  func wrongThenRight(build: Build) throws {
    let boot = try Boot()
    let shown = try boot.talk(
      build,
      """
      expect "3 tries left" ; expect "PIN: " ; send "654321\\r"
      expect "wrong PIN" ; expect "2 tries left" ; expect "PIN: " ; send "123456\\r"
      """
    ).shown()
    #expect(isOpened(shown), "\(shown)")
    #expect(shown.contains("\(boot.name(0)) (\(boot.volumes[0].image))"), "\(shown)")
    #expect(shown.contains("Nitrokey"), "\(shown)")
    #expect(!shown.contains("123456") && !shown.contains("654321"))
  }

  @Test("a PIN whose answer never came is sent once it is typed again", arguments: Build.built)
  func unanswered(build: Build) throws {
    let dongle = try TestDongle()
    let boot = try Boot([dongle], readers: [dongle])
    FailedPINs(folder: Array(boot.files.path("run").utf8)).note(
      .unknown, of: secret(TestDongle.pin), as: .user, on: dongle.recorded.pinned.identifier)
    let shown = try boot.talk(
      build,
      """
      expect "PIN: " ; send "123456\\r"
      expect "type it again" ; expect "3 tries left" ; expect "PIN: " ; send "123456\\r"
      """
    ).shown()
    #expect(isOpened(shown), "\(shown)")
    #expect(boot.instructions.filter { $0 == "20" }.count == 1)
  }

  @Test(
    "an empty PIN and Ctrl-C lead to the passphrase, in a session and on a console",
    arguments: ["\\r", "\\003"], [false, true])
  func passphrase(keys: String, asConsole: Bool) throws {
    let boot = try Boot()
    for build in Build.built {
      let shown = try boot.talk(
        build, asConsole: asConsole,
        """
        expect "PIN: " ; send "\(keys)"
        """
      ).shown()
      #expect(shown.contains("use the passphrase") && shown.contains("ended 6"), "\(shown)")
    }
    #expect(!boot.instructions.contains("20"))
  }

  @Test(
    "while no dongle is there, an empty line and Ctrl-C lead to the passphrase; a PIN goes nowhere",
    arguments: ["\\r", "\\003", "123456\\r"], [false, true])
  func waiting(keys: String, asConsole: Bool) throws {
    let dongle = try TestDongle()
    let boot = try Boot([dongle], readers: [nil])
    let shown = try boot.talk(
      asConsole: asConsole,
      """
      expect "plug in one of these: Nitrokey" ; expect "an empty line" ; send "\(keys)"
      \(keys.hasPrefix("1") ? #"expect "no dongle yet" ; expect "an empty line" ; send "\r""# : "")
      """
    ).shown()
    #expect(shown.contains("ended 6"), "\(shown)")
    #expect(!shown.contains("123456"))
  }

  @Test(
    "after the set time without a dongle the passphrase's turn has come", arguments: Build.built)
  func givesUp(build: Build) throws {
    let dongle = try TestDongle()
    let boot = try Boot([dongle], readers: [nil])
    let shown = try boot.talk(build, options: ["--give-up", "1"], "").shown()
    #expect(shown.contains("no dongle came in time"), "\(shown)")
    #expect(shown.contains("ended 6"), "\(shown)")
  }

  @Test("a wrong dongle is named, and the right one waited for", arguments: Build.built)
  func wrongDongle(build: Build) throws {
    let dongle = try TestDongle()
    let wrong = try TestDongle(serial: 0x0A0B_0C0D)
    let boot = try Boot([dongle], readers: [wrong])
    let talk = try boot.talk(
      build,
      """
      expect "not a dongle of this volume: Nitrokey" ; expect "0A0B0C0D"
      expect "plug in one of these: Nitrokey" ; expect "01020304" ; expect "an empty line"
      mark named
      expect "PIN: " ; send "123456\\r"
      """)
    #expect(boot.wait(for: "named", in: talk))
    #expect(!boot.instructions.contains("20"))
    try boot.daemon.insert(dongle.file)
    let shown = talk.shown()
    #expect(isOpened(shown), "\(shown)")
  }

  @Test("a dongle pulled at the prompt is noticed, and waited for", arguments: Build.built)
  func pulled(build: Build) throws {
    let dongle = try TestDongle()
    let boot = try Boot([dongle], readers: [dongle])
    let talk = try boot.talk(
      build,
      """
      expect "PIN: " ; mark asked
      expect "was pulled out" ; expect "plug in one of these" ; mark pulled
      expect "PIN: " ; send "123456\\r"
      """)
    #expect(boot.wait(for: "asked", in: talk))
    boot.daemon.remove()
    #expect(boot.wait(for: "pulled", in: talk))
    try boot.daemon.insert(dongle.file)
    let shown = talk.shown()
    #expect(isOpened(shown), "\(shown)")
  }

  @Test("a blocked dongle is named, and the passphrase's turn has come", arguments: Build.built)
  func blocked(build: Build) throws {
    let boot = try Boot()
    _ = try boot.run(pin: "111111")
    _ = try boot.run(pin: "222222")
    let shown = try boot.talk(
      build,
      """
      expect "1 try left" ; expect "Type yes" ; send "yes\\r" ; expect "PIN: " ; send "333333\\r"
      """
    ).shown()
    #expect(shown.contains("its PIN is blocked") && shown.contains("ended 4"), "\(shown)")
    let again = try boot.talk(build, "").shown()
    #expect(again.contains("its PIN is blocked") && again.contains("ended 4"), "\(again)")
    #expect(again.contains("latchkey card pin unblock"))
  }

  @Test("the last try is kept for anything but yes")
  func lastTry() throws {
    let boot = try Boot()
    _ = try boot.run(pin: "111111")
    _ = try boot.run(pin: "222222")
    let shown = try boot.talk(.ordinary, #"expect "Type yes" ; send "y\r""#).shown()
    #expect(shown.contains("last try is kept") && shown.contains("ended 4"), "\(shown)")
    #expect(boot.instructions.filter { $0 == "20" }.count == 2)
  }

  @Test("who comes later takes over, and the dongle with it", arguments: Build.built)
  func takeover(build: Build) throws {
    let boot = try Boot()
    let talk = try boot.talk(build, #"expect "PIN: " ; mark asked"#)
    #expect(boot.wait(for: "asked", in: talk))
    let second = try boot.run(build)
    let shown = talk.shown()
    #expect(shown.contains("another latchkey-unlock asks now"), "\(shown)")
    #expect(shown.contains("ended 7"), "\(shown)")
    #expect([0, 5].contains(second.status), "\(second.errorText)")
    #expect(boot.instructions.filter { $0 == "2A" }.count == 1)
  }
}
