import DiskKey
import Enrolment
import Foundation
import LibCrypto
import OpenPGPCard
import Secrets
import TestSupport
import Testing
import VolumeTestSupport

@Suite("Rotation")
struct RotationTests {
  /// A volume with two dongles, of which the second is there or not, and what makes its initramfs.
  struct Site {
    let volume: TestVolume
    let here: TestDongle
    let other: TestDongle
    let initramfs: TestInitramfs
    var enrolment: Enrolment

    init(luks version: Int = 2, signed: Bool = false) throws {
      volume = try TestVolume(luks: version)
      here = try TestDongle(serial: 1)
      other = try TestDongle(serial: 2, key: .rsa(bits: 2048))
      initramfs = try TestInitramfs(of: volume)
      enrolment = Enrolment(of: volume.image, places: volume.places)
      enrolment.initramfs = initramfs.program
      let (here, other) = (here, other)
      _ = try enrolment.enroll(
        [here.recorded, other.recorded], passphrase: secret(TestVolume.passphrase)
      ) { (blob, dongle) throws(DiskKeyError) in
        dongle.pinned.identifier.serial == 1 ? try here.open(blob) : try other.open(blob)
      }
      if signed { try volume.folder.write("boot/kexec.sig", "a signature") }
    }

    /// The key that a dongle brings out of what is installed.
    func key(_ dongle: TestDongle) throws -> SecretBytes {
      try dongle.open(
        KeyBlob(reading: Array(volume.installedFolder().utf8), of: volume.trusted()))
    }

    /// Rotates by the first dongle's key.
    func rotate(
      _ dongles: [TestDongle]? = nil, mustRemove: Bool = false, _ changed: Enrolment? = nil
    ) throws -> Result<Enrolment.Outcome, EnrolmentError> {
      let old = try key(here)
      let here = here
      do throws(EnrolmentError) {
        return .success(
          try (changed ?? enrolment).rotate(
            to: (dongles ?? [here, other]).map(\.recorded), by: .dongle, old,
            mustRemove: mustRemove
          ) { (blob, dongle) throws(DiskKeyError) in
            dongle.pinned.identifier.serial == 1 ? try here.open(blob) : nil
          })
      } catch {
        return .failure(error)
      }
    }

    /// Rotates by the passphrase.
    func rotate(
      passphrase: borrowing SecretBytes, mustRemove: Bool = false
    ) -> Result<Enrolment.Outcome, EnrolmentError> {
      let here = here
      do throws(EnrolmentError) {
        return .success(
          try enrolment.rotate(
            to: [here.recorded], by: .passphrase, passphrase, mustRemove: mustRemove
          ) { (blob, _) throws(DiskKeyError) in try here.open(blob) })
      } catch {
        return .failure(error)
      }
    }
  }

  @Test(
    "a new key opens, the old one doesn't, and other keyslots are as they were", arguments: [1, 2])
  func rotates(version: Int) throws {
    let site = try Site(luks: version)
    try site.volume.add("someone else's")
    let oldKey = copy(of: try site.key(site.here))
    let outcome = try site.rotate().get()
    #expect(outcome.replacedSlot == 1 && outcome.keyslot == 3 && outcome.personSlot == nil)
    #expect(try site.volume.slots() == [0, 2, 3])
    #expect(try !site.volume.opens(oldKey))
    #expect(try site.volume.opens(copy(of: site.key(site.here)), slot: 3))
    #expect(try site.volume.opens(copy(of: site.key(site.other)), slot: 3))
    #expect(try site.volume.opens(Array("someone else's".utf8)))
    #expect(try site.volume.opensByPassphrase())
    let record = try site.volume.trusted().record
    #expect(record.volume.personSlots == 0b1, "a person's slot stays marked")
    #expect(record.dongles.map(\.isTested) == [true, false])
    #expect(site.initramfs.calls == ["-u -k all", "-u -k all"])
    #expect(site.initramfs.opens(with: site.here))
    let restored = try Program.run(
      "cryptsetup",
      ["luksHeaderRestore", "-q", "--header-backup-file", outcome.backup, site.volume.image])
    #expect(restored.status == 0)
    #expect(try site.volume.opens(oldKey), "the backup keeps the old key alive")
    let uuid = record.volume.uuid
    #expect(site.enrolment.backups(of: uuid).contains(outcome.backup))
    #expect(site.enrolment.backups(of: uuid).count == 2)
  }

