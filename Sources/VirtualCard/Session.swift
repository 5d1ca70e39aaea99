/// What the card remembers while it has power.
struct Session: Equatable {
  /// The application that SELECT chose.
  enum Application: Equatable {
    case none
    case openPGP
    case other(CardProfile.OtherApplication)
  }

  /// The parts of a chained command so far.
  struct Chain: Equatable {
    let ins: UInt8
    let p1: UInt8
    let p2: UInt8
    var data: [UInt8]
  }

  var application = Application.none
  /// VERIFY 81, 82 and 83 that hold.
  var verified: Set<PINReference> = []
  /// Which occurrence of 7F21 is selected.
  var certificate = 0
  /// Which key PSO: DECIPHER uses.
  var decipherKey = Slot.decryption
  /// Which key INTERNAL AUTHENTICATE uses.
  var authenticateKey = Slot.authentication
  var chain: Chain?
  /// What GET RESPONSE has still to give.
  var pending: [UInt8] = []
}
