import FoundationEssentials

/// A card model: what tells it apart from another OpenPGP card. One file a model in `cards/`.
public struct CardProfile: Codable, Equatable, Sendable {
  /// What people call the model.
  public var name: String
  /// The specification's version in the AID, `0304`.
  public var version: Hex
  /// The manufacturer's number in the AID, two bytes.
  public var manufacturer: Hex
  /// The answer to reset.
  public var answerToReset: Hex
  /// DO 5F52; its third byte from the end is the life cycle, which the card fills in.
  public var historicalBytes: Hex
  /// DO C0, ten bytes.
  public var extendedCapabilities: Hex
  /// DO 7F66; absent on a card without extended lengths.
  public var lengths: Lengths?
  /// DO 7F74; absent on a card without it.
  public var featureManagement: Hex?
  /// The tags in 6E in their order; 73 among them.
  public var applicationData: [Hex]
  /// The tags in 73 in their order.
  public var discretionaryData: [Hex]
  /// What a new card's PINs are like.
  public var pins: PINRules
  /// Data objects a new card doesn't have empty, by their tag: 5F35, F9.
  public var initialObjects: [String: Hex]
  /// The algorithm attributes of a new card: signing, decryption, authentication.
  public var initialAttributes: [Hex]
  /// What FA lists: the attributes by the tag of the key, in that order.
  public var algorithms: [AlgorithmRow]
  /// Attributes the card takes beside those, in the same form.
  public var unlistedAlgorithms: [AlgorithmRow]?
  /// A fourth key the model has for attestation (instruction FB of Yubikeys).
  public var attestation: Attestation?
  /// Applications beside OpenPGP, which answer always the same.
  public var otherApplications: [OtherApplication]?
  /// The firmware's version, for instruction F1; with it the card has F1 and F2 (Yubikeys).
  public var firmwareVersion: Hex?
  /// What the specification leaves open, or the model does in a way of its own.
  public var habits: Habits
  /// How the model shows itself on USB; absent for a card that is no USB device.
  public var usb: USB?
  /// How long the model's operations take, in milliseconds, where a source says so: by a name such as
  /// `sign rsa2048`. The virtual card takes them where ``VirtualCard/takesModelsTime`` says so.
  public var responseTimes: [String: Int]?
  /// For each value above where it was taken from.
  public var sources: [String: String]

  /// The longest APDUs, in bytes with header or status word (7F66).
  public struct Lengths: Codable, Equatable, Sendable {
    /// Of a command.
    public var command: Int
    /// Of an answer.
    public var response: Int
  }

  /// PW1, reset code, PW3: three numbers each.
  public struct PINRules: Codable, Equatable, Sendable {
    /// The fewest bytes.
    public var minimum: [Int]
    /// The most bytes, as C4 says it.
    public var maximum: [Int]
    /// The tries of a new card.
    public var tries: [Int]
    /// The first byte of C4: one VERIFY for many signatures.
    public var manySignatures: Bool
  }

  /// Attributes of one key slot.
  public struct AlgorithmRow: Codable, Equatable, Sendable {
    /// C1, C2, C3; DA for attestation.
    public var tag: Hex
    /// The attributes, in the order FA has them.
    public var attributes: [Hex]
  }

  /// What a Yubikey's attestation key adds to C5, C6, CD and DE.
  public struct Attestation: Codable, Equatable, Sendable {
    /// DO DA.
    public var attributes: Hex
    /// Behind the three fingerprints of C5.
    public var fingerprint: Hex
    /// Behind the three of C6.
    public var caFingerprint: Hex
    /// Behind the three times of CD.
    public var time: Hex
    /// Behind the three pairs of DE.
    public var keyInformation: Hex
    /// DO D9.
    public var touch: Hex
  }

  /// An application that isn't OpenPGP.
  public struct OtherApplication: Codable, Equatable, Sendable {
    /// Its application identifier.
    public var identifier: Hex
    /// What SELECT answers, without status word.
    public var selected: Hex
    /// What other instructions answer, by INS.
    public var answers: [String: Hex]
  }

