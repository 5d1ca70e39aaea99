import Glibc

/// A connection to a socket on which a virtual machine listens (QEMU's chardev).
struct MachineSocket: ~Copyable {
  let descriptor: CInt

  /// Connects, trying again while nothing listens.
  /// - Parameters:
  ///   - path: of the socket.
  ///   - patience: how many milliseconds to keep trying.
  ///   - stop: a descriptor that becomes readable when there is no use in it any more.
  /// - Returns: nil if it was stopped meanwhile.
  static func open(
    _ path: String, patience: Int, stop: CInt
  ) throws(MachineFailure) -> MachineSocket? {
    var waited = 0
    while true {
      do throws(MachineFailure) {
        return MachineSocket(descriptor: try connected(path))
      } catch .noMachine(let path, let reason) {
        guard waited < patience else { throw .noMachine(path, reason) }
      }
      var waiting = pollfd(fd: stop, events: Int16(POLLIN), revents: 0)
      // Safe: one entry, ours.
      if unsafe poll(&waiting, 1, 50) > 0 { return nil }
      waited += 50
    }
  }

  private init(descriptor: CInt) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// What has come; empty once the machine is gone.
  borrowing func receive() throws(MachineFailure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // Safe: the array outlives the call, which writes no more than it holds.
      let count = unsafe bytes.withUnsafeMutableBytes { all in
        unsafe recv(descriptor, all.baseAddress, all.count, 0)
      }
      if count >= 0 { return Array(bytes.prefix(count)) }
      if errno == ECONNRESET { return [] }
      guard errno == EINTR else { throw .broken(Self.reason) }
    }
  }

  /// Sends all of it. A machine that is gone is noticed by the next ``receive()``.
  borrowing func send(_ bytes: [UInt8]) throws(MachineFailure) {
    var done = 0
    while done < bytes.count {
      // Safe: the range lies within the array, which outlives the call.
      let sent = unsafe bytes.withUnsafeBytes { all in
        unsafe Glibc.send(
          descriptor, all.baseAddress.map { unsafe $0 + done }, bytes.count - done,
          Int32(MSG_NOSIGNAL))
      }
      if sent < 0, errno == EPIPE || errno == ECONNRESET { return }
      guard sent >= 0 || errno == EINTR else { throw .broken(Self.reason) }
      done += max(0, sent)
    }
  }

  private static func connected(_ path: String) throws(MachineFailure) -> CInt {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    // Safe: the copy leaves the last byte zero, which ends the path.
    let fits = unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
      guard bytes.count < room.count else { return false }
      unsafe room.copyBytes(from: bytes)
      return true
    }
    guard fits else { throw .pathTooLong(path) }
    let descriptor = Glibc.socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw .broken(reason) }
    // Safe: a sockaddr_un is what connect reads for AF_UNIX.
    let result = unsafe withUnsafePointer(to: &address) { address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else {
      let reason = Self.reason
      close(descriptor)
      throw .noMachine(path, reason)
    }
    return descriptor
  }

  private static var reason: String {
    // Safe: strerror gives a terminated text, copied at once.
    unsafe String(cString: strerror(errno))
  }
}

/// Why a card can't be in a virtual machine.
public enum MachineFailure: Error, Equatable, Sendable {
  /// Nothing listens on the socket of that path: the system's reason.
  case noMachine(String, String)
  /// No socket can have so long a path.
  case pathTooLong(String)
  /// The connection broke: the system's reason.
  case broken(String)
  /// What came isn't the protocol of that name.
  case nonsense(String)
}

/// Why a card left a virtual machine.
public enum MachineEnding: Equatable, Sendable {
  /// The machine closed the connection.
  case machineGone
  /// The stop descriptor became readable.
  case stopped
}
