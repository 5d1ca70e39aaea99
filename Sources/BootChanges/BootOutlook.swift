import BootEntries
import FoundationEssentials

/// What an entry of the menu boots, beside what it booted when /boot was signed.
public struct BootOutlook: Equatable, Sendable {
  /// A file that it boots from.
  public struct File: Equatable, Sendable {
    /// How it compares.
    public enum State: String, Equatable, Sendable {
      /// The entry had it, and it is as it was signed.
      case same
      /// The entry had it, and it has other content.
      case changed
      /// The entry did not have it.
      case new
      /// Nothing is known of before.
      case unknown
    }

    /// `kernel`, `initrd`, `module`.
    public let role: String
    /// Below /boot.
    public let path: [UInt8]
    /// How it compares.
    public let state: State
  }

  /// Its number in Heads' menu, from 1.
  public let number: Int
  /// Its name.
  public let name: [UInt8]
  /// Whether it is what the firmware boots by itself; without a default that is chosen, the first.
  public let isDefault: Bool
  /// What it boots from; empty where its line can't be told.
  public let files: [File]
  /// Its command line, Xen's too.
  public let words: [EntryChange.Word]
  /// Whether the command line is the one that was signed; nil where nothing is known of before.
  public let hasSignedWords: Bool?

  /// Whether it boots other things than when it was signed, or nobody knows.
  public var differs: Bool {
    hasSignedWords != true || files.contains { $0.state != .same } || files.isEmpty
  }

  /// Of all entries.
  /// - Parameters:
  ///   - menu: the menu; nil if it can't be read.
  ///   - boot: the folder that is /boot.
  ///   - old: what was kept of its signing, if anything was.
  ///   - touched: the files that differ from what was signed.
  static func all(
    of menu: BootMenu?, in boot: String, since old: BootSnapshot? = nil,
    touched: EntryComparison.Touched = .init()
  ) -> [BootOutlook] {
    guard let menu else { return [] }
    let chosen = (try? DefaultEntry(of: boot))??.number ?? 1
    var left = old?.entries ?? []
    return menu.entries.enumerated().map { index, entry in
      let place =
        left.firstIndex { $0.name == entry.name && $0.line == entry.line }
        ?? left.firstIndex { $0.name == entry.name }
      let before = place.map { left.remove(at: $0) }
      let had = Set(before.map { EntryComparison.files($0).map(\.path) } ?? [])
      let words = EntryComparison.words(entry)
      let earlier = before.map(EntryComparison.words)
      return BootOutlook(
        number: index + 1, name: entry.name, isDefault: index + 1 == chosen,
        files: EntryComparison.files(entry).map { role, path in
          let state: File.State =
            old == nil
            ? .unknown
            : !had.contains(path) ? .new : isTouched(path, boot, touched) ? .changed : .same
          return File(role: role, path: path, state: state)
        },
        words: words.map { .init(text: $0, isExplained: earlier?.contains($0) ?? false) },
        hasSignedWords: old == nil ? nil : earlier == words)
    }
  }

  /// Whether a file, or what a link in its place leads to, differs.
  private static func isTouched(
    _ path: [UInt8], _ boot: String, _ touched: EntryComparison.Touched
  ) -> Bool {
    if touched.changed.contains(path) { return true }
    let text = String(decoding: path, as: UTF8.self)
    guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: boot + text)
    else {
      return false
    }
    let folder = path[..<((path.lastIndex(of: UInt8(ascii: "/")) ?? 0) + 1)]
    // A link that leads on, or out, is not followed: what is there counts as different.
    guard !target.contains("/") else { return true }
    return touched.changed.contains(Array(folder) + Array(target.utf8))
  }
}
