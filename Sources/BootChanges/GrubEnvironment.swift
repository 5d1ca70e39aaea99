/// GRUB's environment block, `grubenv`: a comment, a variable a line, filled up with `#` to 1024 bytes
/// (grub-editenv(1); GRUB's `lib/envblk.c`).
public struct GrubEnvironment: Equatable, Sendable {
  /// A variable that is not as it was.
  public struct Change: Equatable, Sendable {
    /// The variable's name.
    public let name: [UInt8]
    /// What it was; nil if it was not there.
    public let from: [UInt8]?
    /// What it is; nil if it is gone.
    public let to: [UInt8]?
  }

  /// In the block's order, each name once.
  public let variables: [(name: [UInt8], value: [UInt8])]

  private static let signature = Array("# GRUB Environment Block\n".utf8)
  /// Bytes of a block.
  public static let size = 1024

  /// Reads a block; nil for anything that GRUB would not take, and for a name that stands there twice.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.size, bytes.starts(with: Self.signature) else { return nil }
    var variables: [(name: [UInt8], value: [UInt8])] = []
    var line: [UInt8] = []
    var isEscaped = false
    for byte in bytes.dropFirst(Self.signature.count) {
      if byte == UInt8(ascii: "\n"), !isEscaped {
        if line.first != UInt8(ascii: "#"), !line.isEmpty {
          guard let equals = line.firstIndex(of: UInt8(ascii: "=")), equals > 0 else { return nil }
          let name = Array(line[..<equals])
          guard !variables.contains(where: { $0.name == name }) else { return nil }
          variables.append((name, Array(line[(equals + 1)...])))
        }
        line = []
      } else if byte == UInt8(ascii: "\\"), !isEscaped {
        isEscaped = true
      } else {
        line.append(byte)
        isEscaped = false
      }
    }
    // What fills the block has no end.
    guard line.allSatisfy({ $0 == UInt8(ascii: "#") }), !isEscaped else { return nil }
    self.variables = variables
  }

  /// What differs from an older one.
  public func changes(since old: GrubEnvironment) -> [Change] {
    var changes: [Change] = []
    for (name, value) in variables {
      let before = old.variables.first { $0.name == name }?.value
      if before != value { changes.append(Change(name: name, from: before, to: value)) }
    }
    for (name, value) in old.variables where !variables.contains(where: { $0.name == name }) {
      changes.append(Change(name: name, from: value, to: nil))
    }
    return changes
  }

  /// Same variables in the same order.
  public static func == (left: Self, right: Self) -> Bool {
    left.variables.elementsEqual(right.variables) { $0.name == $1.name && $0.value == $1.value }
  }
}

extension GrubEnvironment.Change {
  /// What GRUB itself and its tools note down there, which says nothing of what is booted. `saved_entry` and
  /// its like do.
  private static let harmless = [
    "recordfail", "boot_success", "boot_indeterminate", "menu_auto_hide", "menu_hide_ok",
    "menu_show_once",
  ]

  /// Whether it is a note of GRUB's own: whether the last boot went well, whether the menu is shown.
  public var isNote: Bool { Self.harmless.contains(String(decoding: name, as: UTF8.self)) }
}
