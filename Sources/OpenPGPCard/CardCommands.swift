internal import SmartCard

/// The application's commands, a line a command, with its section in the OpenPGP card
/// specification 3.4.1. Where `upTo` is 256 or less, an answer needs no extended length.
extension Command {
  /// §7.2.1. Data: the AID.
  static var select: Command { Command(ins: 0xA4, p1: 0x04, p2: 0x00, expecting: .exactly(256)) }
  /// §7.2.2. Data: the PIN. 81 signs, 82 all else, 83 the admin PIN.
  static func verify(_ reference: UInt8) -> Command { Command(ins: 0x20, p1: 0x00, p2: reference) }
  /// §7.2.2. Takes a verification back.
  static func unverify(_ reference: UInt8) -> Command {
    Command(ins: 0x20, p1: 0xFF, p2: reference)
  }
  /// §7.2.3. Data: old PIN ‖ new PIN.
  static func change(_ reference: UInt8) -> Command { Command(ins: 0x24, p1: 0x00, p2: reference) }
  /// §7.2.4. Data: resetting code ‖ new PIN.
  static var resetRetryByCode: Command { Command(ins: 0x2C, p1: 0x00, p2: 0x81) }
  /// §7.2.4. Data: new PIN, with the admin PIN verified.
  static var resetRetryByAdmin: Command { Command(ins: 0x2C, p1: 0x02, p2: 0x81) }
  /// §7.2.5. Which of several objects of one tag the next GET or PUT DATA means.
  static func selectData(_ occurrence: UInt8) -> Command {
    Command(ins: 0xA5, p1: occurrence, p2: 0x04)
  }
  /// §7.2.6.
  static func getData(_ tag: UInt16, upTo size: Int = 256) -> Command {
    Command(ins: 0xCA, tag: tag, expecting: answer(of: size))
  }
  /// §7.2.7. The next of several objects of one tag, after GET DATA of the first.
  static func getNextData(_ tag: UInt16, upTo size: Int) -> Command {
    Command(ins: 0xCC, tag: tag, expecting: answer(of: size))
  }
  /// §7.2.8. Data: the content, without tag and length.
  static func putData(_ tag: UInt16) -> Command { Command(ins: 0xDA, tag: tag) }
  /// §7.2.8, odd instruction. Data: an extended header list 4D with a private key.
  static var importKey: Command { Command(ins: 0xDB, p1: 0x3F, p2: 0xFF) }
  /// §7.2.10. Data: RSA a DigestInfo, ECDSA and EdDSA the hash.
  static func sign(upTo size: Int) -> Command {
    Command(ins: 0x2A, p1: 0x9E, p2: 0x9A, expecting: answer(of: size))
  }
  /// §7.2.11. Data: RSA `00` ‖ cryptogram, ECDH `A6`, AES `02` ‖ blocks.
  static func decipher(upTo size: Int) -> Command {
    Command(ins: 0x2A, p1: 0x80, p2: 0x86, expecting: answer(of: size))
  }
  /// §7.2.12. Data: blocks for the card's AES key.
  static func encipher(upTo size: Int) -> Command {
    Command(ins: 0x2A, p1: 0x86, p2: 0x80, expecting: answer(of: size))
  }
  /// §7.2.13. Data: as `sign`.
  static func authenticate(upTo size: Int) -> Command {
    Command(ins: 0x88, p1: 0x00, p2: 0x00, expecting: answer(of: size))
  }
  /// §7.2.14. Data: the slot's template. Makes a key.
  static func generate(upTo size: Int) -> Command {
    Command(ins: 0x47, p1: 0x80, p2: 0x00, expecting: answer(of: size))
  }
  /// §7.2.14. Data: the slot's template. Reads the public key.
  static func readKey(upTo size: Int) -> Command {
    Command(ins: 0x47, p1: 0x81, p2: 0x00, expecting: answer(of: size))
  }
  /// §7.2.15.
  static func challenge(_ count: Int) -> Command {
    Command(ins: 0x84, p1: 0x00, p2: 0x00, expecting: .exactly(count))
  }
  /// §7.2.16.
  static var terminate: Command { Command(ins: 0xE6, p1: 0x00, p2: 0x00) }
  /// §7.2.17.
  static var activate: Command { Command(ins: 0x44, p1: 0x00, p2: 0x00) }
  /// §7.2.18. Data: `83 01 02` or `83 01 03`. Which key DECIPHER (B8) or AUTHENTICATE (A4) uses.
  static func useKey(_ template: UInt8) -> Command {
    Command(ins: 0x22, p1: 0x41, p2: template)
  }
  /// Yubico's own. Data: the tries of PW1, resetting code and PW3, a byte each.
  static var setRetries: Command { Command(ins: 0xF2, p1: 0x00, p2: 0x00) }

  private init(ins: UInt8, tag: UInt16, expecting expected: ExpectedLength = .none) {
    self.init(
      ins: ins, p1: UInt8(tag >> 8), p2: UInt8(tag & 0xFF), expecting: expected)
  }

  /// Short where a short answer holds it: readers that can't do extended lengths are many.
  private static func answer(of size: Int) -> ExpectedLength {
    size <= 256 ? .exactly(256) : .maximum
  }
}

/// The application identifier's first bytes, those that SELECT names (§4.2.1).
let applicationIdentifier: [UInt8] = [0xD2, 0x76, 0x00, 0x01, 0x24, 0x01]
