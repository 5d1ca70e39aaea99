internal import CPCSC
internal import CSystem
public import SmartCard

/// The PC/SC service, pcscd: its readers, and the cards that come and go.
@safe
public final class PCSCService {
  /// 0 where it went to a card.
  private var context: SCARDCONTEXT = 0

  /// Connects to pcscd.
  /// - Parameter milliseconds: how long to wait for it to come up, as early in the initramfs.
  /// - Throws: ``TransportError/noService`` when the time is over.
  public init(waiting milliseconds: Int = 0) throws(TransportError) {
    let deadline = Deadline(milliseconds)
    while true {
      let result = establish()
      if result == SCARD_S_SUCCESS { return }
      guard meaning(of: result) == .noService, deadline.remaining > 0 else {
        throw meaning(of: result)
      }
      usleep(20_000)
    }
  }

  deinit {
    if context != 0 { SCardReleaseContext(context) }
  }

  private func establish() -> LONG {
    if context != 0 { return LONG(SCARD_S_SUCCESS) }
    // Safe: the context is written during the call only.
    return unsafe SCardEstablishContext(DWORD(SCARD_SCOPE_SYSTEM), nil, nil, &context)
  }

  /// All readers there are, with what is in them. A reader that says nothing is listed as
  /// ``PCSCReader/State/unavailable`` and hides none of the others.
  /// - Returns: none, if there is no reader: that is no error.
  public func readers() throws(TransportError) -> [PCSCReader] {
    var found: [PCSCReader] = []
    for name in try readerNames() {
      var readers = [ReaderState(name)]
      let result = wait(&readers, 0)
      // Gone between the list and now, or a driver's fault: this one alone.
      if result == SCARD_S_SUCCESS || meaning(of: result) == .timedOut {
        found.append(readers[0].reader)
      } else if meaning(of: result) == .noService {
        throw .noService
      } else {
        found.append(
          PCSCReader(name: name, state: .unavailable, answerToReset: [], eventCount: 0))
      }
    }
    return found
  }

  /// Connects to the card in a reader, shared with other programs. The card takes this service's context
  /// along; the next one is made when it is needed, as for most programs it never is.
  /// - Parameter holding: whether to begin a transaction as well: cheaper than to do so afterwards, and for
  ///   whoever begins one anyway.
  /// - Throws: ``TransportError/inUse`` if another one holds it exclusively, or has a transaction on it
  ///   for more than two seconds; ``TransportError/noCard``, ``TransportError/noReader``,
  ///   ``TransportError/unresponsive``.
  public func connect(
    to reader: PCSCReader, holding: Bool = false
  ) throws(TransportError) -> PCSCConnection {
    let taken = context
    context = 0
    return PCSCConnection(
      try CardHandle(reader: reader.name, context: taken, holding: holding), isHeld: holding,
      answerToReset: reader.answerToReset)
  }

  /// Waits until any reader has a card in it; readers may come late.
  /// - Parameter milliseconds: how long; negative for as long as it takes.
  /// - Returns: all readers, at least one of them with a card.
  /// - Throws: ``TransportError/timedOut``.
  public func waitForCard(milliseconds: Int) throws(TransportError) -> [PCSCReader] {
    let deadline = Deadline(milliseconds)
    var readers = try readers()
    while true {
      for reader in readers where reader.hasCard { return readers }
      readers = try waitForChange(from: readers, until: deadline)
    }
  }

  /// Waits until readers or the cards in them differ from `known`, as after a wrong card was found.
  /// - Parameters:
  ///   - known: what ``readers()`` or this gave last.
  ///   - milliseconds: how long; negative for as long as it takes.
  /// - Returns: all readers as they are then.
  /// - Throws: ``TransportError/timedOut``.
  public func waitForChange(
    from known: [PCSCReader], milliseconds: Int
  ) throws(TransportError) -> [PCSCReader] {
    try waitForChange(from: known, until: Deadline(milliseconds))
  }

  private func waitForChange(
    from known: [PCSCReader], until deadline: Deadline
  ) throws(TransportError) -> [PCSCReader] {
    while true {
      let now = try readers()
      if now != known { return now }
      guard deadline.remaining > 0 else { throw .timedOut }
      // pcscd tells of a new reader under this name.
      var states = [ReaderState(notification)]
      for reader in known { states.append(ReaderState(reader)) }
      // A change that falls between the look and the wait is seen at the next look.
      let result = wait(&states, min(deadline.remaining, 2_000))
      switch result {
      case SCARD_S_SUCCESS: break
      default:
        switch meaning(of: result) {
        case .timedOut, .noReader: break
        case let error: throw error
        }
      }
    }
  }

  // MARK: pcsc-lite's own form

  /// What SCardGetStatusChange is given for one reader, and what it gives back.
  private struct ReaderState {
    let name: [UInt8]
    var known: DWORD
    var event: DWORD = 0
    var answerToReset: [UInt8] = []