  /// The model's ways.
  public struct Habits: Codable, Equatable, Sendable {
    /// GET DATA of 6E, 65, 7A, 73 and FA begins with the object's own tag and length.
    public var taggedObjects: Bool
    /// A wrong PIN's status word; `63C0` stands for 63Cx with the tries left.
    public var wrongPIN: Hex
    /// A wrong old PIN's in CHANGE REFERENCE DATA; `63C0` as above.
    public var wrongOldPIN: Hex
    /// A wrong reset code's; `63C0` as above.
    public var wrongResetCode: Hex
    /// A blocked PIN's status word.
    public var blockedPIN: Hex
    /// A PIN of an impossible length: this status word and no try used; absent: a wrong PIN.
    public var badPINLength: Hex?
    /// A new PIN of an impossible length.
    public var badNewPINLength: Hex
    /// GET DATA of a tag there isn't.
    public var noSuchObject: Hex
    /// GENERATE 81 where there is no key.
    public var noPublicKey: Hex
    /// An operation with a key that isn't there.
    public var noKey: Hex
    /// TERMINATE without the right to.
    public var terminateRefused: Hex
    /// GET NEXT DATA behind the last certificate.
    public var noNextObject: Hex
    /// Algorithm attributes the card doesn't have.
    public var noSuchAlgorithm: Hex
    /// Writing a KDF-DO sets the PINs: to its initial hashes, or without any to the factory's.
    public var derivationSetsPINs: Bool
    /// Attributes are taken, and kept as listed, with or without a closing FF (import with the public
    /// key), and RSA's in CRT form.
    public var importWithPublicKey: Bool
    /// Other lengths of the RSA exponent, in bits, that are taken and kept as the listed ones.
    public var otherExponentLengths: [Int]
    /// A short Le smaller than the answer: 6Cxx instead of a part and 61xx.
    public var refusesShortLe: Bool
    /// What was verified still is after TERMINATE and ACTIVATE.
    public var keepsVerification: Bool
    /// By how many bytes FA's own length is too long.
    public var excessAlgorithmLength: Int
    /// Just these objects begin with their own tag and length, whatever `taggedObjects` says.
    public var ownTags: [Hex]?
    /// There is no FA.
    public var hidesAlgorithms: Bool?
    /// Commands can't be chained.
    public var refusesChaining: Bool?
    /// How many certificates 7F21 holds: 1 the authentication key's alone, 0 none, both without SELECT
    /// DATA and GET NEXT DATA; absent: three.
    public var certificates: Int?
    /// C4's first byte for many signatures; absent: 01.
    public var manySignaturesByte: Hex?
    /// SELECT's status word once the application is terminated; absent: 6285.
    public var terminatedSelect: Hex?
    /// Any other command's then; absent: 6985.
    public var terminatedCommand: Hex?
    /// TERMINATE wants PW3 verified even once it is blocked.
    public var terminateNeedsPIN: Bool?
    /// An import must hold just the numbers that the attributes say, the exponent as long as they say.
    public var strictImport: Bool?
    /// C4 counts the tries of a reset code that isn't set.
    public var countsUnsetResetCode: Bool?
    /// VERIFY without data is answered with this, whatever holds; absent: with the tries left.
    public var noVerificationStatus: Hex?
    /// The user PIN changes only while there is a key (else 6985), and is the factory's again once the
    /// last key is gone, as is the reset code.
    public var needsKeyForUserPIN: Bool?
    /// The KDF-DO changes only while there is no key, and is taken away with an empty one.
    public var derivationWithoutKeys: Bool?
  }

  /// A USB device with a reader inside (class CCID).
  public struct USB: Codable, Equatable, Sendable {
    /// idVendor, two bytes.
    public var vendor: Hex
    /// idProduct, two bytes.
    public var product: Hex
    /// bcdDevice, two bytes.
    public var release: Hex
    /// iManufacturer.
    public var manufacturerName: String
    /// iProduct.
    public var productName: String
    /// iInterface; absent where there is none.
    public var interfaceName: String?
    /// The reader's dwFeatures, four bytes: what the host exchanges with it, and what it does by itself.
    public var features: Hex
    /// dwMaxCCIDMessageLength.
    public var maximumMessage: Int
    /// dwMaxIFSD.
    public var maximumBlock: Int
    /// It says by itself when a card comes or goes.
    public var hasInterruptEndpoint: Bool
    /// bPINSupport, one byte; absent where the device has no pad.
    public var pinSupport: Hex?
  }

  /// Reads a profile's file.
  /// - Throws: ``CardFileError/unreadable`` or ``CardFileError/damaged``.
  public init(contentsOf path: String) throws(CardFileError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .unreadable(path)
    }
    do {
      self = try JSONDecoder().decode(CardProfile.self, from: data)
    } catch {
      throw .damaged(path, String(describing: error).singleLine)
    }
    guard hasRightSizes else { throw .damaged(path, "a value has a wrong size") }
  }

  /// Whether every value has the size the code counts on.
  var hasRightSizes: Bool {
    version.bytes.count == 2 && manufacturer.bytes.count == 2
      && (2...33).contains(answerToReset.bytes.count)
      && historicalBytes.bytes.count >= 3 && extendedCapabilities.bytes.count == 10
      && pins.minimum.count == 3 && pins.maximum.count == 3 && pins.tries.count == 3
      && pins.tries.allSatisfy { (1...15).contains($0) }
      && pins.maximum.allSatisfy { (8...127).contains($0) }
      && initialAttributes.count == 3
      && (applicationData + discretionaryData).allSatisfy { (1...2).contains($0.bytes.count) }
      && (lengths.map { !takesExtendedLengths || $0.command >= 261 && $0.response >= 258 } ?? true)
      && (lengths.map { $0.command >= 0 && $0.response >= 0 } ?? true)
      && (lengths.map { $0.command <= 65535 && $0.response <= 65535 } ?? true)
      && (usb.map(\.hasRightSizes) ?? true)
  }
}

extension CardProfile {
  /// Made to version 3 or later: C0's last bytes have another meaning before, and 7F66 isn't there.
  var isThird: Bool { version.bytes[0] >= 3 }

  /// The card capabilities in the historical bytes (compact TLV 73, third byte) say 40: extended Lc
  /// and Le.
  var takesExtendedLengths: Bool {
    let bytes = historicalBytes.bytes
    guard let start = bytes.firstIndex(of: 0x73), start + 3 < bytes.count else { return false }
    return bytes[start + 3] & 0x40 != 0
  }
}

extension CardProfile.USB {
  /// Whether every value has the size the code counts on, and the features say what is exchanged.
  var hasRightSizes: Bool {
    [vendor, product, release].allSatisfy { $0.bytes.count == 2 } && features.bytes.count == 4
      && [1, 2, 4].contains(features.bytes[1] & 7) && (64...70_000).contains(maximumMessage)
      && (0...70_000).contains(maximumBlock) && pinSupport?.bytes.count ?? 1 == 1
  }
}

extension String {
  /// The text without line breaks, for a message.
  var singleLine: String {
    String(map { $0.isNewline ? " " : $0 }.prefix(300))
  }
}
