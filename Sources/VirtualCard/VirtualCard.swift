import Glibc
import LibCrypto
import SmartCard

/// An OpenPGP card (application 3.4.1) in software: commands in, answers out.
///
/// Its state lies in a file that is locked while the card lives and holds each change before the
/// answer to it goes out; or only in memory. For development and tests: the keys lie in the clear.
/// Not for use from several threads at once.
public final class VirtualCard {
  var state: CardState
  var session = Session()
  /// The slots' keys, ready for use, as long as the state has the same material.
  var loadedKeys: [Slot: LoadedKey] = [:]
  /// Who touches it where a key wants that; nil for at once.
  public var touchHabit: TouchHabit?
  /// Whether it takes as long for each command as the model does, where its profile says so.
  public var takesModelsTime = false
  private let file: CardFile?
  private var isPowered = true

  /// A card in memory only.
  /// - Parameter serial: the serial number in the AID.
  public init(profile: CardProfile, serial: UInt32) {
    state = CardState(profile: profile, serial: serial)
    file = nil
  }

  init(_ state: CardState) {
    self.state = state
    file = nil
  }

  /// The card in the file at `path`, which stays locked as long as this value lives.
  public init(at path: String) throws(CardFileError) {
    let file = try CardFile(opening: path)
    state = try file.load()
    self.file = file
  }

  /// Makes a new card's file at `path`.
  /// - Throws: ``CardFileError/exists`` if there is something already; it is left alone.
  public static func create(
    at path: String, profile: CardProfile, serial: UInt32
  ) throws(CardFileError) {
    _ = try CardFile(creating: path, CardState(profile: profile, serial: serial))
  }

  /// A random serial number as `create` may use it; never zero.
  public static func randomSerial() -> UInt32 { UInt32.random(in: 1...UInt32.max) }

  /// What the card is and how many tries its PINs have left.
  public var summary: CardSummary { CardSummary(state) }

  /// The USB device the card is: its model's own, or one of these numbers.
  /// - Returns: nil for a card that is none, without both numbers.
  public func usbDevice(vendor: UInt16?, product: UInt16?) -> USBDevice? {
    var device = USBDevice(state.profile, serial: state.serial)
    if device == nil, let vendor, let product {
      device = USBDevice(vendor: vendor, product: product, profile: state.profile)
    }
    if let vendor { device?.vendor = vendor }
    if let product { device?.product = product }
    return device
  }

  /// The answer to reset.
  public var answerToReset: [UInt8] { state.profile.answerToReset.bytes }

  /// Takes the power away: what was verified no longer is.
  public func powerOff() {
    session = Session()
    isPowered = false
  }

  /// Gives power, or resets: what was verified no longer is, and no application is selected.
  public func reset() {
    session = Session()
    isPowered = true
  }

  /// Runs one command APDU.
  /// - Returns: the answer's data and its two status bytes.
  public func process(_ command: [UInt8]) -> [UInt8] {
    if !isPowered { reset() }
    let start = ContinuousClock.now
    let before = (state: state, session: session)
    var answer = answer(to: command)
    if state != before.state, let file {
      do throws(CardFileError) {
        try file.save(state)
      } catch {
        // What isn't on the disk didn't happen; but a try used stays used, or a full disk would give
        // tries without end.
        let tries = state.pins.map(\.tries)
        (state, session) = before
        for index in tries.indices {
          state.pins[index].tries = min(tries[index], state.pins[index].tries)
        }
        answer = StatusWord.memoryFailure.bytes
      }
    }
    if takesModelsTime, answer.count > 2 || answer == StatusWord.success.bytes,
      let whole = responseTime(of: command)
    {
      let left = .milliseconds(whole) - start.duration(to: .now)
      if left > .zero { usleep(UInt32(clamping: Int(left / .microseconds(1)))) }
    }
    return answer
  }

