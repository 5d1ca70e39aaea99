import DiskKey
import Enrolment
import Foundation
import LibCrypto
import OpenPGPCard
import Secrets
import Storage
import TestSupport
import Testing
import VolumeTestSupport

@Suite("Enrolment")
struct EnrolmentTests {
  /// What enrolling gives.
  private func enroll(
    _ volume: TestVolume, _ dongles: [Record.Dongle], passphrase: String = TestVolume.passphrase,
    _ ask: (KeyBlob, Record.Dongle) throws(DiskKeyError) -> SecretBytes?
  ) -> Result<Enrolment.Outcome, EnrolmentError> {
    do throws(EnrolmentError) {
      return .success(
        try Enrolment(of: volume.image, places: volume.places).enroll(
          dongles, passphrase: secret(passphrase), ask: ask))
    } catch {
      return .failure(error)
    }
  }

  /// The key that a dongle gives for the volume's blob.
  private func key(_ volume: TestVolume, _ dongle: TestDongle) throws -> [UInt8] {
    let blob = try KeyBlob(reading: Array(volume.installedFolder().utf8), of: volume.trusted())
    return copy(of: try dongle.open(blob))
  }

  /// Nothing of an enrolment is left, and the passphrase still opens.
  private func expectUntouched(_ volume: TestVolume, slots: [Int] = [0]) throws {
    #expect(try volume.slots() == slots)
    #expect(try volume.opensByPassphrase())
    #expect(volume.files(in: volume.places.boot).isEmpty)
    #expect(volume.files(in: volume.places.installed).isEmpty)
    #expect(volume.files(in: volume.places.journals).allSatisfy { $0 == "lock" })
  }

