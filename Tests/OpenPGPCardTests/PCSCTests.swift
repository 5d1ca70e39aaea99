import CPCSC
import Foundation
import LibCrypto
import OpenPGPCard
import PCSC
import Secrets
import SmartCard
import TestSupport
import Testing

@testable import VirtualCard

/// Through the real pcscd. Each in a process of its own, as libpcsclite looks once a process for where
/// pcscd listens.
@Suite("PC/SC", .serialized)
struct PCSCTests {
  /// Cards' files in a folder of their own, and a pcscd that this process uses from now on.
  private static func daemon(
    _ folder: TemporaryFolder, cards: Int, emptyFirst: Bool = false
  ) throws -> (PCSCDaemon, [String]) {
    let files = try (0..<cards).map { index in
      let file = folder.path("card\(index)")
      try VirtualCard.create(
        at: file, profile: CardProfile(contentsOf: Repository.path("cards/yubikey-5.json")),
        serial: 0x1000 + UInt32(index))
      return file
    }
    let daemon = try PCSCDaemon(cards: (emptyFirst ? [nil] : []) + files)
    listen(at: daemon.socket)
    return (daemon, files)
  }

  private static func listen(at socket: String) {
    // Safe: both are terminated copies for the call, before any other thread runs.
    _ = unsafe setenv("PCSCLITE_CSOCK_NAME", socket, 1)
  }

  @Test("a signature takes six commands through pcscd, and the card is reset and let go of")
  func exchange() async {
    await #expect(processExitsWith: .success) { try Self.exchangeInThisProcess() }
  }

  private static func exchangeInThisProcess() throws {
    let folder = try TemporaryFolder()
    let (daemon, _) = try Self.daemon(folder, cards: 1)
    let service = try PCSCService()
    let reader = try #require(try service.readers().first)
    #expect(reader.state == .card)
    #expect(!reader.answerToReset.isEmpty)
    let admin = secret("12345678")
    let user = secret("123456")
    var pinned: PinnedKey?
    do {
      var card = try OpenPGPCard(selecting: try service.connect(to: reader))
      var administration = try card.authorize(.administration, with: admin, derivedBy: .plain)
      let key = try administration.generateKey(in: .signing, .eddsa(.ed25519))
      let fingerprint = [UInt8](repeating: 5, count: 20)
      try administration.setFingerprint(of: .signing, fingerprint.span)
      pinned = PinnedKey(
        identifier: card.application.identifier, slot: .signing, fingerprint: fingerprint,
        publicKey: key, keyDerivation: .plain)
    }
    daemon.forgetTrace()
    let known = try #require(pinned)
    let digest = [UInt8](repeating: 1, count: 32)
    do {
      var card = try OpenPGPCard(selecting: try service.connect(to: reader))
      var signing = try card.authorize(.signing, with: user, pinned: known)
      let signature = try signing.sign(digest.span, hash: .sha256)
      let isValid = known.publicKey.verify(signature.span, of: digest.span, hash: .sha256)
      #expect(isValid)
    }
    let commands = daemon.trace().filter { !$0.hasPrefix("00 C0") }
    #expect(commands.count == 6, "\(daemon.trace())")
    // Reset: without the PIN, no second signature.
    let connection = try service.connect(to: reader)
    let channel = CardChannel(connection)
    let aid: [UInt8] = [0xD2, 0x76, 0x00, 0x01, 0x24, 0x01]
    _ = try channel.exchange(
      Command(ins: 0xA4, p1: 4, p2: 0, expecting: .exactly(256)), data: aid.span)
    let status = try channel.exchange(
      Command(ins: 0x2A, p1: 0x9E, p2: 0x9A, expecting: .exactly(256)), data: digest.span)
    #expect(status == .notAuthorized)
  }

  @Test("readers are listed with what is in them; cards that come and go are waited for")
  func waiting() async {
    await #expect(processExitsWith: .success) { try Self.waitingInThisProcess() }
  }

