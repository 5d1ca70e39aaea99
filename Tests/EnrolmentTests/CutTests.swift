import DiskKey
import Enrolment
import Foundation
import Secrets
import TestSupport
import Testing
import VolumeTestSupport

@Suite("A cut enrolment")
struct CutTests {
  /// Enrols and is cut before a step, as by a loss of power: nothing is taken back.
  private func cut(_ volume: TestVolume, _ dongle: TestDongle, before step: Enrolment.Step) throws {
    var enrolment = Enrolment(of: volume.image, places: volume.places)
    enrolment.goesOn = { $0 != step }
    do throws(EnrolmentError) {
      _ = try enrolment.enroll(
        [dongle.recorded], passphrase: secret(TestVolume.passphrase)
      ) { (blob, _) throws(DiskKeyError) in try dongle.open(blob) }
      Issue.record("it was not cut")
    } catch {
      #expect(error == .cut)
    }
  }

  private func recover(_ volume: TestVolume) throws -> Enrolment.Recovery {
    try Enrolment(of: volume.image, places: volume.places).recover()
  }

  @Test(
    "of a first enrolment is taken back before the test, and finished behind it",
    arguments: Enrolment.Step.allCases, [1, 2])
  func first(step: Enrolment.Step, version: Int) throws {
    let volume = try TestVolume(luks: version)
    let dongle = try TestDongle()
    try cut(volume, dongle, before: step)
    #expect(try volume.opensByPassphrase())
    switch try recover(volume) {
    case .finished:
      let status = try volume.status()
      #expect(status.keyslots.map(\.number) == [0, 1])
      #expect(status.installedBlob == .matches && status.bootBlob == .matches)
      #expect(status.bootRecordMatches && !status.isInterrupted)
      let blob = try KeyBlob(reading: Array(volume.installedFolder().utf8), of: volume.trusted())
      #expect(try volume.opens(copy(of: try dongle.open(blob)), slot: 1))
      #expect(volume.files(in: status.uuid.folder(volume.places)) == ["key.pgp", "record"])
      #expect(try hasToken(volume) == (version == 2))
    case .takenBack, .nothing:
      #expect(try volume.slots() == [0])
      #expect(try !hasToken(volume))
      #expect(volume.files(in: volume.places.boot).isEmpty)
      #expect(volume.files(in: volume.places.installed).isEmpty)
    }
    #expect(try volume.opensByPassphrase())
    #expect(volume.files(in: volume.places.journals) == ["lock"])
    #expect(try recover(volume) == .nothing)
    // And the next run goes through.
    try volume.enroll(dongle)
  }

  @Test(
    "of a second enrolment leaves the old key or the new one, and never less than a whole set",
    arguments: Enrolment.Step.allCases)
  func second(step: Enrolment.Step) throws {
    let volume = try TestVolume(luks: 2)
    let dongle = try TestDongle()
    try volume.enroll(dongle)
    try cut(volume, dongle, before: step)
    #expect(try volume.opensByPassphrase())
    _ = try recover(volume)
    let status = try volume.status()
    #expect(status.keyslots.count == 2)
    #expect(status.installedBlob == .matches && status.bootBlob == .matches)
    #expect(status.bootRecordMatches)
    #expect(try hasToken(volume))
    let blob = try KeyBlob(reading: Array(volume.installedFolder().utf8), of: volume.trusted())
    #expect(try volume.opens(copy(of: try dongle.open(blob))))
  }

  /// Whether the header has a token, which then must be that of root's record.
  private func hasToken(_ volume: TestVolume) throws -> Bool {
    let header = try CryptDevice(header: Array(volume.image.utf8))
    guard let number = header.ourTokens.first else { return false }
    #expect(header.ourTokens.count == 1)
    let token = try VolumeToken(json: header.token(number) ?? [])
    return try token.matches(volume.trusted().record)
  }

  @Test("a damaged journal stops the next run by name, and nothing is changed")
  func damagedJournal() throws {
    let volume = try TestVolume(luks: 2)
    let dongle = try TestDongle()
    try cut(volume, dongle, before: .test)
    let uuid = String(decoding: try #require(try Self.uuid(volume)), as: UTF8.self)
    let path = volume.places.journals + "/" + uuid
    let whole = try #require(FileManager.default.contents(atPath: path))
    for length in 0..<whole.count {
      try Data(whole.prefix(length)).write(to: URL(fileURLWithPath: path))
      #expect(throws: EnrolmentError.damagedJournal(path: path)) { try recover(volume) }
    }
    try whole.write(to: URL(fileURLWithPath: path))
    #expect(try recover(volume) == .takenBack(keyslot: 1))
  }

  private static func uuid(_ volume: TestVolume) throws -> [UInt8]? {
    let text = try Program.run("cryptsetup", ["luksUUID", volume.image]).text
    return VolumeUUID(Array(text.utf8.prefix(36)).span)?.text
  }
}

extension VolumeUUID {
  /// The volume's folder on /boot.
  fileprivate func folder(_ places: EnrolmentPlaces) -> String { places.bootFolder(self) }
}