    init(_ name: [UInt8]) {
      self.name = name
      known = DWORD(SCARD_STATE_UNAWARE)
    }

    init(_ reader: PCSCReader) {
      name = reader.name
      let flags =
        switch reader.state {
        case .empty: SCARD_STATE_EMPTY
        case .card: SCARD_STATE_PRESENT
        case .inUse: SCARD_STATE_PRESENT | SCARD_STATE_EXCLUSIVE
        case .mute: SCARD_STATE_PRESENT | SCARD_STATE_MUTE
        case .unavailable: SCARD_STATE_UNAVAILABLE
        }
      known = DWORD(flags) | DWORD(reader.eventCount) << 16
    }

    var reader: PCSCReader {
      let state: PCSCReader.State
      if event & DWORD(SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE | SCARD_STATE_IGNORE) != 0 {
        state = .unavailable
      } else if event & DWORD(SCARD_STATE_PRESENT) == 0 {
        state = .empty
      } else if event & DWORD(SCARD_STATE_MUTE) != 0 {
        state = .mute
      } else {
        state = event & DWORD(SCARD_STATE_EXCLUSIVE) != 0 ? .inUse : .card
      }
      return PCSCReader(
        name: name, state: state, answerToReset: answerToReset,
        eventCount: UInt16(truncatingIfNeeded: event >> 16))
    }
  }

  /// SCardGetStatusChange.
  private func wait(_ readers: inout [ReaderState], _ milliseconds: Int) -> LONG {
    // The names, each ending with zero, in one buffer that outlives the call.
    var names: [UInt8] = []
    var starts: [Int] = []
    for reader in readers {
      starts.append(names.count)
      names += reader.name + [0]
    }
    var states = unsafe [SCARD_READERSTATE]()
    var result = LONG()
    let context = context
    // Safe: the structures point into `names`, which is not changed or freed before the call returns.
    unsafe names.withUnsafeBytes { bytes in
      for index in readers.indices {
        var state = unsafe SCARD_READERSTATE()
        unsafe state.szReader = bytes.baseAddress.map {
          unsafe ($0 + starts[index]).assumingMemoryBound(to: CChar.self)
        }
        unsafe state.dwCurrentState = readers[index].known
        unsafe states.append(state)
      }
      unsafe states.withUnsafeMutableBufferPointer { buffer in
        result = unsafe SCardGetStatusChange(
          context, DWORD(milliseconds), buffer.baseAddress, DWORD(buffer.count))
      }
    }
    for index in readers.indices {
      readers[index].event = unsafe states[index].dwEventState
      let length = unsafe min(Int(states[index].cbAtr), Int(MAX_ATR_SIZE))
      // Safe: only the bytes of the structure's own array, as many as it says and has.
      readers[index].answerToReset = unsafe withUnsafeBytes(of: &states[index].rgbAtr) { bytes in
        unsafe [UInt8](bytes.prefix(length))
      }
    }
    return result
  }

  /// SCardListReaders.
  private func readerNames() throws(TransportError) -> [[UInt8]] {
    try check(establish())
    var size = DWORD(256)
    // The list may grow between asking for its size and for itself.
    for _ in 0..<4 {
      var list = [CChar](repeating: 0, count: Int(size))
      // Safe: the call writes at most `size` bytes, the size of the list.
      let result = unsafe list.withUnsafeMutableBufferPointer { buffer in
        unsafe SCardListReaders(context, nil, buffer.baseAddress, &size)
      }
      if result == SCARD_E_INSUFFICIENT_BUFFER { continue }
      if meaning(of: result) == .noReader { return [] }
      try check(result)
      // Names that end with zero, and an empty one at the end.
      var names: [[UInt8]] = []
      var name: [UInt8] = []
      for byte in list.prefix(Int(size)) {
        if byte != 0 {
          name.append(UInt8(bitPattern: byte))
        } else if name.isEmpty {
          break
        } else {
          names.append(name)
          name = []
        }
      }
      return names
    }
    throw .noReader
  }
}

/// A moment to wait until.
private struct Deadline {
  private let end: Int?

  /// So many milliseconds from now; negative for never.
  init(_ milliseconds: Int) {
    end = milliseconds < 0 ? nil : Self.now + milliseconds
  }

  /// Milliseconds that are left, not less than 0.
  var remaining: Int {
    guard let end else { return Int(Int32.max) }
    return max(0, end - Self.now)
  }

  private static var now: Int {
    var time = timespec()
    // Safe: the structure is written during the call only.
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}

/// The name under which pcscd tells of readers that come and go.
private var notification: [UInt8] {
  let name: StaticString = "\\\\?PnP?\\Notification"
  // Safe: a static string's bytes live forever.
  return unsafe [UInt8](UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
}
