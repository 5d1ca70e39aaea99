import Foundation
import TestSupport
import Testing

/// What becomes of a run of apt or dpkg that changes /boot, by a package with one file there.
@Suite("the hooks of apt and dpkg")
struct HookTests {
  static let install = "apt-get -y install /srv/firmware.deb"

  private func makeRoot(isSetUp: Bool = true, isSigned: Bool = true) throws -> DebianRoot {
    let root = try DebianRoot(isSetUp: isSetUp, isSigned: isSigned)
    try root.makePackage("firmware")
    return root
  }

  /// Who is there, what they do, and what is said.
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    var script = HookTests.install
    var environment: [String] = []
    let lines: String
    var said: [String] = []
    var tries = 3
    var isAsked = true
    var limit: Int?
    var isPulled = false
    var isHung = false

    var testDescription: String { name }
  }

  static let toPIN = #"see "sign it now? "; type "\r"; see "as it is now? "; type "y\r""#

  static let cases = [
    Case(
      name: "no", lines: #"see "sign it now? "; type "n\r""#,
      said: ["The answer wasn't yes.", "Sign it before the next boot: latchkey sign"]),
    Case(name: "Ctrl-C at the question", lines: #"see "sign it now? "; type "\003""#),
    Case(name: "Ctrl-C at the PIN", lines: toPIN + #"; see "tries left): "; type "\003""#),
    Case(name: "Ctrl-Z at the PIN", lines: toPIN + #"; see "tries left): "; type "\032""#),
    Case(
      name: "a wrong PIN", lines: toPIN + #"; see "tries left): "; type "999999\r""#,
      said: ["2 tries are left"], tries: 2),
    Case(
      name: "no dongle", lines: #"see "sign it now? "; type "\r""#,
      said: ["there is no dongle"], isPulled: true),
    Case(
      name: "a pcscd that hangs", lines: #"see "sign it now? "; type "\r""#, limit: 10, isHung: true
    ),
    Case(
      name: "nobody answers", lines: #"see "sign it now? ""#, said: ["Nobody answered."], limit: 2),
    Case(
      name: "nobody types the PIN", lines: toPIN + #"; see "tries left): ""#,
      said: ["that took too long"], limit: 3),
    Case(
      name: "a run that is for nobody", environment: ["DEBIAN_FRONTEND=noninteractive"], lines: "",
      isAsked: false),
    Case(name: "a window", environment: ["DEBIAN_FRONTEND=gnome"], lines: "", isAsked: false),
    Case(
      name: "input from elsewhere", script: install + " </dev/null", lines: "", isAsked: false),
    Case(
      name: "in the background", script: "(set -m; \(install) & wait $!)", lines: "",
      isAsked: false),
  ]

  @Test("apt ends well, and the note is left", arguments: cases)
  func notSigned(what: Case) throws {
    let root = try makeRoot()
    if let limit = what.limit { try root.limit(to: limit) }
    if what.isPulled { root.pull() }
    if what.isHung { try root.hang() }
    let shown = try root.talk(what.script, what.lines, environment: what.environment)
    #expect(shown.contains("status=0"), "\(shown)")
    #expect(shown.contains("sign it now?") == what.isAsked, "\(shown)")
    for words in what.said + ["latchkey sign"] { #expect(shown.contains(words), "\(shown)") }
    #expect(
      root.note == """
        Latchkey: /boot is not as it was signed: 1 difference.
          Heads or PureBoot will refuse it at the next boot, or ask about it. See what changed: \
        sudo latchkey changes
          If that is an upgrade of yours, sign it: sudo latchkey sign

        """)
    #expect(!root.isMarked)
    #expect(try root.verify().status == 1)
    if !what.isPulled, !what.isHung { #expect(try root.card().tries == what.tries) }
    #expect(try root.run("dpkg --audit").text.isEmpty)
  }

  @Test(
    "the note is left, and apt's work done, when the terminal goes away",
    arguments: [#"see "sign it now? ""#, toPIN + #"; see "tries left): ""#])
  func hangup(lines: String) throws {
    let root = try makeRoot()
    // expect's end takes the terminal with it.
    _ = try? root.talk(Self.install, lines + "; close; wait; exit 0")
    #expect(Program.wait { root.note != nil })
    #expect(try root.run("dpkg-query -W -f '${db:Status-Status}' firmware").text == "installed")
    #expect(try root.card().tries == 3)
  }

  @Test("without a terminal apt leaves the note; once /boot is good again it goes by itself")
  func unattended() throws {
    let root = try makeRoot()
    let ran = try root.run(Self.install)
    #expect(ran.status == 0 && ran.errorText.contains("sign it: sudo latchkey sign"))
    #expect(root.note != nil && !root.isMarked)
    #expect(try root.run("latchkey status").status == 1)
    #expect(root.note != nil)
    // The package goes, and /boot is what it was.
    #expect(try root.run("apt-get -y purge firmware").status == 0)
    #expect(root.note == nil && !root.isMarked)
    #expect(try root.verify().status == 0)
  }

  @Test(
    "verify and status take a note away that isn't true any more", arguments: ["verify", "status"])
  func clearing(command: String) throws {
    let root = try makeRoot()
    try root.run(Self.install)
    #expect(root.note != nil)
    try root.run("rm /boot/firmware.bin; latchkey \(command)")
    #expect(root.note == nil)
  }

  @Test(
    "a plain dpkg asks at its end, and its run ends well",
    arguments: ["sign", #"see "sign it now? "; type "\003""#])
  func plain(lines: String) throws {
    let root = try makeRoot()
    let shown = try root.talk("dpkg -i /srv/firmware.deb", lines)
    #expect(shown.contains("status=0"), "\(shown)")
    #expect(shown.components(separatedBy: "sign it now?").count == 2, "\(shown)")
    #expect(try root.verify().status == (lines == "sign" ? 0 : 1))
    #expect((root.note == nil) == (lines == "sign") && !root.isMarked)
  }

  @Test("a package that has GRUB's menu made anew is asked about, by apt")
  func grub() throws {
    let root = try makeRoot()
    try root.makePackage(
      "theme", path: "/etc/default/grub.d/theme.cfg", content: "GRUB_TIMEOUT=7",
      postinst: "update-grub")
    let shown = try root.talk("apt-get -y install /srv/theme.deb", "sign")
    #expect(shown.contains("status=0") && shown.contains("./grub/grub.cfg"), "\(shown)")
    #expect(try root.verify().status == 0)
  }

  @Test(
    "not a word where nobody signs: no certificate is trusted, or nothing was ever signed",
    arguments: [false, true])
  func silent(isSetUp: Bool) throws {
    let root = try makeRoot(isSetUp: isSetUp, isSigned: false)
    let shown = try root.talk(Self.install, "")
    #expect(shown.contains("status=0") && !shown.contains("latchkey:"), "\(shown)")
    #expect(!shown.contains("sign it") && !shown.contains("Latchkey"), "\(shown)")
    #expect(root.note == nil && !root.isMarked)
    for option in ["", "--renew", "--desktop", "--at-shutdown"] {
      let notice = try root.run("latchkey notice \(option)")
      #expect(notice.status == 0 && notice.text.isEmpty && notice.errorText.isEmpty, "\(option)")
    }
  }

  @Test("what changed beside an upgrade is shown before anything is signed, and no is taken")
  func others() throws {
    let root = try makeRoot()
    try root.run("ln -sfn grub/grub.cfg /boot/vmlinuz-other")
    let shown = try root.talk(
      Self.install,
      #"see "sign it now? "; type "\r"; see "./vmlinuz-other"; see "type yes to go on: "; type "n\r""#
    )
    #expect(shown.contains("status=0"), "\(shown)")
    #expect(root.note?.contains("2 differences") == true)
  }

  @Test("a set whose signature does not hold is never offered to be signed again")
  func refused() throws {
    let root = try makeRoot()
    try root.run("echo >>/boot/kexec_hashes.txt")
    let shown = try root.talk(Self.install, "")
    #expect(shown.contains("status=0") && !shown.contains("sign it now?"), "\(shown)")
    #expect(shown.contains("the signature of /boot does not hold"), "\(shown)")
    #expect(root.note?.contains("Don't type a passphrase or PIN") == true)
  }

  @Test("a second run that ends meanwhile asks nothing")
  func two() throws {
    let root = try makeRoot()
    let shown = try root.talk(
      Self.install,
      #"see "sign it now? "; puts [exec {*}$meanwhile 2>@1]; type "n\r""#,
      meanwhile: "latchkey after-upgrade; echo ended $?")
    #expect(shown.contains("another run is about to ask"), "\(shown)")
    #expect(shown.contains("ended 0"), "\(shown)")
    #expect(shown.contains("status=0"))
  }
}
