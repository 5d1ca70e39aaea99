import Foundation
import Glibc

/// The real pcscd, apart from the system's own: in a mount namespace where /run is a temporary
/// folder, with virtual readers (vpcd) on free ports, and a virtual card in each.
///
/// Clients find it by ``environment`` (libpcsclite hears PCSCLITE_CSOCK_NAME). Ends with this value's
/// life. Several may run at once.
public final class PCSCDaemon {
  /// A reader and the card in it.
  public struct Reader {
    /// What PC/SC calls it. (vpcd gives every reader a second slot, `… 00 01`, which stays empty.)
    public let name: String
    /// vpcd's port.
    public let port: UInt16
    /// What the card's APDU trace is written to.
    public let traceFile: String
    fileprivate var card: Process?
    /// When the last card left.
    fileprivate var emptySince: Date?
  }

  /// What a client needs in its environment.
  public var environment: [String: String] { ["PCSCLITE_CSOCK_NAME": socket] }
  /// pcscd's socket.
  public let socket: String
  /// The readers, in the order of the cards.
  public private(set) var readers: [Reader] = []

  private let folder: TemporaryFolder
  private let options: [String]
  private let daemon: Process

  /// Starts pcscd with a reader for each card's file, and puts the cards in.
  /// - Parameters:
  ///   - cards: files made by `virtual-card create`; nil for a reader that stays empty.
  ///   - options: more options for `virtual-card run`.
  public init(cards: [String?], options: [String] = []) throws {
    self.options = options
    folder = try TemporaryFolder()
    socket = folder.path("run/pcscd/pcscd.comm")
    let files = FileManager.default
    try files.createDirectory(atPath: folder.path("run/pcscd"), withIntermediateDirectories: true)
    try files.createDirectory(atPath: folder.path("conf"), withIntermediateDirectories: true)
    let driver = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
    guard files.fileExists(atPath: driver) else {
      throw TestSupportError("no \(driver): install vsmartcard-vpcd")
    }
    for index in cards.indices {
      let port = try Self.freePorts()
      let number = "0x" + String(port, radix: 16, uppercase: true)
      // pcscd loads a driver once; several vpcd readers need a copy each.
      let copy = folder.path("driver\(index).so")
      try files.copyItem(
        at: URL(fileURLWithPath: driver).resolvingSymlinksInPath(),
        to: URL(fileURLWithPath: copy))
      try folder.write(
        "conf/reader\(index)",
        """
        FRIENDLYNAME "Virtual Reader \(index)"
        DEVICENAME /dev/null:\(number)
        LIBPATH \(copy)
        CHANNELID \(number)

        """)
      readers.append(
        Reader(
          name: "Virtual Reader \(index) 00 00", port: port,
          traceFile: folder.path("trace\(index)"), card: nil))
    }
    let script = """
      mount --bind '\(folder.path("run"))' /run && \
      exec pcscd --foreground --config '\(folder.path("conf"))'
      """
    daemon = try Program.start(
      "unshare", ["--mount"] + (getuid() == 0 ? [] : ["--map-root-user"]) + ["sh", "-c", script],
      output: folder.path("log"), errors: folder.path("err"))
    guard Program.wait(until: { files.fileExists(atPath: socket) || !daemon.isRunning }),
      daemon.isRunning
    else { throw TestSupportError("pcscd did not start\n\(log)") }
    for (index, card) in cards.enumerated() {
      if let card { try insert(card, into: index) }
    }
  }

  /// Starts pcscd with one reader and one card.
  public convenience init(card: String) throws { try self.init(cards: [card]) }

  deinit {
    for reader in readers { if let card = reader.card { Program.end(card) } }
    Program.end(daemon)
  }

  /// Puts a card into a reader and waits until pcscd has powered it.
  public func insert(_ card: String, into index: Int = 0) throws {
    try insert(program: Repository.product("virtual-card"), into: index) { reader in
      ["run", card, "--port", String(reader.port), "--trace", reader.traceFile] + options
    }
  }

  /// Puts a card into a reader that a program plays, and waits until pcscd has powered it: the
  /// program says so in its trace, with the line `# power on`.
  public func insert(
    program: String, into index: Int = 0, arguments: (Reader) -> [String]
  ) throws {
    remove(from: index)
    // pcscd looks into a reader every 0.4 seconds: a card that was away for less, it doesn't power anew.
    if let emptySince = readers[index].emptySince {
      _ = Program.wait { Date().timeIntervalSince(emptySince) > 1 }
    }
    let process = try Program.start(
      program, arguments(readers[index]), errors: folder.path("card\(index)"),
      environment: ["PYTHONDONTWRITEBYTECODE": "1"])
    readers[index].card = process
    let powered = Program.wait {
      !process.isRunning || lines(index).contains("# power on")
    }
    guard powered, process.isRunning else {
      let said = FileManager.default.contents(atPath: folder.path("card\(index)")) ?? Data()
      throw TestSupportError(
        "the card isn't in the reader\n\(String(decoding: said, as: UTF8.self))\n\(log)")
    }
    // The ATR is fetched right after the power.
    usleep(20_000)
  }

  /// Pulls the card out of a reader.
  public func remove(from index: Int = 0) {
    if let card = readers[index].card {
      Program.end(card)
      readers[index].emptySince = Date()
    }
    readers[index].card = nil
    try? FileManager.default.removeItem(atPath: readers[index].traceFile)
  }

  /// The commands that reached a card since ``insert`` or ``forgetTrace``, a line each:
  /// `00 CA 00 6E  Lc 0  Le 256  -> 9000  256 bytes  0.4 ms`.
  public func trace(of index: Int = 0) -> [String] {
    lines(index).filter { !$0.hasPrefix("#") }
  }

  /// Empties a trace.
  public func forgetTrace(of index: Int = 0) {
    truncate(readers[index].traceFile)
  }

  private func truncate(_ path: String) {
    // Safe: the path is a terminated copy for the call.
    _ = unsafe Glibc.truncate(path, 0)
  }

  private func lines(_ index: Int) -> [String] {
    let data = FileManager.default.contents(atPath: readers[index].traceFile) ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// What pcscd said.
  public var log: String {
    ["log", "err"].map { name in
      String(
        decoding: FileManager.default.contents(atPath: folder.path(name)) ?? Data(), as: UTF8.self)
    }.joined()
  }

  /// A port that is free along with the one after it, as vpcd opens both; below those that the system gives
  /// to clients, which would take it in the meantime.
  private static func freePorts() throws -> UInt16 {
    for _ in 0..<200 {
      let port = UInt16.random(in: 10_000...32_000)
      if isFree(port) && isFree(port + 1) { return port }
    }
    throw TestSupportError("no two free ports")
  }

  private static func isFree(_ port: UInt16) -> Bool {
    let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    // Safe: a sockaddr_in is what bind reads for AF_INET.
    return unsafe withUnsafeBytes(of: &address) { bytes in
      guard let start = bytes.baseAddress else { return false }
      return unsafe bind(
        descriptor, start.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count)) == 0
    }
  }
}
