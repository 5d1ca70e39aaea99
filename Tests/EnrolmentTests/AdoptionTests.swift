import DiskKey
import Enrolment
import Foundation
import OpenPGP
import Secrets
import TestSupport
import Testing
import VolumeTestSupport

@Suite("Adoption")
struct AdoptionTests {
  /// A volume to which a key was added as PureBoot's tool does, and that key encrypted to a dongle.
  struct Site {
    let volume: TestVolume
    let dongle: TestDongle
    let key: [UInt8]
    let message: [UInt8]

    /// - Parameter derivation: how the keyslot derives its key.
    init(luks version: Int = 2, bytes: Int = 256, derivation: [String] = argon2) throws {
      volume = try TestVolume(luks: version)
      dongle = try TestDongle(serial: 1)
      let key = (0..<bytes).map { _ in UInt8.random(in: .min ... .max) }
      let copied = SecretBytes(copying: key.span)
      message = try encrypt(copied, to: [dongle.recorded.recipient])
      self.key = key
      let old = try volume.folder.write("old", TestVolume.passphrase)
      let new = try volume.folder.write("new", bytes: key)
      let added = try Program.run(
        "cryptsetup",
        ["luksAddKey", "-q"] + (version == 1 ? Self.rounds : derivation)
          + ["--key-slot", "5", "--key-file", old, volume.image, new])
      guard added.status == 0 else { throw TestSupportError(added.errorText) }
    }

    static let argon2 = [
      "--pbkdf", "argon2id", "--pbkdf-memory", "1024", "--pbkdf-force-iterations", "4",
      "--pbkdf-parallel", "1",
    ]
    static let rounds = ["--pbkdf-force-iterations", "2000"]

    func adopt(
      _ enrolment: Enrolment? = nil, message: [UInt8]? = nil,
      passphrase: borrowing SecretBytes = secret(TestVolume.passphrase)
    ) throws -> Result<Enrolment.Outcome, EnrolmentError> {
      let dongle = dongle
      let bytes = message ?? self.message
      let blob = try AnyKeyBlob(adopting: bytes.span, for: [dongle.recorded])
      do throws(EnrolmentError) {
        return .success(
          try (enrolment ?? Enrolment(of: volume.image, places: volume.places)).adopt(
            blob, for: [dongle.recorded], passphrase: passphrase
          ) { (message, recorded) throws(DiskKeyError) in
            try message.isFor(recorded) ? dongle.open(message) : nil
          } ask: { (blob, _) throws(DiskKeyError) in
            try dongle.open(blob)
          })
      } catch {
        return .failure(error)
      }
    }
  }

  @Test(
    "the keyslot stays with its key, whatever derived it, and opens by the checks of a boot",
    arguments: [(1, false), (2, true), (2, false)])
  func adopts(version: Int, isArgon: Bool) throws {
    let site = try Site(
      luks: version,
      derivation: isArgon ? Site.argon2 : ["--pbkdf", "pbkdf2"] + Site.rounds)
    let outcome = try site.adopt().get()
    #expect(outcome.keyslot == 5 && outcome.personSlot == 0 && outcome.replacedSlot == nil)
    #expect(try site.volume.slots() == [0, 5])
    #expect(try site.volume.opens(site.key, slot: 5) && site.volume.opensByPassphrase())
    let trusted = try site.volume.trusted()
    let header = try CheckedHeader(of: Array(site.volume.image.utf8), for: trusted)
    let blob = try KeyBlob(reading: Array(site.volume.installedFolder().utf8), of: trusted)
    let opened = try site.dongle.open(blob)
    try header.test(opened)
    #expect(copy(of: opened) == site.key)
    #expect(trusted.record.volume.personSlots == 1)

    // And a rotation takes the adopted keyslot out, as the dongle's key proved that it is theirs.
    let dongle = site.dongle
    let rotated = try Enrolment(of: site.volume.image, places: site.volume.places).rotate(
      to: [dongle.recorded], by: .dongle, opened
    ) { (blob, _) throws(DiskKeyError) in try dongle.open(blob) }
    #expect(rotated.replacedSlot == 5)
    #expect(try !site.volume.opens(site.key))
  }

  @Test(
    "a cut at any step leaves the adopted key in its keyslot", arguments: Enrolment.Step.allCases)
  func cuts(step: Enrolment.Step) throws {
    let site = try Site()
    var cut = Enrolment(of: site.volume.image, places: site.volume.places)
    cut.goesOn = { $0 != step }
    #expect(try site.adopt(cut) == .failure(.cut))
    #expect(try site.volume.opens(site.key, slot: 5) && site.volume.opensByPassphrase())
    _ = try Enrolment(of: site.volume.image, places: site.volume.places).recover()
    #expect(try site.volume.opens(site.key, slot: 5) && site.volume.opensByPassphrase())
    #expect(try site.adopt().get().keyslot == 5)
    #expect(try site.volume.slots() == [0, 5])
  }

  @Test("a key of ours from before goes when another is adopted; one adopted twice stays")
  func again() throws {
    let site = try Site()
    let first = try site.volume.enroll(site.dongle)
    #expect(try site.adopt().get().replacedSlot == first.keyslot)
    #expect(try site.volume.slots() == [0, 5])
    #expect(try site.adopt().get().replacedSlot == nil)
    #expect(try site.volume.slots() == [0, 5])
  }

  @Test("what can't be adopted is refused by name, and nothing changes")
  func refusals() throws {
    let site = try Site()
    let stranger = try TestDongle(serial: 9)
    let key = SecretBytes(copying: site.key.span)
    let foreign = try encrypt(key, to: [stranger.recorded.recipient])
    #expect(try site.adopt(message: foreign) == .failure(.notForAnyDongle))
    let other = try encrypt(secret("another key"), to: [site.dongle.recorded.recipient])
    #expect(try site.adopt(message: other) == .failure(.adoptedKeyOpensNothing))
    let persons = try encrypt(
      secret(TestVolume.passphrase), to: [site.dongle.recorded.recipient])
    #expect(try site.adopt(message: persons) == .failure(.passphraseOfDongles))
    #expect(try site.adopt(passphrase: secret("wrong")) == .failure(.wrongPassphrase))
    #expect(try site.volume.slots() == [0, 5])
    #expect(site.volume.files(in: site.volume.places.installed).isEmpty)

    let short = try Site(bytes: 12)
    #expect(try short.adopt() == .failure(.adoptedKeyTooShort(12)))
    #expect(try short.volume.opens(short.key))
  }
}
