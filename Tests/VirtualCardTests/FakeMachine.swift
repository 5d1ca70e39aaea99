import Glibc
import TestSupport

@testable import VirtualCard

/// A machine's side of a socket that a card connects to.
final class FakeMachine {
  let path: String
  private let listener: CInt
  private var connection: CInt = -1
  private var stream = USBRedirStream()

  init(_ folder: TemporaryFolder) throws {
    path = folder.path("machine")
    listener = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array(path.utf8)
    let listener = self.listener
    // Safe: the path fits, and a sockaddr_un is what bind takes for AF_UNIX.
    let good = unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
      guard name.count < room.count else { return false }
      unsafe room.copyBytes(from: name)
      return true
    }
    let isBound = unsafe withUnsafePointer(to: &address) { address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe bind(listener, address, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
          && listen(listener, 1) == 0
      }
    }
    guard good, isBound else { throw TestSupportError("no socket to listen at") }
  }

  deinit {
    close()
    Glibc.close(listener)
  }

  /// Waits for a card.
  func accept() throws {
    var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
    // Safe: one entry, ours.
    guard unsafe poll(&waiting, 1, 30_000) == 1 else { throw TestSupportError("no card came") }
    connection = Glibc.accept(listener, nil, nil)
  }

  /// Ends the connection.
  func close() {
    if connection >= 0 { Glibc.close(connection) }
    connection = -1
  }

  /// Sends bytes.
  func send(_ bytes: [UInt8]) {
    // Safe: the bytes outlive the call.
    _ = unsafe bytes.withUnsafeBytes {
      unsafe Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
  }

  /// The next message of usbredir, ids of 32 bits.
  func next() throws -> USBRedirMessage {
    while true {
      if let message = try stream.next() { return message }
      var waiting = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
      // Safe: one entry, ours.
      guard unsafe poll(&waiting, 1, 30_000) == 1 else { throw TestSupportError("nothing came") }
      var bytes = [UInt8](repeating: 0, count: 4096)
      // Safe: the array outlives the call and has the room.
      let count = unsafe bytes.withUnsafeMutableBytes {
        unsafe recv(connection, $0.baseAddress, $0.count, 0)
      }
      guard count > 0 else { throw TestSupportError("the card is gone") }
      stream.append(Array(bytes.prefix(count)))
    }
  }

  /// The kinds of the next messages.
  func kinds(_ count: Int) throws -> [USBRedirMessage.Kind] {
    try (0..<count).map { _ in try next().kind }
  }
}