  private static func waitingInThisProcess() throws {
    let folder = try TemporaryFolder()
    let (daemon, files) = try Self.daemon(folder, cards: 1, emptyFirst: true)
    let service = try PCSCService(waiting: 1000)
    let readers = try service.readers()
    let states = readers.map(\.state)
    // Each vpcd has a second slot, which stays empty.
    #expect(states.count { $0 == .card } == 1)
    #expect(states.count { $0 == .empty } == 3)
    #expect(try service.waitForCard(milliseconds: 0) == readers)
    #expect(throws: TransportError.timedOut) {
      try service.waitForChange(from: readers, milliseconds: 300)
    }
    let full = try #require(readers.first { $0.state == .card })
    let empty = try #require(readers.first { $0.state == .empty })
    #expect(throws: TransportError.noCard) { try service.connect(to: empty) }
    let connection = try service.connect(to: full)
    try connection.beginTransaction()
    daemon.remove(from: 1)
    var out = SecretBytes(capacity: 300)
    let command = [0x00, 0xCA, 0x00, 0x6E, 0x00] as [UInt8]
    let bytes = SecretBytes(copying: command.span)
    var error: TransportError?
    for _ in 0..<1500 where error == nil || error == .unresponsive {
      do throws(TransportError) {
        try connection.transmit(bytes, into: &out)
      } catch {
        usleep(200_000)
      }
      do throws(TransportError) { try connection.transmit(bytes, into: &out) } catch let thrown {
        error = thrown
      }
    }
    #expect(error == .removed)
    #expect(throws: TransportError.timedOut) { try service.waitForCard(milliseconds: 100) }
    let late = try Program.start(
      "sh",
      [
        "-c",
        "sleep 1; exec '\(Repository.product("virtual-card"))' run '\(files[0])' --port "
          + String(daemon.readers[0].port),
      ])
    defer { Program.end(late) }
    let found = try service.waitForCard(milliseconds: 300_000)
    #expect(found.contains { $0.state == .card })
  }

  @Test("who holds a card exclusively is told from a missing one; a reset by others is survived")
  func sharing() async {
    await #expect(processExitsWith: .success) { try Self.sharingInThisProcess() }
  }

  private static func sharingInThisProcess() throws {
    let folder = try TemporaryFolder()
    let (daemon, _) = try Self.daemon(folder, cards: 1)
    let service = try PCSCService()
    let reader = try #require(try service.readers().first)
    var context = SCARDCONTEXT()
    // Safe: the context is written during the call only.
    #expect(unsafe SCardEstablishContext(DWORD(SCARD_SCOPE_SYSTEM), nil, nil, &context) == 0)
    var handle = SCARDHANDLE()
    var activeProtocol = DWORD()
    let name = String(decoding: reader.name, as: UTF8.self)
    // Safe: the name outlives the call, which writes the other two only.
    #expect(
      unsafe SCardConnect(
        context, name, DWORD(SCARD_SHARE_EXCLUSIVE), DWORD(SCARD_PROTOCOL_T1), &handle,
        &activeProtocol) == 0)
    #expect(try service.readers().first?.state == .inUse)
    #expect(throws: TransportError.inUse) { try service.connect(to: reader) }
    SCardDisconnect(handle, DWORD(SCARD_LEAVE_CARD))
    let first = try service.connect(to: reader)
    let second = try service.connect(to: reader)
    try second.beginTransaction()
    second.endTransaction(.reset)
    // A transaction on a card that others reset begins all the same.
    try first.beginTransaction()
    first.endTransaction(.leave)
    try second.beginTransaction()
    second.endTransaction(.reset)
    // Outside a transaction, what was verified is gone, and that is said.
    var out = SecretBytes(capacity: 300)
    let command = [0x00, 0xCA, 0x00, 0x6E, 0x00] as [UInt8]
    let bytes = SecretBytes(copying: command.span)
    #expect(
      Self.throwsError(.wasReset) { () throws(TransportError) in
        try first.transmit(bytes, into: &out)
      })
    extendLifetime(daemon)
  }

  @Test("nobody waits for ever for a transaction of others; what waited too long is undone")
  func transactions() async {
    await #expect(processExitsWith: .success) { try Self.transactionsInThisProcess() }
  }

  private static func transactionsInThisProcess() throws {
    let folder = try TemporaryFolder()
    let (daemon, _) = try Self.daemon(folder, cards: 1)
    let service = try PCSCService()
    let reader = try #require(try service.readers().first { $0.state == .card })
    let holder = try service.connect(to: reader)
    let early = try service.connect(to: reader)
    let gone = try service.connect(to: reader)
    try holder.beginTransaction()
    #expect(throws: TransportError.inUse) { try service.connect(to: reader) }
    #expect(throws: TransportError.inUse) { try early.beginTransaction() }
    #expect(throws: TransportError.inUse) { try early.beginTransaction() }
    do {
      let late = consume gone
      #expect(throws: TransportError.inUse) { try late.beginTransaction() }
    }
    holder.endTransaction(.leave)
    for _ in 0..<2 {
      let next = try service.connect(to: reader)
      try next.beginTransaction()
      next.endTransaction(.leave)
      try holder.beginTransaction()
      holder.endTransaction(.leave)
    }
    extendLifetime(daemon)
  }

  private static func throwsError(
    _ expected: TransportError, _ body: () throws(TransportError) -> Void
  ) -> Bool {
    do throws(TransportError) {
      try body()
      return false
    } catch {
      return error == expected
    }
  }

  @Test("no pcscd is .noService, and it may come up late")
  func noService() async {
    await #expect(processExitsWith: .success) { try Self.noServiceInThisProcess() }
  }

  private static func noServiceInThisProcess() throws {
    listen(at: "/nonexistent/pcscd.comm")
    #expect(throws: TransportError.noService) { try PCSCService() }
    #expect(throws: TransportError.noService) { try PCSCService(waiting: 100) }
  }
}
