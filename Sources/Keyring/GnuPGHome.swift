internal import CGPGME
import CSystem

/// A folder that gpg keeps keys in, and the user that it belongs to.
public struct GnuPGHome: Equatable, Sendable {
  /// Its path.
  public let folder: String
  /// The user that gpg runs as.
  public let user: UInt32
  /// That user's name; empty where there is none.
  public let userName: String
  /// The user's home folder.
  let userFolder: String
  let group: UInt32

  /// Whether gpg runs as another user than this process.
  public var isOfAnother: Bool { user != geteuid() }

  /// The keyring of whoever runs this: GNUPGHOME where that is set, else `.gnupg` in the home folder; under
  /// sudo that of the user who called it. gpg runs as the folder's owner, so that root never leaves files of
  /// its own there.
  public init() throws(KeyringError) {
    var user = geteuid()
    // Safe: the environment isn't changed by other threads; the texts are copied at once.
    if user == 0,
      let caller = unsafe getenv("SUDO_UID").flatMap({ UInt32(unsafe String(cString: $0)) })
    {
      user = caller
    }
    var account = try Account(user)
    var folder = account.folder + "/.gnupg"
    if let named = unsafe getenv("GNUPGHOME").map({ unsafe String(cString: $0) }), !named.isEmpty {
      folder = named
    } else if user == geteuid(),
      let home = unsafe getenv("HOME").map({ unsafe String(cString: $0) }),
      !home.isEmpty
    {
      folder = home + "/.gnupg"
      account.folder = home
    }
    var status = stat()
    // Safe: a C string for the call, and a structure of ours.
    if geteuid() == 0, unsafe stat(folder, &status) == 0, status.st_uid != user {
      user = status.st_uid
      account = try Account(user)
    }
    self.init(folder: folder, user: user, account)
  }

  /// A folder of this process's own.
  init(own folder: String) throws(KeyringError) {
    self.init(folder: folder, user: geteuid(), try Account(geteuid()))
  }

  private init(folder: String, user: UInt32, _ account: Account) {
    self.folder = folder
    self.user = user
    userName = account.name
    userFolder = account.folder
    group = account.group
  }

  /// What the system knows of a user.
  private struct Account {
    let name: String
    var folder: String
    let group: UInt32

    init(_ user: UInt32) throws(KeyringError) {
      // Safe: what getpwuid gives lasts until the next call; it is copied at once.
      guard let entry = unsafe getpwuid(user) else { throw .noUser(user) }
      name = unsafe String(cString: entry.pointee.pw_name)
      folder = unsafe String(cString: entry.pointee.pw_dir)
      group = unsafe entry.pointee.pw_gid
    }
  }

  /// Runs `body` so that the programs it starts are that user's: real and effective ids, groups, HOME.
  /// What this process was, it is again afterwards.
  func run<Result>(_ body: () throws(KeyringError) -> Result) throws(KeyringError) -> Result {
    guard isOfAnother else { return try body() }
    let groups = try Groups()
    // Safe: C strings for the calls; no other thread reads the environment.
    let home = unsafe getenv("HOME").map { unsafe String(cString: $0) }
    guard unsafe initgroups(userName, group) == 0, setresgid(group, group, 0) == 0,
      setresuid(user, user, 0) == 0
    else {
      Self.return(to: groups)
      throw .noUser(user)
    }
    _ = unsafe setenv("HOME", userFolder, 1)
    defer {
      Self.return(to: groups)
      if let home { _ = unsafe setenv("HOME", home, 1) }
    }
    return try body()
  }

  /// To root, which the saved ids still are. Ends the process if that fails: nothing may go on half changed.
  private static func `return`(to groups: Groups) {
    guard setresuid(0, 0, 0) == 0, setresgid(groups.main, groups.main, groups.main) == 0,
      groups.restore()
    else { abort() }
  }

  /// This process's groups.
  private struct Groups {
    let main = getgid()
    private var others: [gid_t]

    init() throws(KeyringError) {
      others = [gid_t](repeating: 0, count: 1 << 10)
      let room = Int32(others.count)
      // Safe: the array has that room.
      let count = unsafe others.withUnsafeMutableBufferPointer {
        unsafe getgroups(room, $0.baseAddress)
      }
      guard count >= 0 else { throw .system(system_errno()) }
      others.removeLast(others.count - Int(count))
    }

    func restore() -> Bool {
      // Safe: the array is borrowed for the call.
      unsafe others.withUnsafeBufferPointer { unsafe setgroups($0.count, $0.baseAddress) } == 0
    }
  }
}
