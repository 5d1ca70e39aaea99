import Foundation
import Secrets
import TestSupport
import Testing

@Suite("SecretBytes")
struct SecretBytesTests {
  @Test("holds what was appended, in order")
  func append() {
    var secret = SecretBytes(capacity: 8)
    secret.append(0x31)
    secret.append([0x32, 0x33].span)
    let other = TestSupport.secret("456789")
    secret.append(firstBytes: 2, of: other)
    #expect(copy(of: secret) == Array("12345".utf8))
    let (count, capacity) = (secret.count, secret.capacity)
    #expect(count == 5)
    #expect(capacity == 8)
  }

  @Test("a truncated, shifted or wiped secret leaves zeros behind")
  func wiping() {
    var secret = TestSupport.secret("0123456789")
    secret.truncate(to: 8)
    secret.removeFirst(3)
    #expect(copy(of: secret) == Array("34567".utf8))
    // Safe: the room behind the bytes in use is the secret's own.
    unsafe secret.append { room in
      #expect(unsafe room.allSatisfy { $0 == 0 })
      return 0
    }
    secret.wipe()
    let isEmpty = secret.isEmpty
    #expect(isEmpty)
    // Safe: as above.
    unsafe secret.append { room in
      #expect(room.count == 10)
      #expect(unsafe room.allSatisfy { $0 == 0 })
      return 0
    }
  }

  @Test("is wiped even where a C function wrote beyond what it reported")
  func wipesUnreported() {
    var secret = SecretBytes(capacity: 16)
    // Safe: the room has 16 bytes.
    unsafe secret.append { room in
      for index in room.indices { unsafe room[index] = 0xAA }
      return 4
    }
    secret.wipe()
    // Safe: as above.
    unsafe secret.append { room in
      #expect(unsafe room.allSatisfy { $0 == 0 })
      return 0
    }
  }

  @Test("can be changed in place")
  func mutation() {
    var secret = TestSupport.secret("abc")
    var bytes = secret.mutableBytes
    bytes[1] = 0x42
    #expect(copy(of: secret) == Array("aBc".utf8))
  }

  @Test("its pages are locked into memory and left out of core dumps")
  func mappings() throws {
    let secret = TestSupport.secret("123456")
    let isLocked = secret.isLocked
    #expect(isLocked)
    let address = secret.withBytes { bytes in
      // Safe: the address is compared with, never read from.
      unsafe bytes.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    }
    let file = try #require(FileHandle(forReadingAtPath: "/proc/self/smaps"))
    let map = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    extendLifetime(secret)
    let flags = try #require(mappingFlags(of: address, in: map))
    // dd: not dumped, lo: locked, wf: wiped in a forked child (proc(5)).
    for flag in ["dd", "lo", "wf"] { #expect(flags.contains(flag), "\(flag) in \(flags)") }
  }

  private func mappingFlags(of address: UInt, in map: String) -> [String]? {
    var inside = false
    for line in map.split(separator: "\n") {
      let bounds = line.prefix { $0 != " " }.split(separator: "-").map { UInt($0, radix: 16) }
      if bounds.count == 2, let low = bounds[0], let high = bounds[1] {
        inside = low <= address && address < high
      } else if inside, line.hasPrefix("VmFlags:") {
        return line.dropFirst(8).split(separator: " ").map(String.init)
      }
    }
    return nil
  }

  @Test("appending beyond its room ends the process rather than spilling")
  func overflow() async {
    await #expect(processExitsWith: .failure) {
      var secret = SecretBytes(capacity: 4)
      secret.append([1, 2, 3, 4, 5].span)
    }
  }
}
