import Glibc

/// A card's connection to vpcd, the reader driver for pcscd (vsmartcard): the card is the client;
/// each frame is two bytes of length, big-endian, and that many bytes. A frame of one byte is the
/// reader's: 00 power off, 01 power on, 02 reset, 04 asks for the ATR. Only that and APDUs are
/// answered.
public struct VPCDConnection: ~Copyable {
  /// Why there is no connection.
  public enum Failure: Error, Equatable, Sendable {
    /// The host's name means nothing here.
    case unknownHost(String)
    /// Nothing listens there, or refuses: the system's reason.
    case noReader(String)
    /// It broke: the system's reason.
    case broken(String)
  }

  /// Why serving ended.
  public enum Ending: Equatable, Sendable {
    /// vpcd closed the connection.
    case readerClosed
    /// The stop descriptor became readable.
    case stopped
  }

  private let socket: CInt
  private let stop: CInt

  /// Connects, trying again while nothing listens.
  /// - Parameters:
  ///   - host: a name or an address.
  ///   - port: vpcd's port, 35963 unless its reader.conf says otherwise.
  ///   - patience: how many milliseconds to keep trying.
  ///   - stop: a descriptor that becomes readable when serving shall end.
  /// - Returns: nil if it was stopped meanwhile.
  public static func open(
    host: String, port: UInt16, patience: Int, stop: CInt
  ) throws(Failure) -> VPCDConnection? {
    var waited = 0
    while true {
      do throws(Failure) {
        return VPCDConnection(socket: try connected(host, port), stop: stop)
      } catch .noReader(let reason) {
        guard waited < patience else { throw .noReader(reason) }
      }
      var waiting = pollfd(fd: stop, events: Int16(POLLIN), revents: 0)
      // Safe: one entry, ours.
      if unsafe poll(&waiting, 1, 50) > 0 { return nil }
      waited += 50
    }
  }

  private init(socket: CInt, stop: CInt) {
    self.socket = socket
    self.stop = stop
  }

  deinit { close(socket) }

  /// Lets `card` answer the reader until one of them ends it.
  public func serve(_ card: VirtualCard, trace: APDUTrace?) throws(Failure) -> Ending {
    while true {
      guard let header = try receive(2) else { return .stopped }
      guard !header.isEmpty else { return .readerClosed }
      guard let frame = try receive(Int(header[0]) << 8 | Int(header[1])) else { return .stopped }
      switch frame {
      case [0]:
        trace?.note(event: "power off")
        card.powerOff()
      case [1], [2]:
        trace?.note(event: frame == [1] ? "power on" : "reset")
        card.reset()
      case [4]: try send(card.answerToReset)
      default:
        let clock = ContinuousClock()
        let start = clock.now
        let answer = card.process(frame)
        let taken = start.duration(to: clock.now)
        trace?.note(frame, answer, milliseconds: taken / .milliseconds(1))
        try send(answer)
      }
    }
  }

  /// Exactly that many bytes; none if the reader closed; nil if stopped.
  private func receive(_ count: Int) throws(Failure) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      var waiting = [
        pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
        pollfd(fd: stop, events: Int16(POLLIN), revents: 0),
      ]
      // Safe: two entries, ours.
      guard unsafe poll(&waiting, 2, -1) > 0 else { continue }
      if waiting[1].revents != 0 { return nil }
      // Safe: the range lies within the array, which outlives the call.
      let received = unsafe bytes.withUnsafeMutableBytes { all in
        unsafe recv(socket, all.baseAddress.map { unsafe $0 + done }, count - done, 0)
      }
      // Without this vpcd waits for our delayed acknowledgement, 41 ms an APDU.
      Self.set(TCP_QUICKACK, on: socket)
      if received == 0 || received < 0 && errno == ECONNRESET { return [] }
      guard received > 0 || errno == EINTR else { throw .broken(Self.reason) }
      done += max(0, received)
    }
    return bytes
  }

  private func send(_ answer: [UInt8]) throws(Failure) {
    let frame = [UInt8(answer.count >> 8 & 0xFF), UInt8(answer.count & 0xFF)] + answer
    var done = 0
    while done < frame.count {
      // Safe: the range lies within the array, which outlives the call.
      let sent = unsafe frame.withUnsafeBytes { all in
        unsafe Glibc.send(
          socket, all.baseAddress.map { unsafe $0 + done }, frame.count - done,
          Int32(MSG_NOSIGNAL))
      }
      // A reader that is gone is noticed by the next receive.
      if sent < 0, errno == EPIPE || errno == ECONNRESET { return }
      guard sent > 0 || errno == EINTR else { throw .broken(Self.reason) }
      done += max(0, sent)
    }
  }

  private static func connected(_ host: String, _ port: UInt16) throws(Failure) -> CInt {
    // Safe: a plain structure of zeros and one number.
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    // Safe: the list is freed below, after its last use.
    guard unsafe getaddrinfo(host, String(port), &hints, &list) == 0 else {
      throw .unknownHost(host)
    }
    defer { unsafe freeaddrinfo(list) }
    var next = unsafe list
    var reason = "no address"
    // Safe: the entries belong to the list.
    while let address = unsafe next?.pointee {
      let descriptor = unsafe Glibc.socket(
        address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
      if descriptor >= 0 {
        if unsafe connect(descriptor, address.ai_addr, address.ai_addrlen) == 0,
          !isItsOwnPeer(descriptor)
        {
          set(TCP_NODELAY, on: descriptor)
          set(TCP_QUICKACK, on: descriptor)
          return descriptor
        }
        reason = Self.reason
        close(descriptor)
      }
      unsafe next = address.ai_next
    }
    throw .noReader(reason)
  }

  /// Whether a socket is connected to itself, as TCP does where nothing listens on a port that the system
  /// happens to give to the one who calls it.
  private static func isItsOwnPeer(_ socket: CInt) -> Bool {
    var own = sockaddr_storage()
    var peer = sockaddr_storage()
    var ownSize = socklen_t(MemoryLayout<sockaddr_storage>.size)
    var peerSize = ownSize
    // Safe: both structures have room for any address, and the sizes say so.
    unsafe withUnsafeMutableBytes(of: &own) { bytes in
      _ = unsafe getsockname(
        socket, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &ownSize)
    }
    unsafe withUnsafeMutableBytes(of: &peer) { bytes in
      _ = unsafe getpeername(
        socket, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &peerSize)
    }
    return unsafe withUnsafeBytes(of: &own) { own in
      unsafe withUnsafeBytes(of: &peer) { peer in unsafe own.elementsEqual(peer) }
    }
  }

  private static func set(_ option: Int32, on socket: CInt) {
    var on: Int32 = 1
    // Safe: the option is read within the call.
    _ = unsafe setsockopt(
      socket, Int32(IPPROTO_TCP), option, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  private static var reason: String {
    // Safe: strerror gives a terminated text, copied at once.
    unsafe String(cString: strerror(errno))
  }
}