  @Test(
    "a cut at any step leaves an initramfs that opens, and the next run ends what was begun",
    arguments: Enrolment.Step.allCases)
  func cuts(step: Enrolment.Step) throws {
    let site = try Site()
    #expect(site.initramfs.opens(with: site.here))
    var cut = site.enrolment
    cut.goesOn = { $0 != step }
    #expect(try site.rotate(nil, cut) == .failure(.cut))
    #expect(site.initramfs.opens(with: site.here), "before the recovery")
    #expect(try site.volume.opensByPassphrase())
    _ = try site.enrolment.recover()
    #expect(site.initramfs.opens(with: site.here), "behind the recovery")
    let status = try site.volume.status()
    #expect(status.keyslots.count == 2 && status.interruption == nil)
    #expect(status.installedBlob == .matches && status.bootBlob == .matches)
    #expect(status.bootRecordMatches && status.headerFault == nil)
    #expect(try site.volume.opens(copy(of: site.key(site.here))))
    #expect(try site.rotate().get().replacedSlot != nil, "and it can be done again")
  }

  @Test("an initramfs that can't be made leaves both keys, says so, and the next run goes on")
  func failingInitramfs() throws {
    let site = try Site()
    let oldKey = copy(of: try site.key(site.here))
    try site.initramfs.setFailing(true)
    let failure = EnrolmentError.initramfs(site.initramfs.program, .ended(status: 3))
    #expect(try site.rotate() == .failure(failure))
    #expect(try site.volume.opens(oldKey) && site.volume.opens(copy(of: site.key(site.here))))
    #expect(site.initramfs.opens(with: site.here), "the old image")
    #expect(try site.volume.status().interruption == .toRenew)
    // Still failing: nothing piles up.
    #expect(throws: failure) { try site.enrolment.recover() }
    #expect(try site.volume.slots().count == 3)
    try site.initramfs.setFailing(false)
    #expect(try site.enrolment.recover() == .finished(keyslot: 2))
    #expect(try site.volume.slots() == [0, 2] && !site.volume.opens(oldKey))
    #expect(site.initramfs.opens(with: site.here))
  }

  @Test("a program that isn't there is named, and the old key stays")
  func noInitramfs() throws {
    var site = try Site()
    site.enrolment.initramfs = Initramfs(program: "/nonexistent/dracut")
    let absent = Initramfs(program: "/nonexistent/dracut")
    #expect(try site.rotate() == .failure(.initramfs(absent, .start(errno: ENOENT))))
    #expect(try site.volume.slots().count == 3)
  }

  @Test("a revoked dongle opens nothing any more, though it kept the old key", arguments: [1, 2])
  func revokes(version: Int) throws {
    let site = try Site(luks: version)
    let kept = copy(of: try site.key(site.other))
    _ = try site.rotate([site.here], mustRemove: true).get()
    #expect(try !site.volume.opens(kept))
    #expect(throws: DiskKeyError.notForThisDongle) { _ = try site.key(site.other) }
    #expect(try site.volume.opens(copy(of: site.key(site.here))))
    #expect(!site.initramfs.opens(with: site.other) && site.initramfs.opens(with: site.here))
  }

  @Test("by a passphrase, its keyslot is marked; a wrong one changes nothing")
  func byPassphrase() throws {
    let site = try Site()
    let before = try site.volume.slots()
    #expect(site.rotate(passphrase: secret("wrong")) == .failure(.wrongPassphrase))
    #expect(try site.volume.slots() == before)
    let outcome = try site.rotate(passphrase: secret(TestVolume.passphrase)).get()
    #expect(outcome.personSlot == 0 && outcome.replacedSlot == 1)
  }

  @Test("the dongles' own key, given as a passphrase, is refused")
  func keyAsPassphrase() throws {
    let site = try Site()
    #expect(try site.rotate(passphrase: site.key(site.here)) == .failure(.passphraseOfDongles))
    do throws(EnrolmentError) {
      _ = try site.enrolment.removeDongles(passphrase: (try? site.key(site.here)) ?? secret(""))
      Issue.record("the last way in was removed")
    } catch {
      #expect(error == .passphraseOfDongles)
    }
    #expect(try site.volume.slots() == [0, 1])
  }

  @Test("a keyslot that someone put in the place of the dongles' stays, and revoking is refused")
  func unproven() throws {
    let site = try Site()
    let file = try site.volume.folder.write("old", TestVolume.passphrase)
    for arguments in [
      ["luksKillSlot", "-q", "--key-file", file, site.volume.image, "1"],
      [
        "luksAddKey", "-q", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1200", "--key-slot",
        "1", "--key-file", file, site.volume.image, try site.volume.folder.write("new", "mine"),
      ],
    ] {
      #expect(try Program.run("cryptsetup", arguments).status == 0)
    }
    let passphrase = secret(TestVolume.passphrase)
    #expect(site.rotate(passphrase: passphrase, mustRemove: true) == .failure(.unprovenKeyslot(1)))
    let outcome = try site.rotate(passphrase: passphrase).get()
    #expect(outcome.replacedSlot == nil && outcome.keptSlot == 1)
    #expect(try site.volume.opens(Array("mine".utf8)))
  }

