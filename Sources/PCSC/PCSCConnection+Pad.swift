internal import CPCSC
public import SmartCard

/// What a reader can do beside carrying commands, by SCardControl (PC/SC part 10, 2.02.09).
extension PCSCConnection {
  /// Seconds that a pad waits for the first digit.
  private static let seconds: UInt8 = 30
  /// The most digits where the reader doesn't say how many it takes: more than all pads have is refused by
  /// some before anybody can type.
  private static let usualMaximum: UInt8 = 15

  /// The reader's pad; nil where it has none, or doesn't say.
  public var pinPad: PINPad? {
    let features = features
    guard features[ReaderFeatures.Tag.verify] != nil else { return nil }
    return PINPad(
      verifies: true, changes: features[ReaderFeatures.Tag.modify] != nil,
      maximum: maximum(features).map(Int.init))
  }

  /// Whether the reader takes APDUs of extended length, or says nothing of it (§2.6.14). Not asked by
  /// `carriesExtendedLengths`: in the initramfs there is no room for the question, and what comes back tells.
  public var takesExtendedLengths: Bool {
    guard let code = features[ReaderFeatures.Tag.properties],
      let properties = try? control(code, [])
    else { return true }
    return ReaderFeatures.takesExtendedLengths(properties)
  }

  /// Has a PIN typed on the pad; it waits for that.
  /// - Throws: what pcsc-lite says; ``TransportError/malformedResponse``.
  public func enterPIN(_ request: PINPadRequest) throws(TransportError) -> StatusWord {
    let features = features
    let tag = request.isChange ? ReaderFeatures.Tag.modify : ReaderFeatures.Tag.verify
    guard let code = features[tag] else { return .noSuchInstruction }
    let most = min(request.maximum, maximum(features) ?? Self.usualMaximum)
    let answer = try control(code, Self.structure(request, upTo: most))
    guard answer.count >= 2 else { throw .malformedResponse }
    return StatusWord(
      rawValue: UInt16(answer[answer.count - 2]) << 8 | UInt16(answer[answer.count - 1]))
  }

  /// PIN_VERIFY_STRUCTURE or PIN_MODIFY_STRUCTURE (§2.4, §2.5): bytes of ASCII from the left, no length of
  /// the PIN and no block of a fixed size, closed by the pad's own key. The messages that a display shows
  /// are the reader's, in English.
  static func structure(_ request: PINPadRequest, upTo maximum: UInt8) -> [UInt8] {
    var bytes: [UInt8] = [seconds, seconds, 0x82, 0, 0]
    // Where old and new PIN begin.
    if request.isChange { bytes += [0, 0] }
    bytes += [maximum, min(request.minimum, maximum)]
    // The new one twice, the old one first.
    if request.isChange { bytes.append(3) }
    bytes += [2, request.isChange ? 3 : 1, 0x09, 0x04, 0]
    if request.isChange { bytes += [1, 2] }
    let command = request.command
    return bytes + [0, 0, 0, 5, 0, 0, 0, command.cla, command.ins, command.p1, command.p2, 0]
  }

  private var features: ReaderFeatures {
    // CM_IOCTL_GET_FEATURE_REQUEST. A reader that knows nothing of it has none of them.
    ReaderFeatures((try? control(0x4200_0000 + 3400, [])) ?? [])
  }

  private func maximum(_ features: ReaderFeatures) -> UInt8? {
    guard let code = features[ReaderFeatures.Tag.properties],
      let properties = try? control(code, [])
    else { return nil }
    return ReaderFeatures.maximumPIN(in: properties)
  }

  private func control(_ code: UInt32, _ input: [UInt8]) throws(TransportError) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: 256)
    var received = DWORD()
    let handle = handle
    // Safe: both buffers outlive the call, which writes at most 256 bytes.
    let result = unsafe input.withUnsafeBufferPointer { input in
      unsafe output.withUnsafeMutableBufferPointer { output in
        unsafe SCardControl(
          handle, DWORD(code), input.baseAddress, DWORD(input.count), output.baseAddress,
          DWORD(output.count), &received)
      }
    }
    try check(result)
    return [UInt8](output.prefix(Int(min(received, 256))))
  }
}
