import DiskKey
import Foundation
import LibCrypto
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

  private func fate(_ text: String, _ card: CardIdentifier, _ pin: PIN = .user) -> PINFate? {
    failed.fate(of: secret(text), as: pin, on: card)
  }

  private func note(
    _ fate: PINFate?, _ text: String, _ card: CardIdentifier, _ pin: PIN = .user
  ) {
    failed.note(fate, of: secret(text), as: pin, on: card)
  }

  private func content() throws -> [UInt8] {
    [UInt8](try #require(FileManager.default.contents(atPath: folder.path("run/failed-pins"))))
  }

  @Test("a PIN that failed is remembered for its card and its PIN alone, and not in clear")
  func remembers() throws {
    #expect(fate("654321", one) == nil)
    note(.failed, "654321", one)
    #expect(fate("654321", one) == .failed)
    #expect(fate("654321", other) == nil)
    #expect(fate("654321", one, .admin) == nil)
    #expect(fate("654322", one) == nil)
    #expect(try !content().holds(Array("654321".utf8)))
    let mode = try FileManager.default.attributesOfItem(atPath: folder.path("run/failed-pins"))
    #expect(mode[.posixPermissions] as? Int == 0o600)
    let parent = try FileManager.default.attributesOfItem(atPath: folder.path("run"))
    #expect(parent[.posixPermissions] as? Int == 0o700)
    #expect(failed.problem == nil)
  }

  @Test("a later note takes the place of the one before, and nil takes it away")
  func replaces() throws {
    note(.unknown, "654321", one)
    note(.unknown, "111111", one)
    #expect(fate("654321", one) == .unknown)
    note(.failed, "654321", one)
    #expect(fate("654321", one) == .failed)
    #expect(try content().count == 2 * 48)
    note(nil, "654321", one)
    #expect(fate("654321", one) == nil)
    #expect(fate("111111", one) == .unknown)
    note(nil, "111111", one)
    #expect(try content().isEmpty)
  }

  @Test("a PIN that is forgotten is that one of that card, and no other")
  func forgets() throws {
    for card in [one, other] {
      for pin in PIN.allCases {
        note(.failed, "11111111", card, pin)
        note(.unknown, "22222222", card, pin)
      }
    }
    failed.forget(.user, of: one)
    for card in [one, other] {
      for pin in PIN.allCases {
        let isForgotten = card == one && pin == .user
        #expect(fate("11111111", card, pin) == (isForgotten ? nil : .failed))
        #expect(fate("22222222", card, pin) == (isForgotten ? nil : .unknown))
      }
    }
  }

  @Test("what the first release wrote still counts, until any PIN of any card is forgotten")
  func firstRelease() throws {
    note(.failed, "111111", other)
    let own = try content()
    // A salt of random bytes; here such as are most like those of now.
    for salt in [
      [UInt8](repeating: 0xA5, count: 16), Array("Lx".utf8) + [UInt8](repeating: 2, count: 14),
    ] {
      let text = salt + [0, 6, 0, 0, 0, 1, PIN.user.rawValue] + Array("654321".utf8)
      try folder.write("run/failed-pins", bytes: salt + digest(.sha256, of: text.span) + own)
      #expect(fate("654321", one) == .failed)
      #expect(fate("654321", other) == nil)
      #expect(fate("111111", other) == .failed)
      // A later note leaves it there.
      note(.failed, "222222", one)
      #expect(fate("654321", one) == .failed)
      failed.forget(.admin, of: one)
      #expect(fate("654321", one) == nil)
      #expect(fate("111111", other) == .failed)
      #expect(fate("222222", one) == .failed)
    }
  }

  @Test("what a later release wrote is left there, and then no PIN's fate is known")
  func laterRelease() throws {
    note(.failed, "111111", other)
    #expect(!failed.isFromLaterRelease)
    let later = Array("LK".utf8) + [3] + [UInt8](repeating: 1, count: 45)
    try folder.write("run/failed-pins", bytes: later + content())
    #expect(failed.isFromLaterRelease)
    #expect(fate("654321", one) == .unknown)
    #expect(fate("111111", other) == .failed)
    note(.failed, "654321", one)
    failed.forget(.user, of: one)
    #expect(try content().starts(with: later))
  }

  @Test("the file stays bounded, and forgets the oldest")
  func bounded() throws {
    note(.failed, "oldest", one)
    for number in 0..<256 { note(.failed, "\(100_000 + number)", one) }
    #expect(try content().count == 256 * 48)
    #expect(fate("oldest", one) == nil)
    #expect(fate("100255", one) == .failed)
  }

  @Test("what another process remembers meanwhile is not lost")
  func together() async throws {
    note(.failed, "111111", one)
    let path = folder.path("run/failed-pins")
    // What another process finds and adds to, under its lock.
    // Safe: a C string for the call.
    let directory = unsafe open(folder.path("run"), O_RDONLY)
    #expect(flock(directory, LOCK_EX) == 0)
    let found = try #require(FileManager.default.contents(atPath: path))
    let remembering = Task.detached { [one, run = folder.path("run")] in
      FailedPINs(folder: Array(run.utf8)).note(.failed, of: secret("222222"), as: .user, on: one)
    }
    try await Task.sleep(for: .milliseconds(200))
    try found.write(to: URL(fileURLWithPath: path))
    close(directory)
    await remembering.value
    for pin in ["111111", "222222"] { #expect(fate(pin, one) == .failed) }
  }

  @Test("a damaged file forgets, and stops nobody", arguments: [0, 1, 47, 49, 100_000])
  func damage(size: Int) throws {
    note(.failed, "654321", one)
    try folder.write("run/failed-pins", bytes: [UInt8](repeating: 7, count: size))
    #expect(fate("654321", one) == nil)
    note(.failed, "654321", one)
    #expect(fate("654321", one) == .failed)
  }

  @Test("a folder that others can write, or another's, is not used, and that is said")
  func openFolder() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path("run"), withIntermediateDirectories: false)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o777], ofItemAtPath: folder.path("run"))
    note(.failed, "654321", one)
    #expect(failed.problem == .writableByOthers(.failedPINs))
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o700], ofItemAtPath: folder.path("run"))
    let others = FailedPINs(folder: Array(folder.path("run").utf8), of: 4711)
    others.note(.failed, of: secret("654321"), as: .user, on: one)
    #expect(others.problem == .writableByOthers(.failedPINs))
    #expect(!FileManager.default.fileExists(atPath: folder.path("run/failed-pins")))
  }
}