  @Test("a volume that isn't enrolled has nothing to rotate")
  func notEnrolled() throws {
    let volume = try TestVolume(luks: 2)
    let dongle = try TestDongle()
    do throws(EnrolmentError) {
      _ = try Enrolment(of: volume.image, places: volume.places).rotate(
        to: [dongle.recorded], by: .passphrase, secret(TestVolume.passphrase)
      ) { (_, _) throws(DiskKeyError) in nil }
      Issue.record("it was rotated")
    } catch {
      #expect(error == .notEnrolled)
    }
    #expect(try volume.slots() == [0])
  }

  @Test(
    "when the last dongle goes, files and keyslot go, and the passphrase stays",
    arguments: [1, 2])
  func last(version: Int) throws {
    let site = try Site(luks: version)
    do throws(EnrolmentError) {
      _ = try site.enrolment.removeDongles(passphrase: secret("wrong"))
      Issue.record("without a person's keyslot proven")
    } catch {
      #expect(error == .wrongPassphrase)
    }
    #expect(try site.volume.slots() == [0, 1])
    let removal = try site.enrolment.removeDongles(passphrase: secret(TestVolume.passphrase))
    #expect(removal.removedSlot == 1 && removal.personSlot == 0)
    #expect(try site.volume.slots() == [0] && site.volume.opensByPassphrase())
    #expect(site.volume.files(in: site.volume.places.installed).isEmpty)
    #expect(site.volume.files(in: site.volume.places.boot).isEmpty)
    #expect(site.volume.files(in: site.volume.places.journals) == ["lock"])
    #expect(!site.initramfs.opens(with: site.here))
  }

  @Test(
    "a cut while the last dongle goes is finished by the next run",
    arguments: Enrolment.Step.allCases)
  func lastCut(step: Enrolment.Step) throws {
    let steps: [Enrolment.Step] = [.stage, .add, .test, .tested]
    guard !steps.contains(step) else { return }
    let site = try Site()
    var cut = site.enrolment
    cut.goesOn = { $0 != step }
    #expect(throws: EnrolmentError.cut) {
      _ = try cut.removeDongles(passphrase: secret(TestVolume.passphrase))
    }
    #expect(try site.volume.opensByPassphrase())
    if try site.enrolment.recover() == .nothing {
      #expect(try site.volume.slots() == [0, 1])
    } else {
      #expect(try site.volume.slots() == [0])
      #expect(site.volume.files(in: site.volume.places.installed).isEmpty)
      #expect(site.volume.files(in: site.volume.places.boot).isEmpty)
    }
  }

  @Test(
    "the LUKS2 token says what the record says, after each change, and goes with the last dongle")
  func token() throws {
    let site = try Site()
    #expect(try token(site)?.matches(site.volume.trusted().record) == true)
    _ = try site.rotate([site.here]).get()
    let rotated = try #require(try token(site))
    #expect(try rotated.matches(site.volume.trusted().record))
    #expect(rotated.keyslot == 2 && rotated.dongles.count == 1)
    for step in [Enrolment.Step.token, .installed, .renew] {
      var cut = site.enrolment
      cut.goesOn = { $0 != step }
      #expect(try site.rotate([site.here], cut) == .failure(.cut))
      _ = try site.enrolment.recover()
      #expect(try token(site)?.matches(site.volume.trusted().record) == true, "\(step)")
    }
    _ = try site.enrolment.removeDongles(passphrase: secret(TestVolume.passphrase))
    #expect(try token(site) == nil)
  }

  /// The token in the header, by cryptsetup's word; nil if there is none.
  private func token(_ site: Site) throws -> VolumeToken? {
    let exported = try Program.run(
      "cryptsetup", ["token", "export", "--token-id", "0", site.volume.image])
    guard exported.status == 0 else { return nil }
    return try VolumeToken(json: exported.output)
  }

  @Test("where /boot has a signature, the journal remembers until it is signed anew")
  func unsigned() throws {
    let site = try Site(signed: true)
    _ = try site.rotate().get()
    var status = try site.volume.status()
    #expect(status.interruption == .toSign && !status.isInterrupted)
    #expect(try site.enrolment.recover() == .nothing)
    _ = try site.rotate().get()
    #expect(Enrolment.bootWasSigned(site.volume.places) == 1)
    status = try site.volume.status()
    #expect(status.interruption == nil)
    #expect(site.volume.files(in: site.volume.places.journals) == ["lock"])
  }
}
