import Foundation
import TestSupport
import Testing

/// Where the note is seen, and what systemd is told to do.
@Suite("the note that /boot is to be signed")
struct NoticeTests {
  private static let words = "Latchkey: /boot is not as it was signed: 1 difference."

  private func root() throws -> DebianRoot {
    let root = try DebianRoot()
    try root.run("echo new >/boot/firmware.bin; useradd -m -s /bin/bash ada; passwd -d ada")
    return root
  }

  @Test(
    "says so once at each kind of login, for each user, and not a word when /boot is good",
    arguments: [
      "login -f root", "login -f ada", "su - root", "su - ada", "su -l ada -s /bin/dash",
      "sudo -i", "sudo -i -u ada",
    ])
  func login(program: String) throws {
    let root = try root()
    #expect(try root.run("latchkey notice --renew").status == 1)
    let shown = try root.talk(program, #"type "echo at  last\r"; see "at last"; type "exit\r""#)
    #expect(shown.components(separatedBy: Self.words).count == 2, "\(shown)")
    #expect(shown.contains("sign it: sudo latchkey sign"))
    try root.run("rm /boot/firmware.bin")
    #expect(try root.run("latchkey notice --renew").status == 0)
    let after = try root.talk(program, #"type "echo at  last\r"; see "at last"; type "exit\r""#)
    #expect(!after.contains("Latchkey"), "\(after)")
  }

  @Test("is nothing to shells that run a script, or have no terminal")
  func scripts() throws {
    let root = try root()
    try root.run("latchkey notice --renew")
    let shown = try root.talk("su - ada -c 'echo at; echo last'", "")
    #expect(!shown.contains("Latchkey"), "\(shown)")
    let silent = try root.run("sh -l -i -c 'echo last'")
    #expect(!silent.errorText.contains("Latchkey") && !silent.text.contains("Latchkey"))
  }

  @Test("comes as a notification, to whoever is logged in, with nothing in it taken for markup")
  func desktop() throws {
    let root = try root()
    try root.run(
      """
      printf '%s\\n' '#!/bin/sh' 'printf "<%s>\\n" "$@" >/tmp/shown' >/usr/bin/notify-send
      chmod 755 /usr/bin/notify-send; chmod 1777 /tmp
      latchkey notice --renew
      printf 'a & <b>\\n' >>/var/lib/latchkey/boot-notice
      """)
    #expect(try root.run("su ada -c 'latchkey notice --desktop'").status == 0)
    let shown = try root.run("cat /tmp/shown").text
    #expect(shown.contains("</boot is not as it was signed: 1 difference.>\n"), "\(shown)")
    #expect(shown.contains("\na &amp; &lt;b&gt;>") && shown.contains("<--urgency=critical>"))
    // Where there is none, that is no error.
    try root.run("rm /usr/bin/notify-send")
    #expect(try root.run("latchkey notice --desktop").status == 0)
  }

  @Test("one that others can write is not shown by notice")
  func foreign() throws {
    let root = try root()
    try root.run(
      "printf 'x\\n' >/var/lib/latchkey/boot-notice; chmod 666 /var/lib/latchkey/boot-notice")
    let shown = try root.run("latchkey notice")
    #expect(shown.status == 0 && shown.text.isEmpty)
  }

  @Test("is not left by a user who may not, who is told so, and status shows it to them")
  func user() throws {
    let root = try root()
    try root.run("chmod 600 /boot/vmlinuz-*; latchkey sign --pin-file /srv/pin --yes --unexplained")
    try root.run("echo newer >/boot/firmware.bin; latchkey notice --renew")
    let note = root.note
    #expect(note?.contains("1 difference") == true)
    let tried = try root.run("su ada -c 'latchkey notice --renew'")
    #expect(tried.status == 5 && tried.errorText.contains("Run this as root."))
    #expect(root.note == note)
    let hook = try root.run("su ada -c 'latchkey after-upgrade --changed'")
    #expect(hook.status == 0)
    let status = try root.run("su ada -c 'latchkey status'")
    #expect(status.errorText.contains(Self.words), "\(status.text)\(status.errorText)")
  }

  @Test("the check at boot and the word at shutdown say what is so", arguments: [true, false])
  func units(isGood: Bool) throws {
    let root = try root()
    if isGood { try root.run("rm /boot/firmware.bin") }
    let boot = try root.run("latchkey notice --renew")
    #expect(boot.status == (isGood ? 0 : 1))
    #expect(boot.text.contains(isGood ? "as it was signed." : "added      ./firmware.bin"))
    let shutdown = try root.run("latchkey notice --at-shutdown")
    #expect(shutdown.status == 0)
    #expect(shutdown.text.contains(Self.words) == !isGood)
    // What was changed behind the hooks' backs is seen without a note too.
    try root.run("rm -f /var/lib/latchkey/boot-notice; echo other >>/boot/grub/grub.cfg")
    #expect(try root.run("latchkey notice --at-shutdown").text.contains("not as it was signed"))
  }

  @Test("systemd takes the units as they are")
  func systemd() throws {
    let root = try root()
    for (manager, unit) in [
      ("--system", "latchkey-verify.service"), ("--system", "latchkey-shutdown.service"),
      ("--user", "latchkey-notice.service"), ("--user", "latchkey-notice.path"),
    ] {
      let checked = try root.run(
        "XDG_RUNTIME_DIR=/run systemd-analyze \(manager) --man=no verify \(unit)")
      #expect(checked.status == 0 && checked.errorText.isEmpty, "\(checked.errorText)")
    }
  }
}
