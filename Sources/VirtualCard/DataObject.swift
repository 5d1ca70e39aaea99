/// A data object of the card (OpenPGP card 3.4.1 §4.4): a line of ``table``.
struct DataObject: Equatable {
  /// Who may read or write it.
  enum Access: Equatable {
    case always
    case never
    /// After VERIFY 82.
    case user
    /// After VERIFY 83.
    case admin
  }

  /// What it is.
  enum Form: Equatable {
    /// The card makes it up from what it knows.
    case computed
    /// Bytes kept as they come, at most that many.
    case stored(Int)
    /// Bytes kept as they come, at most as C0 says for special objects.
    case special
    /// 7F21: the selected one of three.
    case certificate
    /// F9.
    case keyDerivation
    /// C1–C3 of a slot.
    case attributes(Slot)
    /// C4.
    case pinStatus
    /// C7–C9 of a slot.
    case fingerprint(Slot)
    /// CA–CC of a slot.
    case caFingerprint(Slot)
    /// CE, CF, D0 of a slot.
    case time(Slot)
    /// D6–D8 of a slot.
    case touch(Slot)
    /// D3.
    case resetCode
    /// D5.
    case symmetricKey
    /// D9 to DD and FC of a Yubikey's attestation key.
    case attestation
  }

  let tag: UInt16
  let read: Access
  let write: Access
  let form: Form

  init(_ tag: UInt16, read: Access, write: Access, _ form: Form) {
    self.tag = tag
    self.read = read
    self.write = write
    self.form = form
  }

  /// The object with a tag, if there is one.
  static func tagged(_ tag: UInt16) -> DataObject? { table.first { $0.tag == tag } }

  /// All of them.
  static let table: [DataObject] = [
    DataObject(0x0101, read: .always, write: .user, .special),
    DataObject(0x0102, read: .always, write: .admin, .special),
    DataObject(0x0103, read: .user, write: .user, .special),
    DataObject(0x0104, read: .admin, write: .admin, .special),
    DataObject(0x004F, read: .always, write: .never, .computed),
    DataObject(0x005B, read: .always, write: .admin, .stored(39)),
    DataObject(0x005E, read: .always, write: .admin, .special),
    DataObject(0x5F2D, read: .always, write: .admin, .stored(8)),
    DataObject(0x5F35, read: .always, write: .admin, .stored(1)),
    DataObject(0x5F50, read: .always, write: .admin, .special),
    DataObject(0x5F52, read: .always, write: .never, .computed),
    DataObject(0x0065, read: .always, write: .never, .computed),
    DataObject(0x006E, read: .always, write: .never, .computed),
    DataObject(0x0073, read: .always, write: .never, .computed),
    DataObject(0x007A, read: .always, write: .never, .computed),
    DataObject(0x7F21, read: .always, write: .admin, .certificate),
    DataObject(0x7F66, read: .always, write: .never, .computed),
    DataObject(0x7F74, read: .always, write: .never, .computed),
    DataObject(0x0093, read: .always, write: .never, .computed),
    DataObject(0x00C0, read: .always, write: .never, .computed),
    DataObject(0x00C1, read: .always, write: .admin, .attributes(.signing)),
    DataObject(0x00C2, read: .always, write: .admin, .attributes(.decryption)),
    DataObject(0x00C3, read: .always, write: .admin, .attributes(.authentication)),
    DataObject(0x00C4, read: .always, write: .admin, .pinStatus),
    DataObject(0x00C5, read: .always, write: .never, .computed),
    DataObject(0x00C6, read: .always, write: .never, .computed),
    DataObject(0x00C7, read: .never, write: .admin, .fingerprint(.signing)),
    DataObject(0x00C8, read: .never, write: .admin, .fingerprint(.decryption)),
    DataObject(0x00C9, read: .never, write: .admin, .fingerprint(.authentication)),
    DataObject(0x00CA, read: .never, write: .admin, .caFingerprint(.signing)),
    DataObject(0x00CB, read: .never, write: .admin, .caFingerprint(.decryption)),
    DataObject(0x00CC, read: .never, write: .admin, .caFingerprint(.authentication)),
    DataObject(0x00CD, read: .always, write: .never, .computed),
    DataObject(0x00CE, read: .never, write: .admin, .time(.signing)),
    DataObject(0x00CF, read: .never, write: .admin, .time(.decryption)),
    DataObject(0x00D0, read: .never, write: .admin, .time(.authentication)),
    DataObject(0x00D3, read: .never, write: .admin, .resetCode),
    DataObject(0x00D5, read: .never, write: .admin, .symmetricKey),
    DataObject(0x00D6, read: .always, write: .admin, .touch(.signing)),
    DataObject(0x00D7, read: .always, write: .admin, .touch(.decryption)),
    DataObject(0x00D8, read: .always, write: .admin, .touch(.authentication)),
    DataObject(0x00D9, read: .always, write: .admin, .attestation),
    DataObject(0x00DA, read: .always, write: .admin, .attestation),
    DataObject(0x00DB, read: .never, write: .admin, .attestation),
    DataObject(0x00DC, read: .never, write: .admin, .attestation),
    DataObject(0x00DD, read: .never, write: .admin, .attestation),
    DataObject(0x00DE, read: .always, write: .never, .computed),
    DataObject(0x00F9, read: .always, write: .admin, .keyDerivation),
    DataObject(0x00FA, read: .always, write: .never, .computed),
    DataObject(0x00FC, read: .always, write: .admin, .attestation),
  ]
}
