/// Why a command of the Stateless OpenPGP interface failed, with the exit code that the draft has for it
/// (draft-dkg-openpgp-stateless-cli §7).
struct SOPFailure: Error {
  let status: Status
  let text: String

  init(_ status: Status, _ text: String) {
    self.status = status
    self.text = text
  }

  /// The draft's exit codes, as far as they occur here.
  enum Status: Int32 {
    case noSignature = 3
    case unsupportedAlgorithm = 13
    case cannotEncrypt = 17
    case missingArgument = 19
    case cannotDecrypt = 29
    case unsupportedOption = 37
    case badData = 41
    case expectedText = 53
    case missingInput = 61
    case protectedKey = 67
    case unsupportedCommand = 69
    case unsupportedPrefix = 71
    case cannotSign = 79
  }
}
