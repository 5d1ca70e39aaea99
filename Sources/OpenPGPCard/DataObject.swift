/// A data object of the card: who may read and write it, and its form (OpenPGP card 3.4.1 §4.4.1).
public struct DataObject: Sendable {
  /// Its tag, as in P1 P2 of GET DATA and PUT DATA.
  public let tag: UInt16
  /// Who may read it.
  public let read: Access
  /// Who may write it.
  public let write: Access
  /// How its content is laid out.
  public let form: Form
  /// What people call it.
  public let name: StaticString

  /// Who may.
  public enum Access: Equatable, Sendable {
    /// Anyone, without a PIN.
    case anyone
    /// Who has given the user PIN as 82.
    case user
    /// Who has given the admin PIN.
    case admin
    /// Nobody.
    case nobody
  }

  /// How the content is laid out.
  public enum Form: Equatable, Sendable {
    /// Bytes as they are.
    case primitive
    /// A sequence of TLV objects.
    case constructed
  }

  /// All there are; another one is another line.
  public static var table: [DataObject] {
    func line(
      _ tag: UInt16, _ read: Access, _ write: Access, _ form: Form, _ name: StaticString
    ) -> DataObject { DataObject(tag: tag, read: read, write: write, form: form, name: name) }
    return [
      line(0x004F, .anyone, .nobody, .primitive, "application identifier"),
      line(0x005B, .nobody, .admin, .primitive, "name"),
      line(0x005E, .anyone, .admin, .primitive, "login data"),
      line(0x0065, .anyone, .nobody, .constructed, "cardholder data"),
      line(0x006E, .anyone, .nobody, .constructed, "application related data"),
      line(0x007A, .anyone, .nobody, .constructed, "security support"),
      line(0x00C1, .anyone, .admin, .primitive, "signature key attributes"),
      line(0x00C2, .anyone, .admin, .primitive, "decryption key attributes"),
      line(0x00C3, .anyone, .admin, .primitive, "authentication key attributes"),
      line(0x00C4, .anyone, .admin, .primitive, "PIN status"),
      line(0x00C5, .anyone, .nobody, .primitive, "fingerprints"),
      line(0x00C6, .anyone, .nobody, .primitive, "CA fingerprints"),
      line(0x00C7, .nobody, .admin, .primitive, "signature key fingerprint"),
      line(0x00C8, .nobody, .admin, .primitive, "decryption key fingerprint"),
      line(0x00C9, .nobody, .admin, .primitive, "authentication key fingerprint"),
      line(0x00CA, .nobody, .admin, .primitive, "first CA fingerprint"),
      line(0x00CB, .nobody, .admin, .primitive, "second CA fingerprint"),
      line(0x00CC, .nobody, .admin, .primitive, "third CA fingerprint"),
      line(0x00CD, .anyone, .nobody, .primitive, "creation times"),
      line(0x00CE, .nobody, .admin, .primitive, "signature key creation time"),
      line(0x00CF, .nobody, .admin, .primitive, "decryption key creation time"),
      line(0x00D0, .nobody, .admin, .primitive, "authentication key creation time"),
      line(0x00D3, .nobody, .admin, .primitive, "resetting code"),
      line(0x00D5, .nobody, .admin, .primitive, "AES key"),
      line(0x00D6, .anyone, .admin, .primitive, "signature key touch"),
      line(0x00D7, .anyone, .admin, .primitive, "decryption key touch"),
      line(0x00D8, .anyone, .admin, .primitive, "authentication key touch"),
      line(0x00DE, .anyone, .nobody, .primitive, "key information"),
      line(0x00F9, .anyone, .admin, .constructed, "PIN derivation (KDF-DO)"),
      line(0x00FA, .anyone, .nobody, .constructed, "algorithm information"),
      line(0x0101, .anyone, .user, .primitive, "private data 1"),
      line(0x0102, .anyone, .admin, .primitive, "private data 2"),
      line(0x0103, .user, .user, .primitive, "private data 3"),
      line(0x0104, .admin, .admin, .primitive, "private data 4"),
      line(0x5F2D, .nobody, .admin, .primitive, "languages"),
      line(0x5F35, .nobody, .admin, .primitive, "salutation"),
      line(0x5F50, .anyone, .admin, .primitive, "URL of the public key"),
      line(0x5F52, .anyone, .nobody, .primitive, "historical bytes"),
      line(0x7F21, .anyone, .admin, .constructed, "cardholder certificate"),
      line(0x7F66, .anyone, .nobody, .constructed, "extended length information"),
      line(0x7F74, .anyone, .nobody, .constructed, "general features"),
    ]
  }

  /// The object of that tag, or nil if the specification has none.
  public static func tagged(_ tag: UInt16) -> DataObject? {
    for object in table where object.tag == tag { return object }
    return nil
  }
}
