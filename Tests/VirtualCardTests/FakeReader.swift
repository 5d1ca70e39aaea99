import Glibc
import TestSupport

/// vpcd's side of its protocol, for one card: listens, and sends what a test wants.
final class FakeReader {
  let port: UInt16
  private let listener: CInt
  private var connection: CInt = -1

  init() throws {
    listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = self.listener
    // Safe: a sockaddr_in is what bind and getsockname take for AF_INET.
    let good = unsafe withUnsafeMutablePointer(to: &address) { address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe bind(listener, address, length) == 0 && listen(listener, 1) == 0
          && getsockname(listener, address, &length) == 0
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    guard good else { throw TestSupportError("no port to listen at") }
  }

  deinit {
    close()
    Glibc.close(listener)
  }

  /// Waits for a card.
  func accept() throws {
    close()
    var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
    // Safe: one entry, ours.
    guard unsafe poll(&waiting, 1, 10_000) == 1 else { throw TestSupportError("no card came") }
    connection = Glibc.accept(listener, nil, nil)
  }

  /// Ends the connection.
  func close() {
    if connection >= 0 { Glibc.close(connection) }
    connection = -1
  }

  /// Sends a frame.
  func send(_ payload: [UInt8]) {
    let frame = [UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)] + payload
    // Safe: the frame outlives the call.
    _ = unsafe frame.withUnsafeBytes {
      unsafe Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
  }

  /// Receives a frame; nil once the card is gone.
  func receive() -> [UInt8]? {
    guard let header = bytes(2) else { return nil }
    return bytes(Int(header[0]) << 8 | Int(header[1]))
  }

  private func bytes(_ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    // Safe: the array outlives the call and has the room.
    let received = unsafe bytes.withUnsafeMutableBytes {
      unsafe recv(connection, $0.baseAddress, $0.count, Int32(MSG_WAITALL))
    }
    return received == count ? bytes : nil
  }
}
