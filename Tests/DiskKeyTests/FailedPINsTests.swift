import DiskKey
import Foundation
import OpenPGPCard
import TestSupport
import Testing
import VolumeTestSupport

@Suite("FailedPINs")
struct FailedPINsTests {
  let folder: TemporaryFolder
  let failed: FailedPINs
  let one = CardIdentifier(manufacturer: 6, serial: 1)
  let other = CardIdentifier(manufacturer: 6, serial: 2)

  init() throws {
    folder = try TemporaryFolder()
    failed = FailedPINs(folder: Array(folder.path("run").utf8))
  }

  private func contains(_ pin: String, _ card: CardIdentifier) throws -> Bool {
    try failed.contains(secret(pin), on: card)
  }

  @Test("a PIN that failed is remembered for its card alone, and not in clear")
  func remembers() throws {
    #expect(try !contains("654321", one))
    try failed.remember(secret("654321"), on: one)
    #expect(try contains("654321", one))
    #expect(try !contains("654321", other))
    #expect(try !contains("654322", one))
    let bytes = try #require(FileManager.default.contents(atPath: folder.path("run/failed-pins")))
    #expect(bytes.range(of: Data("654321".utf8)) == nil)
    let mode = try FileManager.default.attributesOfItem(atPath: folder.path("run/failed-pins"))
    #expect(mode[.posixPermissions] as? Int == 0o600)
  }

  @Test("the file stays bounded, and forgets the oldest")
  func bounded() throws {
    try failed.remember(secret("oldest"), on: one)
    for number in 0..<256 { try failed.remember(secret("\(100_000 + number)"), on: one) }
    let size = try FileManager.default.attributesOfItem(atPath: folder.path("run/failed-pins"))
    #expect(size[.size] as? Int == 256 * 48)
    #expect(try !contains("oldest", one))
    #expect(try contains("100255", one))
  }

  @Test("what another process remembers meanwhile is not lost")
  func together() async throws {
    try failed.remember(secret("111111"), on: one)
    let path = folder.path("run/failed-pins")
    // What another process finds and adds to, under its lock.
    // Safe: a C string for the call.
    let directory = unsafe open(folder.path("run"), O_RDONLY)
    #expect(flock(directory, LOCK_EX) == 0)
    let found = try #require(FileManager.default.contents(atPath: path))
    let remembering = Task.detached { [failed, one] in
      try failed.remember(secret("222222"), on: one)
    }
    try await Task.sleep(for: .milliseconds(200))
    try found.write(to: URL(fileURLWithPath: path))
    close(directory)
    try await remembering.value
    for pin in ["111111", "222222"] { #expect(try contains(pin, one)) }
  }

  @Test("a damaged file forgets, and stops nobody", arguments: [0, 1, 47, 49, 100_000])
  func damage(size: Int) throws {
    try failed.remember(secret("654321"), on: one)
    try folder.write("run/failed-pins", bytes: [UInt8](repeating: 7, count: size))
    #expect(try !contains("654321", one))
    try failed.remember(secret("654321"), on: one)
    #expect(try contains("654321", one))
  }

  @Test("a folder that others can write is not used")
  func openFolder() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path("run"), withIntermediateDirectories: false)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o777], ofItemAtPath: folder.path("run"))
    var error: DiskKeyError?
    do throws(DiskKeyError) {
      try failed.remember(secret("654321"), on: one)
    } catch let failure {
      error = failure
    }
    #expect(error == .writableByOthers(.failedPINs))
  }
}
