import ArgumentParser
import BootChanges

/// `latchkey image-made`
struct ImageMadeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "image-made",
    abstract: "Write down an initramfs that was just made; for hooks.",
    discussion: """
      Keeps the image's SHA-256 where only root can write. From then on latchkey changes and sign call any \
      other image of that name "not the one that was made here". With --gone, forgets the images that are no \
      longer there. Its exit code is 0 whatever comes, as no upgrade may fail by it.
      """)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The image, on /boot.", completion: .file())
  var image: String?

  @Option(help: ArgumentHelp("What made it.", valueName: "program"))
  var by = "update-initramfs"

  @Option(help: "The folder that is, or stands for, /boot.", completion: .directory)
  var boot: String?

  @Flag(help: "Forget the images that are no longer there.")
  var gone = false

  func validate() throws {
    if image == nil, !gone { throw ValidationError("Name the image that was made, or say --gone.") }
  }

  func run() throws {
    let records = ImageRecords(
      state: options.folders.state, boot: boot ?? options.folders.boot)
    do throws(ImageRecords.Problem) {
      if let image { try records.write(image, madeBy: by, witness: .hook, now: Moment.now) }
      if gone { try records.forgetGone() }
    } catch {
      // An image that is made elsewhere, as for another machine, is nothing to this /boot.
      guard error != .notOnBoot else { return }
      Output.note(
        "latchkey: that \(Escaped.text(image ?? "")) was made here can't be written down: "
          + "\(error.words). latchkey sign will call it unexplained.")
    }
  }
}

extension ImageRecords.Problem {
  /// In words.
  fileprivate var words: String {
    switch self {
    case .notOnBoot: "it is not on this /boot"
    case .storage(let error): Failure(error).what
    case .crypto: "libcrypto failed"
    }
  }
}
