import BootManifest
import DiskKey
import OpenPGP

// What the modules' small errors mean, as a person reads them behind a colon.

extension HeaderFault {
  /// In words.
  var words: String {
    switch self {
    case .notLUKS: "it is no LUKS header"
    case .version: "it is of the other LUKS version"
    case .uuid: "it has another volume's UUID"
    case .segments: "it has other segments than one that is encrypted"
    case .nullCipher(let part): "\(part.words) is not encrypted at all"
    case .cipher(let part): "\(part.words) has another cipher than aes-xts-plain64"
    case .keySize: "its key has another size"
    case .sectorSize: "its sectors have another size"
    case .dataOffset: "its data begin elsewhere"
    case .requirement: "it asks for a feature that isn't known here"
    case .reencryption: "it is being re-encrypted, or says so"
    case .noKeyslot: "the dongles' keyslot is gone"
    case .derivation: "the dongles' keyslot derives its key in another way"
    case .digest: "its digest of the volume key is another"
    case .keyRefused: "the dongle's key doesn't open the keyslot"
    case .volumeKey: "the keyslot holds another volume key"
    }
  }
}

extension HeaderFault.Part {
  /// In words.
  var words: String {
    switch self {
    case .segment: "its data"
    case .keyslot(let number): "its keyslot \(number)"
    }
  }
}

extension RecordFault {
  /// In words.
  var words: String {
    switch self {
    case .notARecord: "it doesn't begin as a record does"
    case .version(let number): "it is of version \(number), which a later Latchkey wrote"
    case .truncated: "it ends too early"
    case .trailingBytes: "something stands behind its end"
    case .dongleCount(let count): "it has \(count) dongles, not 1 to \(Record.maximumDongles)"
    case .dongle: "what it says of a dongle makes no sense"
    case .volume: "what it says of the volume makes no sense"
    }
  }
}

extension ListError.Problem {
  /// In words.
  var words: String {
    switch self {
    case .badLine: "not in the form that it must have"
    case .carriageReturn: "it ends in CR LF"
    case .unterminated: "it isn't ended"
    case .doubled: "the same name again"
    case .unsorted: "not in order"
    case .notRelative: "a path that doesn't begin with ./"
    case .dots: "a path with .., . or nothing between slashes"
    case .forbiddenByte: "a character that Heads refuses in names"
    case .leftOut: "a name that doesn't belong into this list"
    case .inconsistent: "another list of the set contradicts it"
    case .tooMany: "too many entries"
    case .unknownVersion: "of a version that a later Latchkey wrote"
    }
  }
}

extension OpenPGPError {
  /// In words.
  var words: String {
    switch self {
    case .malformed(let tag): "a packet makes no sense (tag \(tag))"
    case .malformedArmor: "its armor is broken"
    case .guardedArmor:
      "something stands in front of \"-----BEGIN PGP\", such as the colon that gpg puts there so that a revocation does not count yet"
    case .armored: "it is in armor"
    case .wrongArmor: "its armor is of another kind"
    case .unexpectedPacket(let tag): "a packet doesn't belong there (tag \(tag))"
    case .unsupportedVersion(let tag, let version):
      "a packet has version \(version), which isn't known here (tag \(tag))"
    case .unsupportedAlgorithm(let number): "public-key algorithm \(number) isn't known here"
    case .unsupportedPrimary(let number):
      "its primary key is \(Self.name(ofAlgorithm: number)), which Latchkey does not verify"
    case .tooManyRevocations: "it holds more revocations than Latchkey compares"
    case .unsupportedCompression(let number):
      "it is compressed by algorithm \(number); encrypt it with gpg -z0"
    case .unsupportedCipher(let number): "it is encrypted by cipher \(number), not by AES"
    case .unsupportedMode(1): "it is encrypted in EAX mode; OCB and GCM are read"
    case .unsupportedMode(let number): "it is encrypted in mode \(number), which isn't known here"
    case .noCertificate: "it holds no certificate"
    case .severalCertificates: "it holds more than one certificate"
    case .foreignRevocation: "its revocation is another key's"
    case .noRecipient: "there is no key that can be encrypted to"
    case .notForThisKey: "it isn't encrypted to this key"
    case .protectedKey: "the secret key is protected by a passphrase, or isn't there"
    case .tooLarge(let limit): "its content has more than \(limit) bytes"
    case .cannotDecrypt: "it can't be decrypted"
    case .unwritable: "it is too long, or has numbers that don't fit"
    case .signatureDoesNotVerify: "the dongle made a signature that does not hold"
    case .crypto: "libcrypto failed"
    }
  }
  /// A public-key algorithm by its number in RFC 9580 §9.1.
  static func name(ofAlgorithm number: UInt8) -> String {
    switch number {
    case 16, 20: "Elgamal"
    case 17: "DSA"
    case 18: "ECDH on a curve that isn't known here"
    case 19: "ECDSA on a curve that isn't known here"
    case 22: "EdDSA on a curve that isn't known here"
    case 25: "X25519 in OpenPGP's newer form"
    case 26: "X448 in OpenPGP's newer form"
    case 27: "Ed25519 in OpenPGP's newer form"
    case 28: "Ed448 in OpenPGP's newer form"
    default: "of algorithm \(number)"
    }
  }
}
