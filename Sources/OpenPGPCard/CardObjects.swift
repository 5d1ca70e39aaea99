internal import Secrets
internal import SmartCard

extension Session {
  /// A primitive object, into a new secret.
  func readObject(_ tag: UInt16, into secret: inout SecretBytes) throws(CardError) {
    try get(tag)
    secret = channel.response.withBytes { SecretBytes(copying: $0) }
  }

  private func get(_ tag: UInt16) throws(CardError) {
    try require(.getData(tag, upTo: isSmall(tag) ? 256 : 65536))
  }

  func readObject(_ tag: UInt16) throws(CardError) -> [UInt8] {
    try get(tag)
    let isConstructed = (tag > 0xFF ? tag >> 8 : tag) & 0x20 != 0
    return channel.response.withBytes { [UInt8](copying: isConstructed ? unwrapped($0, tag) : $0) }
  }

  /// Objects that never need an extended answer.
  private func isSmall(_ tag: UInt16) -> Bool {
    switch tag {
    case 0x4F, 0x5F52, 0x7A, 0x7F66, 0x7F74, 0xC0...0xDE, 0xF9: true
    default: false
    }
  }

  /// What a reading command gives of 7F21; nil where the card refuses it.
  func certificate(_ command: Command) throws(CardError) -> [UInt8]? {
    guard try send(command) == .success else { return nil }
    return channel.response.withBytes { [UInt8](copying: unwrapped($0, 0x7F21)) }
  }

  /// Names the certificate that GET and PUT DATA 7F21 mean next.
  func selectCertificate(of slot: KeySlot) throws(CardError) {
    let occurrence: UInt8 = [2, 1, 0][slot.index]
    let data: [UInt8] = [0x60, 0x04, 0x5C, 0x02, 0x7F, 0x21]
    let status = try send(.selectData(occurrence), data.span)
    if status == .success { return }
    // Before version 3 there is one certificate, the authentication key's, and nothing to choose.
    if slot == .authentication, status == .noSuchInstruction { return }
    // Yubikeys before 5.4.4 want the length once more.
    let repeated = [UInt8(data.count)] + data
    try require(.selectData(occurrence), repeated.span)
  }
}

extension OpenPGPCard {
  /// The content of a data object that anyone may read (`DataObject.table`), without its own tag and
  /// length.
  /// - Throws: ``CardError/status(_:ins:)`` with `noSuchObject` where the card has none.
  public mutating func readObject(_ tag: UInt16) throws(CardError) -> [UInt8] {
    try session.readObject(tag)
  }

  /// The algorithms the card offers for a slot, from FA; empty if it doesn't say.
  public mutating func offeredAlgorithms(
    for slot: KeySlot
  ) throws(CardError) -> [AlgorithmAttributes] {
    try session.offeredAlgorithms(for: slot)
  }

  /// How many signatures the signature key has made: 93 in the security support template 7A.
  public mutating func signatureCount() throws(CardError) -> Int {
    var objects = ObjectList()
    let content = try session.readObject(0x7A)
    do throws(TLVError) {
      try objects.append(parsing: content.span, opening: [0x7A])
    } catch {
      throw .malformed(tag: 0x7A)
    }
    guard let counter = objects[0x93], counter.count == 3 else { throw .malformed(tag: 0x7A) }
    return Int(counter[0]) << 16 | Int(counter[1]) << 8 | Int(counter[2])
  }

  /// Reads C4 again.
  public mutating func refreshPINStatus() throws(CardError) {
    try session.refreshPINStatus()
  }

  /// Whether the PIN for `purpose` counts as given, asked with an empty VERIFY, which costs no try.
  public mutating func isAuthorized<Use: Purpose>(_ purpose: Use) throws(CardError) -> Bool {
    let status = try session.send(.verify(Use.reference))
    if let left = status.triesLeft { session.noteTries(left, of: Use.pin) }
    return status == .success
  }

  /// Random bytes made by the card (GET CHALLENGE, §7.2.15).
  /// - Parameter count: 1 to the card's `maximumChallenge`, at most 256.
  public mutating func challenge(_ count: Int) throws(CardError) -> [UInt8] {
    guard application.capabilities.maximumChallenge > 0 else { throw .unsupported(.challenge) }
    guard (1...min(256, application.capabilities.maximumChallenge)).contains(count) else {
      throw .wrongData
    }
    try session.require(.challenge(count))
    guard session.channel.response.count == count else { throw .wrongData }
    return session.channel.response.withBytes { [UInt8](copying: $0) }
  }

  /// The X.509 certificate kept for a slot (7F21); empty where there is none.
  public mutating func certificate(of slot: KeySlot) throws(CardError) -> [UInt8] {
    try session.selectCertificate(of: slot)
    return try session.readObject(0x7F21)
  }

  /// The X.509 certificates that the card keeps, in the slots' order, empty where there is none. GET DATA
  /// gives the authentication key's, GET NEXT DATA the others (§7.2.7); on cards that don't know that,
  /// they are chosen one by one.
  public mutating func certificates() throws(CardError) -> [[UInt8]] {
    var found: [[UInt8]] = [[], [], []]
    guard application.capabilities.maximumCertificate != 0 else { return found }
    let first = try session.certificate(.getData(0x7F21, upTo: 65536))
    found[KeySlot.authentication.index] = first ?? []
    // Before version 3 there is just that one.
    guard application.version >= 0x0300 else { return found }
    var hasNext = first != nil
    for slot in [KeySlot.decryption, .signing] {
      if hasNext, let next = try session.certificate(.getNextData(0x7F21, upTo: 65536)) {
        found[slot.index] = next
      } else {
        hasNext = false
        found[slot.index] = try certificateIfThere(of: slot)
      }
    }
    return found
  }

  /// The certificate kept for a slot; empty where there is none, or the card can't have one.
  public mutating func certificateIfThere(of slot: KeySlot) throws(CardError) -> [UInt8] {
    do throws(CardError) {
      return try certificate(of: slot)
    } catch {
      guard case .status = error else { throw error }
      return []
    }
  }
}
