import FoundationEssentials
import Glibc

/// The file a card keeps its state in: locked while the card runs, replaced as a whole at each
/// change.
final class CardFile {
  let path: String
  private var descriptor: CInt

  /// What the file looks like.
  private struct Document: Codable {
    var format: String
    var version: Int
    var warning: String
    var card: CardState
  }

  private static let format = "latchkey virtual card"
  private static let warning =
    "A virtual card for development and tests: its PINs and private keys lie here in the clear."

  /// Makes a new file.
  init(creating path: String, _ state: CardState) throws(CardFileError) {
    self.path = path
    descriptor = -1
    // Claims the name, so that of two at once only one makes it.
    // Safe: the path is a terminated copy for the call.
    let claim = unsafe open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
    guard claim >= 0 else {
      throw errno == EEXIST ? .exists(path) : .unwritable(path, Self.reason)
    }
    close(claim)
    do throws(CardFileError) {
      try save(state)
    } catch {
      // Safe: as above.
      unsafe unlink(path)
      throw error
    }
  }

  /// Opens and locks a file.
  init(opening name: String) throws(CardFileError) {
    // A link stays one: what it points to is replaced.
    let path = URL(fileURLWithPath: name).resolvingSymlinksInPath().path
    self.path = path
    descriptor = -1
    while true {
      // Safe: the path is a terminated copy for the call.
      let candidate = unsafe open(path, O_RDWR | O_CLOEXEC)
      guard candidate >= 0 else {
        throw errno == EACCES || errno == EROFS ? .unwritable(path, Self.reason) : .unreadable(path)
      }
      guard flock(candidate, LOCK_EX | LOCK_NB) == 0 else {
        close(candidate)
        throw .inUse(path)
      }
      // The file may have been replaced between open and flock: then it is another one's by now.
      if Self.isSameFile(candidate, path) {
        descriptor = candidate
        return
      }
      close(candidate)
    }
  }

  deinit {
    if descriptor >= 0 { Self.release(descriptor) }
  }

  /// Reads the state.
  func load() throws(CardFileError) -> CardState {
    guard let data = FileManager.default.contents(atPath: path) else { throw .unreadable(path) }
    struct Header: Codable {
      var format: String
      var version: Int
    }
    let state: CardState
    do {
      let header = try JSONDecoder().decode(Header.self, from: data)
      guard header.format == Self.format else {
        throw CardFileError.damaged(path, "its format is not \(Self.format)")
      }
      guard header.version == 1 else { throw CardFileError.tooNew(path) }
      state = try JSONDecoder().decode(Document.self, from: data).card
    } catch let error as CardFileError {
      throw error
    } catch {
      throw .damaged(path, String(describing: error).singleLine)
    }
    guard state.hasRightSizes else { throw .damaged(path, "a value has a wrong size") }
    return state
  }

  /// Puts a new state in the place of the old one, on the disk when it returns.
  func save(_ state: CardState) throws(CardFileError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let document = Document(
      format: Self.format, version: 1, warning: Self.warning, card: state)
    let bytes: [UInt8]
    do {
      bytes = [UInt8](try encoder.encode(document)) + [0x0A]
    } catch {
      throw .unwritable(path, String(describing: error).singleLine)
    }
    let temporary = "\(path).\(getpid()).new"
    // Safe, here and below: the paths are terminated copies for the calls.
    unsafe unlink(temporary)
    let new = unsafe open(temporary, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
    guard new >= 0 else { throw .unwritable(path, Self.reason) }
    guard flock(new, LOCK_EX | LOCK_NB) == 0, Self.write(bytes, to: new), fsync(new) == 0,
      unsafe rename(temporary, path) == 0
    else {
      let reason = Self.reason
      unsafe unlink(temporary)
      close(new)
      throw .unwritable(path, reason)
    }
    if descriptor >= 0 { Self.release(descriptor) }
    descriptor = new
    try syncFolder()
  }

  private func syncFolder() throws(CardFileError) {
    // Not Foundation's deletingLastPathComponent, which traps on a name of one letter.
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let folder = slash.map { String(path[...$0]) } ?? "."
    // Safe: the path is a terminated copy for the call.
    let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unwritable(path, Self.reason) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .unwritable(path, Self.reason) }
  }

  private static func write(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
    var done = 0
    while done < bytes.count {
      // Safe: the range lies within the array, which outlives the call.
      let written = unsafe bytes.withUnsafeBytes { all in
        unsafe Glibc.write(descriptor, all.baseAddress.map { unsafe $0 + done }, all.count - done)
      }
      guard written > 0 else {
        if errno == EINTR { continue }
        return false
      }
      done += written
    }
    return true
  }

  /// Gives the lock back and closes the file. By closing alone, a child that was just forked and shares
  /// the open file would hold the lock until it has become another program.
  private static func release(_ descriptor: CInt) {
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  private static func isSameFile(_ descriptor: CInt, _ path: String) -> Bool {
    var opened = stat()
    var named = stat()
    // Safe: both are ours, and stat fills them.
    return unsafe fstat(descriptor, &opened) == 0 && stat(path, &named) == 0
      && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
  }

  private static var reason: String {
    // Safe: strerror gives a terminated text, copied at once.
    unsafe String(cString: strerror(errno))
  }
}
