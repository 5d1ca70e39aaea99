import ArgumentParser

/// What `sign` and `verify` take for files, as ISO images for a USB stick are.
struct MediaOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Check FILE against this list of a distribution's checksums, which must be signed.",
      valueName: "file"), completion: .file())
  var checksums: String?

  @Option(
    name: .customLong("checksums-signature"),
    help: ArgumentHelp(
      "The list's signature, if it isn't in the list, nor beside it as .sign, .gpg, .asc or .sig.",
      valueName: "file"), completion: .file())
  var checksumsSignature: String?

  /// Says what doesn't go together.
  /// - Parameter output: another option that takes one FILE only, and its value.
  func check(
    _ files: [String], _ boot: BootOptions, onlyOne: (name: String, value: String?)
  ) throws(Failure) {
    let fileOptions = [
      ("--checksums", checksums), ("--checksums-signature", checksumsSignature), onlyOne,
    ]
    if files.isEmpty {
      for (name, value) in fileOptions where value != nil {
        throw Failure(
          .wrongUse, "\(name) is for files", next: "Name them; without any, it is about /boot.")
      }
      return
    }
    guard boot.boot == "/boot" else {
      throw Failure(
        .wrongUse, "--boot and files don't go together",
        next: "Do one after the other: without a FILE, it is about /boot.")
    }
    if onlyOne.value != nil, files.count > 1 {
      throw Failure(
        .wrongUse, "\(onlyOne.name) is for one FILE, not for \(files.count)",
        next: "Name one at a time.")
    }
    if checksumsSignature != nil, checksums == nil {
      throw Failure(
        .wrongUse, "--checksums-signature is there without --checksums",
        next: "Name the list with --checksums FILE.")
    }
  }
}
