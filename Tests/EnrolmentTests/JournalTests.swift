import DiskKey
import Enrolment
import Foundation
import TestSupport
import Testing
import VolumeTestSupport

@Suite("The journal and what the boot says")
struct JournalTests {
  @Test("what is written is read again; version 1 is still read")
  func versions() {
    for phase in Journal.Phase.allCases {
      for (keyslot, isAdded) in [(3, true), (3, false), (nil, false)] as [(Int?, Bool)] {
        let journal = Journal(
          phase: phase, keyslot: keyslot, isAdded: isAdded, replaced: 4, rounds: 1200)
        #expect(Journal(parsing: journal.encoded) == journal)
      }
    }
    let first = "latchkey journal 1\nphase tested\nkeyslot 1\nreplaced none\n"
    #expect(
      Journal(parsing: Array(first.utf8)) == Journal(phase: .tested, keyslot: 1, replaced: nil))
    for bad in [
      "", "\n", first + "more\n", first.replacingOccurrences(of: "tested", with: "renewed"),
      first.replacingOccurrences(of: "keyslot 1", with: "keyslot none"),
      "latchkey journal 3\nphase tested\nkeyslot 1\nreplaced none\n",
      "latchkey journal 2\nphase tested\nkeyslot none\nadded yes\nreplaced 1\nrounds 1000\n",
      "latchkey journal 2\nphase tested\nkeyslot 1\nadded yes\nreplaced 1\nrounds 1000\n",
      "latchkey journal 2\nphase tested\nkeyslot 1\nadded yes\nreplaced none\nrounds -1\n",
    ] { #expect(Journal(parsing: Array(bad.utf8)) == nil, "\(bad)") }
  }

  @Test("an enrolment that version 1 began is finished")
  func firstVersion() throws {
    let volume = try TestVolume(luks: 2)
    let dongle = try TestDongle()
    try volume.enroll(dongle)
    let uuid = String(decoding: try volume.status().uuid.text, as: UTF8.self)
    try Data("latchkey journal 1\nphase tested\nkeyslot 1\nreplaced none\n".utf8)
      .write(to: URL(fileURLWithPath: volume.places.journals + "/" + uuid))
    #expect(
      try Enrolment(of: volume.image, places: volume.places).recover() == .finished(keyslot: 1))
    #expect(try volume.status().interruption == nil)
  }

  @Test("crypttab's fields, whatever blanks stand between, and nothing of a comment")
  func crypttab() throws {
    let volume = try TestVolume(luks: 2)
    let uuid = try volume.status().uuid
    let text = String(decoding: uuid.text, as: UTF8.self)
    for (source, isFound) in [
      ("UUID=\(text)", true), ("UUID=\"\(text.uppercased())\"", true), (volume.image, true),
      ("/dev/disk/by-uuid/\(text)", true), ("UUID=00000000-0000-0000-0000-000000000000", false),
      ("/nonexistent", false), ("LABEL=nothing", false),
    ] {
      let line =
        "# root UUID=\(text) none luks\n\n  root\t\(source)   /etc/key.gpg  "
        + "luks,keyscript=/lib/cryptsetup/scripts/decrypt_gnupg-sc,tries=1\n"
      let table = Crypttab(parsing: Array(line.utf8))
      #expect(table.entries.count == 1)
      let entry = table.entry(for: uuid)
      #expect((entry != nil) == isFound, "\(source)")
      guard let entry else { continue }
      #expect(entry.name == "root" && entry.key == "/etc/key.gpg")
      #expect(entry.keyscript == "/lib/cryptsetup/scripts/decrypt_gnupg-sc")
      #expect(entry.keyscriptName == "decrypt_gnupg-sc")
    }
    #expect(Crypttab(at: "/nonexistent").entries.isEmpty)
    for nothing in ["only\n", "# a b\n", "#\u{301} a b\n", " \t\n"] {
      #expect(Crypttab(parsing: Array(nothing.utf8)).entries.isEmpty)
    }
  }

  @Test("each system's program is found, and called for all kernels")
  func programs() throws {
    let folder = try TemporaryFolder()
    #expect(Initramfs.find(in: [folder.path]) == nil)
    for (name, arguments) in [
      ("mkinitcpio", ["-P"]), ("dracut", ["--force", "--regenerate-all"]),
      ("update-initramfs", ["-u", "-k", "all"]),
    ] {
      let path = try folder.write(name, "#!/bin/sh\nexit 7\n")
      #expect(Initramfs.find(in: [folder.path])?.program != path, "it can't be run yet")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
      let found = try #require(Initramfs.find(in: ["/nonexistent", folder.path]))
      #expect(found.program == path && found.arguments == arguments)
      #expect(found.command == ([path] + arguments).joined(separator: " "))
      #expect(throws: Initramfs.Failure.ended(status: 7)) { try found.renew() }
    }
    #expect(Initramfs(program: "/opt/own").arguments.isEmpty)
  }
}