  @Test(
    "an enrolled volume opens by its dongle's key and by the passphrase, says cryptsetup",
    arguments: [1, 2])
  func enrolls(version: Int) throws {
    let volume = try TestVolume(luks: version)
    let dongle = try TestDongle()
    let outcome = try volume.enroll(dongle)
    let key = try key(volume, dongle)
    #expect(key.count == 64)
    #expect(try volume.opens(key, slot: outcome.keyslot))
    #expect(try volume.opensByPassphrase())

    let record = try volume.trusted().record
    #expect(record == outcome.record)
    #expect(record.dongles.map(\.isTested) == [true])
    #expect(record.volume.personSlots == 0b1)
    let status = try volume.status()
    #expect(status.luksVersion == version)
    #expect(
      status.keyslots.map(\.number) == [0, outcome.keyslot]
        && status.keyslots.map(\.owner) == [.person, .dongles])
    #expect(status.headerFault == nil)
    #expect(status.installedBlob == .matches && status.bootBlob == .matches)
    #expect(status.bootRecordMatches && !status.isInterrupted)
    #expect(volume.files(in: outcome.bootFolder) == ["key.pgp", "record"])
    #expect(volume.files(in: volume.places.journals) == ["lock"])
  }

  @Test("the header's backup is from before, whole, and its owner's alone", arguments: [1, 2])
  func backup(version: Int) throws {
    let volume = try TestVolume(luks: version)
    let outcome = try volume.enroll(TestDongle())
    let attributes = try FileManager.default.attributesOfItem(atPath: outcome.backup)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    let restored = try Program.run(
      "cryptsetup",
      ["luksHeaderRestore", "-q", "--header-backup-file", outcome.backup, volume.image])
    #expect(restored.status == 0, "\(restored.errorText)")
    #expect(try volume.slots() == [0])
    #expect(try volume.opensByPassphrase())
  }

  @Test("a second dongle that isn't there is recorded as untested")
  func untested() throws {
    let volume = try TestVolume(luks: 2)
    let here = try TestDongle(serial: 1)
    let away = try TestDongle(serial: 2, key: .rsa(bits: 2048))
    let outcome = try enroll(volume, [here.recorded, away.recorded]) {
      (blob, dongle) throws(DiskKeyError) in
      dongle.pinned.identifier.serial == 1 ? try here.open(blob) : nil
    }.get()
    #expect(outcome.record.dongles.map(\.isTested) == [true, false])
    let blob = try KeyBlob(reading: Array(volume.installedFolder().utf8), of: volume.trusted())
    #expect(try volume.opens(copy(of: try away.open(blob))))
  }

  @Test("enrolling again replaces our own keyslot, and leaves the others")
  func again() throws {
    let volume = try TestVolume(luks: 2)
    let dongle = try TestDongle()
    let first = try volume.enroll(dongle)
    let oldKey = try key(volume, dongle)
    try volume.add("someone else's")
    let second = try volume.enroll(dongle)
    #expect(second.replacedSlot == first.keyslot)
    #expect(try volume.slots() == [0, 2, second.keyslot].sorted())
    #expect(try !volume.opens(oldKey))
    #expect(try volume.opens(key(volume, dongle)))
    #expect(try volume.opens(Array("someone else's".utf8)))
    #expect(try volume.opensByPassphrase())
  }

  @Test("what can't be enrolled is refused by name, and stays as it was")
  func refusals() throws {
    let volume = try TestVolume(luks: 2)
    let dongle = try TestDongle()
    let never: (KeyBlob, Record.Dongle) throws(DiskKeyError) -> SecretBytes? = { _, _ in nil }
    #expect(
      enroll(volume, [dongle.recorded], passphrase: "wrong", never) == .failure(.wrongPassphrase))
    #expect(enroll(volume, [], never) == .failure(.dongleCount(0)))
    #expect(
      enroll(volume, [dongle.recorded, dongle.recorded], never) == .failure(.sameDongleTwice))
    #expect(enroll(volume, [dongle.recorded], never) == .failure(.noDongleTested))
    try expectUntouched(volume)
    let refused: (KeyBlob, Record.Dongle) throws(DiskKeyError) -> SecretBytes? = {
      (_, _) throws(DiskKeyError) in throw .card(.wrongPIN(.user, triesLeft: 2))
    }
    #expect(
      enroll(volume, [dongle.recorded], refused)
        == .failure(.diskKey(.card(.wrongPIN(.user, triesLeft: 2)))))
    let other: (KeyBlob, Record.Dongle) throws(DiskKeyError) -> SecretBytes? = { _, _ in
      secret("another key")
    }
    #expect(enroll(volume, [dongle.recorded], other) == .failure(.wrongKeyFromDongle))
    try expectUntouched(volume)
  }

  @Test("a file that is no LUKS volume, or isn't there, is refused by name")
  func notLUKS() throws {
    let volume = try TestVolume(luks: 2)
    let dongle = try TestDongle()
    func error(_ device: String) -> EnrolmentError? {
      do throws(EnrolmentError) {
        _ = try Enrolment(of: device, places: volume.places).enroll(
          [dongle.recorded], passphrase: secret("x")
        ) { (_, _) throws(DiskKeyError) in nil }
        return nil
      } catch {
        return error
      }
    }
    #expect(
      try error(volume.folder.write("noise", bytes: [UInt8](repeating: 9, count: 5000))) == .notLUKS
    )
    #expect(error(volume.folder.path("nothing")) == .device(errno: ENOENT))
  }

  @Test("a header without a free keyslot is refused, and stays as it was")
  func full() throws {
    let volume = try TestVolume(luks: 1)
    for number in 1..<8 { try volume.add("passphrase \(number)") }
    let dongle = try TestDongle()
    let result = enroll(volume, [dongle.recorded]) { (blob, _) throws(DiskKeyError) in
      try dongle.open(blob)
    }
    #expect(result == .failure(.noFreeKeyslot))
    try expectUntouched(volume, slots: Array(0..<8))
  }

  @Test("a LUKS2 header without room for a keyslot more is refused, and stays as it was")
  func noRoom() throws {
    // 252 KiB for one keyslot of 512 bits with 4000 stripes; the area has 256.
    let volume = try TestVolume(luks: 2, extra: ["--luks2-keyslots-size", "256k"])
    let dongle = try TestDongle()
    let result = enroll(volume, [dongle.recorded]) { (blob, _) throws(DiskKeyError) in
      try dongle.open(blob)
    }
    #expect(result == .failure(.noRoomInHeader))
    try expectUntouched(volume)
  }

  @Test("another cipher than the policy's is refused before anything is written")
  func otherCipher() throws {
    let volume = try TestVolume(
      luks: 2, extra: ["--cipher", "aes-cbc-essiv:sha256", "--key-size", "256"])
    let result = enroll(volume, try [TestDongle().recorded]) { (_, _) throws(DiskKeyError) in nil }
    #expect(result == .failure(.header(.cipher(.segment))))
    try expectUntouched(volume)
    #expect(volume.files(in: volume.places.backups).isEmpty)
  }

  @Test("a /boot that can't be written is named, and nothing is left anywhere")
  func unwritableBoot() throws {
    let volume = try TestVolume(luks: 2)
    try volume.folder.write("boot", "a file in the folder's place")
    let dongle = try TestDongle()
    let result = enroll(volume, [dongle.recorded]) { (blob, _) throws(DiskKeyError) in
      try dongle.open(blob)
    }
    guard case .failure(.storage(let error)) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(error.code == ENOTDIR)
    #expect(try volume.slots() == [0])
    #expect(volume.files(in: volume.places.installed).isEmpty)
    #expect(volume.files(in: volume.places.journals) == ["lock"])
  }

  @Test("two runs at once: the second is told to wait")
  func busy() throws {
    let volume = try TestVolume(luks: 2)
    let dongle = try TestDongle()
    let result = enroll(volume, [dongle.recorded]) { (blob, _) throws(DiskKeyError) in
      do throws(EnrolmentError) {
        _ = try Enrolment(of: volume.image, places: volume.places).recover()
        Issue.record("the second run was let in")
      } catch {
        #expect(error == .busy)
      }
      return try dongle.open(blob)
    }
    _ = try result.get()
  }
}
