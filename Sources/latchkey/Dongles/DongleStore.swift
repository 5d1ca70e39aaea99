import CSystem
import FoundationEssentials
import OpenPGPCard
import Provisioning
import Storage

/// What this system knows of dongles, below /etc/latchkey/dongles.
struct DongleStore {
  private let folder: String

  init(_ folders: SystemFolders) { folder = folders.dongles }

  /// What is known of a dongle.
  func known(_ identifier: CardIdentifier) throws(Failure) -> KnownDongle? {
    do throws(StorageError) {
      return try KnownDongle.load(identifier, from: folder)
    } catch {
      if error.code == EBADMSG {
        throw Failure(
          .doesNotHold,
          "\(Escaped.text(error.path)), what this system knows of a dongle, is damaged",
          next: "No PIN was sent. If the dongle is yours, remove that file: it is written anew.")
      }
      throw Failure(error)
    }
  }

  /// The dongle that has the key of that fingerprint.
  func holder(of fingerprint: [UInt8]) throws(Failure) -> KnownDongle? {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      guard let identifier = CardIdentifier(text: Array(name.utf8).span),
        let known = try known(identifier), known.fingerprints.contains(fingerprint)
      else { continue }
      return known
    }
    return nil
  }

  /// How a dongle's PINs are derived: as recorded; for one never used here, as it says itself.
  func keyDerivation(of dongle: Dongle) throws(Failure) -> KeyDerivation {
    if let known = try known(dongle.identifier) { return known.keyDerivation }
    guard dongle.application.capabilities.hasKeyDerivation else { return .plain }
    var card = try dongle.visit()
    do throws(CardError) {
      return try card.keyDerivation()
    } catch {
      throw Failure(error, dongle: dongle.name)
    }
  }

  /// Writes what is known of a dongle.
  func save(_ known: KnownDongle) throws(Failure) {
    do throws(StorageError) {
      try known.save(to: folder)
    } catch {
      throw Failure(error)
    }
  }

  /// Forgets a dongle that was emptied. Where that isn't allowed, it says so.
  func forget(_ identifier: CardIdentifier) {
    let path = folder + "/" + String(decoding: identifier.text, as: UTF8.self)
    // The folder that isn't there needs no record removed from it.
    guard FileManager.default.fileExists(atPath: path) else { return }
    do throws(StorageError) {
      try DurableFile.remove(path)
    } catch {
      Output.note("latchkey: \(Failure(error).what); as root: rm \(Escaped.text(path))")
    }
  }

  /// Records a dongle that has proved itself. Where that isn't allowed, it says so.
  func remember(_ dongle: Dongle, _ derivation: KeyDerivation) {
    do throws(StorageError) {
      try KnownDongle(
        identifier: dongle.identifier, keyDerivation: derivation,
        fingerprints: KeySlot.allCases.compactMap(dongle.application.fingerprint(of:))
      ).save(to: folder)
    } catch {
      Output.note(
        "latchkey: \(dongle.name) can't be recorded in \(Escaped.text(folder)); run this as root once."
      )
    }
  }
}
