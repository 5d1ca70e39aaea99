import OpenPGPCard
import Provisioning
import Secrets

/// A PIN to be set: typed twice, or from a file or descriptor.
enum NewPIN {
  /// - Parameter current: stands in where the person leaves nothing to change; nil to require one.
  static func read(
    _ pin: PIN, of dongle: Dongle, from source: SecretSource
  ) throws(Failure) -> SecretHolder {
    let least = pin.minimumLength
    let first = try source.read(
      prompt: "New \(source.name) for \(dongle.name), at least \(least) characters: ", limit: 256)
    do throws(ProvisioningError) {
      try Provisioning.check(first, as: pin, of: dongle.application)
    } catch {
      throw Failure(error, dongle: dongle.name)
    }
    guard !source.isGiven else { return SecretHolder(first) }
    let second = try source.read(prompt: "The same once more: ", limit: 256)
    let holder = SecretHolder(first)
    guard holder.isSame(as: SecretHolder(second)) else {
      throw Failure(.wrongUse, "the two are not the same", next: "Nothing was changed.")
    }
    return holder
  }
}
