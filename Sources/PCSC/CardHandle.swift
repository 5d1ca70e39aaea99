internal import CPCSC
internal import CSystem
internal import SmartCard

/// pcsc-lite's handle of a card, in a context of its own: both calls that get one wait for as long as
/// another program's transaction lasts (SCardConnect in pcscd, SCardBeginTransaction in the library),
/// and nothing ends them. So they run on a thread that can be left behind, and the context with it.
@safe
final class CardHandle {
  // Each is used by one thread at a time: by the one that is waited for, until it has ended.
  private var context = SCARDCONTEXT()
  private(set) var handle = SCARDHANDLE()
  private(set) var activeProtocol = DWORD()
  private var result = LONG()
  private let name: [UInt8]
  private var step: Step
  /// Left behind: the thread's alone.
  private var isAbandoned = false

  private enum Step {
    case connecting
    case beginning
    case both
  }

  /// How long others may hold a transaction, in milliseconds, before they count as holding the card.
  private static let patience: Int32 = 2_000

  /// Connects to the card in the reader of that name, shared with other programs.
  /// - Parameters:
  ///   - context: a context that nobody else has any more; 0 for a new one.
  ///   - holding: whether a transaction is begun as well, in the same wait.
  init(
    reader name: [UInt8], context: SCARDCONTEXT, holding: Bool
  ) throws(TransportError) {
    self.name = name + [0]
    self.context = context
    step = holding ? .both : .connecting
    try run(step)
  }

  deinit {
    if !isAbandoned, context != 0 { SCardReleaseContext(context) }
  }

  /// Waits until no other program holds a transaction, then holds one.
  func beginTransaction() throws(TransportError) { try run(.beginning) }

  /// Lets go of the card, which is reset or left as it is.
  func disconnect(resetting: Bool) {
    if !isAbandoned {
      SCardDisconnect(handle, DWORD(resetting ? SCARD_RESET_CARD : SCARD_LEAVE_CARD))
    }
  }

  private func run(_ step: Step) throws(TransportError) {
    guard !isAbandoned else { throw .inUse }
    self.step = step
    let me = unsafe Unmanaged.passRetained(self)
    // Safe: the thread's functions get what was retained for them, and release it once.
    let hasEnded = unsafe system_run_within(
      Self.patience,
      { unsafe CardHandle.from($0)?.call() },
      { unsafe CardHandle.from($0)?.undo() }, me.toOpaque())
    guard hasEnded else {
      isAbandoned = true
      throw .inUse
    }
    // Safe: nobody else has it any more.
    unsafe me.release()
    try check(result)
  }

  private static func from(_ pointer: UnsafeMutableRawPointer?) -> CardHandle? {
    // Safe: ``run(_:)`` gave it, retained.
    guard let pointer = unsafe pointer else { return nil }
    return unsafe Unmanaged<CardHandle>.fromOpaque(pointer).takeUnretainedValue()
  }

  private func call() {
    switch step {
    case .connecting: result = connect()
    case .beginning: result = begin()
    case .both:
      result = connect()
      if result == SCARD_S_SUCCESS { result = begin() }
    }
  }

  /// What came too late: pcscd lets go of the card, and resets it if it was ours.
  private func undo() {
    SCardReleaseContext(context)
    // Safe: the reference that ``run(_:)`` gave to the thread.
    unsafe Unmanaged.passUnretained(self).release()
  }

  private func connect() -> LONG {
    // Safe: each structure is written during its call only, and the name ends with zero and outlives it.
    if context == 0 {
      let established = unsafe SCardEstablishContext(DWORD(SCARD_SCOPE_SYSTEM), nil, nil, &context)
      guard established == SCARD_S_SUCCESS else { return established }
    }
    return unsafe name.withUnsafeBytes { bytes in
      unsafe SCardConnect(
        context, bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
        DWORD(SCARD_SHARE_SHARED), DWORD(SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1), &handle,
        &activeProtocol)
    }
  }

  /// A card that others reset in the meantime is connected anew: nothing was verified on it yet.
  private func begin() -> LONG {
    var result = LONG()
    for _ in 0..<4 {
      result = SCardBeginTransaction(handle)
      guard result == SCARD_W_RESET_CARD else { break }
      // Safe: the handle is ours, and the protocol is written during the call only.
      let again = unsafe SCardReconnect(
        handle, DWORD(SCARD_SHARE_SHARED), DWORD(SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1),
        DWORD(SCARD_LEAVE_CARD), &activeProtocol)
      guard again == SCARD_S_SUCCESS else { return again }
    }
    return result
  }
}
