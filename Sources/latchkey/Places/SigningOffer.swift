import BootChanges
import BootManifest
import OpenPGPCard

/// What is said and done about /boot's signature when a volume's change has made it stale.
struct SigningOffer {
  private let boot: BootOptions
  private let options: GlobalOptions
  /// Whether /boot was just as it was signed before the change: then all that differs is the change.
  private let wasGood: Bool
  /// The images that are made anew by the change.
  private let images: RemadeImages

  /// Looks at /boot before the change.
  init(_ boot: BootOptions, _ options: GlobalOptions) {
    self.boot = boot
    var options = options
    // There, it names the dongles of the volume.
    options.card = []
    self.options = options
    images = RemadeImages(of: boot.boot, options.folders)
    do throws(Failure) {
      let trust = try TrustStore(files: boot.trusted, folders: options.folders).required()
      wasGood = try BootSite(boot, options.folders, trust).verify().holds
    } catch {
      wasGood = false
    }
  }

  /// Signs, if the person wants it; with `--yes` if /boot was as signed before, and the signing
  /// dongle's PIN came from a file. Else says that it must be signed.
  /// - Parameters:
  ///   - pins: where the PINs of the dongles came from that were asked already.
  ///   - made: the program that made the initramfs anew in this run, if one did.
  /// - Returns: whether /boot is signed now.
  /// - Throws: ``Failure`` if it was to be signed and could not be; the change itself is done.
  func make(
    _ pins: [CardIdentifier: SecretSource], made: String?
  ) throws(Failure) -> Bool {
    // Before anybody is asked: what the generator left is what counts.
    let made = made.map { images.record(madeBy: $0) } ?? []
    let signing: BootSigning
    do throws(Failure) {
      signing = try BootSigning(boot, options)
    } catch {
      return advise()
    }
    let given = signing.signer.dongle.flatMap { pins[$0.identifier] }
    if options.yes {
      guard wasGood, let given, given.file != nil else { return advise() }
    } else {
      guard
        let answer = Question.ask(
          "\(place) must be signed. Sign it now with \(signing.signer.name)? [y/N] "),
        ["y", "yes"].contains(answer.lowercased())
      else { return advise() }
    }
    let source =
      given.flatMap { $0.file == nil ? nil : $0 }
      ?? SecretSource(name: "PIN", option: "pin", file: nil, descriptor: nil)
    do throws(Failure) {
      // The first question was the offer; the one behind what changed is asked all the same.
      _ = try signing.sign(
        BootSigning.Wishes(pin: source, yes: options.yes, made: wasGood ? made : []))
    } catch {
      error.show()
      throw Failure(error.status, "", next: "\(place) must be signed: run latchkey sign.")
    }
    return true
  }

  private var place: String { Escaped.text(boot.boot) }

  private func advise() -> Bool {
    Output.note("\(place) must be signed: run latchkey sign.")
    return false
  }
}