  private func answer(to command: [UInt8]) -> [UInt8] {
    guard let apdu = APDU(command) else { return StatusWord.wrongLength.bytes }
    do throws(Refusal) {
      if apdu.ins == 0xC0, apdu.cla == 0, session.chain == nil {
        return try continued(apdu)
      }
      session.pending = []
      try checkLengths(command.count, apdu)
      guard let whole = try unchained(apdu) else { return StatusWord.success.bytes }
      return try deliver(try run(whole), apdu)
    } catch {
      session.chain = nil
      return error.status.bytes
    }
  }

  private func checkLengths(_ length: Int, _ apdu: APDU) throws(Refusal) {
    switch apdu.cla {
    case 0x00, 0x10: break
    // Yubico's own class.
    case 0x80 where apdu.ins == 0xFB && state.profile.attestation != nil: break
    case 0x0C, 0x1C: throw Refusal(.noSecureMessaging)
    default: throw Refusal(.noSuchClass)
    }
    if apdu.isExtended {
      guard state.profile.takesExtendedLengths, let lengths = state.profile.lengths,
        length <= lengths.command
      else { throw Refusal(.wrongLength) }
    }
  }

  /// Collects a chain (ISO 7816-4 §5.3.3); nil until its last part is there.
  private func unchained(_ apdu: APDU) throws(Refusal) -> APDU? {
    if let chain = session.chain {
      guard (chain.ins, chain.p1, chain.p2) == (apdu.ins, apdu.p1, apdu.p2) else {
        throw Refusal(.chainBroken)
      }
    }
    let data = (session.chain?.data ?? []) + apdu.data
    guard data.count <= max(state.profile.lengths?.command ?? 0, state.profile.maximumObject, 2048)
    else { throw Refusal(.wrongLength) }
    if apdu.cla & 0x10 != 0 {
      guard state.profile.habits.refusesChaining != true else { throw Refusal(.noChaining) }
      session.chain = Session.Chain(ins: apdu.ins, p1: apdu.p1, p2: apdu.p2, data: data)
      return nil
    }
    session.chain = nil
    return APDU(apdu, data: data)
  }

  /// As much of `data` as Le lets through; the rest waits for GET RESPONSE.
  private func deliver(_ data: [UInt8], _ apdu: APDU) throws(Refusal) -> [UInt8] {
    let expected = apdu.expected ?? 256
    let limit =
      apdu.isExtended && apdu.expected != nil
      ? min(expected, (state.profile.lengths?.response ?? 258) - 2) : min(expected, 256)
    if data.count <= limit { return data + StatusWord.success.bytes }
    if state.profile.habits.refusesShortLe, !apdu.isExtended, data.count < 256 {
      throw Refusal(StatusWord(rawValue: 0x6C00 | UInt16(data.count)))
    }
    session.pending = Array(data.dropFirst(limit))
    return data.prefix(limit) + moreBytes
  }

  /// GET RESPONSE (§7.2.4 of ISO 7816-4).
  private func continued(_ apdu: APDU) throws(Refusal) -> [UInt8] {
    guard apdu.p1 == 0, apdu.p2 == 0 else { throw Refusal(.wrongParameters) }
    guard !session.pending.isEmpty else { throw Refusal(.conditionsNotSatisfied) }
    let part = session.pending.prefix(min(apdu.expected ?? 256, 256))
    session.pending.removeFirst(part.count)
    return part + (session.pending.isEmpty ? StatusWord.success.bytes : moreBytes)
  }

  private var moreBytes: [UInt8] {
    [0x61, UInt8(session.pending.count > 255 ? 0 : session.pending.count)]
  }
}

extension APDU {
  /// The last part of a chain, with all the parts' data.
  init(_ last: APDU, data: [UInt8]) {
    cla = 0
    ins = last.ins
    p1 = last.p1
    p2 = last.p2
    self.data = data
    expected = last.expected
    isExtended = last.isExtended
  }
}

extension StatusWord {
  /// SW1 SW2.
  var bytes: [UInt8] { [high, low] }
}
