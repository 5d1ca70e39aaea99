import CSystem
import FoundationEssentials

/// The programs that talk to pcscd beside this one: who may hold a reader.
struct ReaderUsers {
  /// A process that is connected to pcscd, or is known to use readers.
  struct User: Equatable {
    /// Its name, escaped.
    let name: String
    let process: Int
    /// Whether it runs as the same user as this one.
    let isOwn: Bool
  }

  /// Those that are told by their connections; where this user may not see these, those of the programs
  /// that are known to use readers. In the order of how likely they hold a reader for long.
  let users: [User]

  /// Programs that keep a reader for themselves, the likeliest first.
  private static let known = ["scdaemon", "gsd-smartcard", "gpg-agent", "firefox", "firefox-esr"]

  /// Looks at what runs now.
  init() {
    let processes = Self.processes().filter { $0 != Int(getpid()) }
    let sockets = Self.clientSockets()
    var users = processes.filter { Self.holds(any: sockets, $0) }.compactMap(Self.user)
    if users.isEmpty { users = processes.compactMap(Self.user).filter(Self.isLikely) }
    func rank(_ user: User) -> Int { Self.known.firstIndex(of: user.name) ?? Self.known.count }
    self.users = users.sorted { (rank($0), $0.process) < (rank($1), $1.process) }
  }

  /// Who it most likely is, as "scdaemon (process 4711)"; nil if nothing is known.
  var words: String? {
    guard let first = users.first else { return nil }
    let others = users.dropFirst().map { "\($0.name) (process \($0.process))" }
    let words = "\(first.name) (process \(first.process))"
    return others.isEmpty ? words : "\(words), or " + others.joined(separator: ", or ")
  }

  /// The one command that frees the reader from the likeliest.
  var command: String {
    guard let first = users.first else { return Self.killDaemon }
    return first.name == "scdaemon" && first.isOwn ? Self.killDaemon : "kill \(first.process)"
  }

  private static let killDaemon = "gpgconf --kill gpg-agent"

  private static func isLikely(_ user: User) -> Bool {
    user.name == "scdaemon" || user.name == "gsd-smartcard"
  }

  /// The inodes of the sockets whose other end is pcscd, as libpcsclite finds it.
  private static func clientSockets() -> [UInt32] {
    // Safe: the environment is not changed while this program runs.
    let place = unsafe getenv("PCSCLITE_CSOCK_NAME").map { unsafe String(cString: $0) }
    var inodes = [UInt32](repeating: 0, count: 256)
    let count = inodes.count
    // Safe: the path is a terminated copy, and at most `count` numbers are written.
    let found = unsafe inodes.withUnsafeMutableBufferPointer { buffer in
      unsafe system_socket_clients(place ?? "/run/pcscd/pcscd.comm", buffer.baseAddress, count)
    }
    return Array(inodes.prefix(max(0, Int(found))))
  }

  private static func processes() -> [Int] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int($0) }
  }

  /// Whether a process has one of the sockets open; false where this user may not look.
  private static func holds(any sockets: [UInt32], _ process: Int) -> Bool {
    guard !sockets.isEmpty else { return false }
    let folder = "/proc/\(process)/fd"
    let files = FileManager.default
    for name in (try? files.contentsOfDirectory(atPath: folder)) ?? [] {
      guard let target = try? files.destinationOfSymbolicLink(atPath: "\(folder)/\(name)"),
        target.hasPrefix("socket:["), let inode = UInt32(target.dropFirst(8).dropLast())
      else { continue }
      if sockets.contains(inode) { return true }
    }
    return false
  }

  private static func user(_ process: Int) -> User? {
    let files = FileManager.default
    guard let comm = files.contents(atPath: "/proc/\(process)/comm") else { return nil }
    let name = String(decoding: comm, as: UTF8.self).split(separator: "\n").first ?? ""
    // A process that hides its memory has files of root's; its folder's own owner tells.
    let status = files.contents(atPath: "/proc/\(process)/status") ?? Data()
    let owner = String(decoding: status, as: UTF8.self).split(separator: "\n")
      .first { $0.hasPrefix("Uid:") }?.split(whereSeparator: { $0 == "\t" || $0 == " " })
      .dropFirst().first.flatMap { UInt32($0) }
    return User(
      name: Escaped.text(String(name)), process: process, isOwn: owner == getuid())
  }
}
