import Initramfs

/// One of depmod's lists beside the modules of an image, which tell modprobe and udev what to load. Settings of
/// modprobe's, which can run programs, don't belong in them.
struct ModuleIndex {
  /// Which.
  enum Kind: String {
    case dependencies = "modules.dep"
    case dependencyTree = "modules.dep.bin"
    case aliases = "modules.alias"
    case aliasTree = "modules.alias.bin"
    case symbols = "modules.symbols"
    case symbolTree = "modules.symbols.bin"
    case softDependencies = "modules.softdep"
    case weakDependencies = "modules.weakdep"
    case deviceNames = "modules.devname"
    case builtIn = "modules.builtin"
    case builtInTree = "modules.builtin.bin"
    case builtInAliases = "modules.builtin.alias.bin"
    case builtInTexts = "modules.builtin.modinfo"
    case order = "modules.order"

    /// - Parameter path: in an image: `lib/modules/VERSION/NAME`, or the same below `usr`.
    init?(path: String) {
      let parts = path.split(separator: "/")
      let folder = parts.first == "usr" ? 1 : 0
      guard parts.count == folder + 4, parts[folder] == "lib", parts[folder + 1] == "modules",
        parts[folder + 2].isPlain(and: "_-.+~"),
        let kind = Kind(rawValue: String(parts[folder + 3]))
      else { return nil }
      self = kind
    }
  }

  private let kind: Kind
  /// The modules beside it, by their paths below the folder.
  private let paths: Set<String>
  /// The same by their names, as the kernel has them.
  private let names: Set<String>

  /// - Parameter path: in the image.
  init(_ kind: Kind, of path: String, in listing: ImageListing) {
    self.kind = kind
    let start = Array(path.utf8.dropLast(kind.rawValue.utf8.count))
    var paths: Set<String> = []
    for entry in listing.entries where entry.path.starts(with: start) {
      guard case .file = entry.content else { continue }
      paths.insert(String(decoding: entry.path.dropFirst(start.count), as: UTF8.self))
    }
    self.paths = paths.filter { Self.name(ofFile: $0) != nil }
    names = Set(self.paths.compactMap(Self.name(ofFile:)))
  }

  /// Whether its bytes have the form, and name only what is there.
  func isOne(_ bytes: [UInt8]) -> Bool {
    switch kind {
    case .dependencies: lines(bytes, isDependency)
    case .aliases: lines(bytes) { isAlias($0) }
    case .symbols: lines(bytes) { isAlias($0) && $0.dropFirst(6).hasPrefix("symbol:") }
    case .softDependencies: lines(bytes, isSoftDependency)
    case .weakDependencies: lines(bytes, isWeakDependency)
    case .deviceNames: lines(bytes, isDeviceName)
    case .builtIn, .order: lines(bytes) { $0.isPlainPath && Self.name(ofFile: String($0)) != nil }
    case .builtInTexts: isTexts(bytes)
    case .dependencyTree: tree(bytes) { isDependency($1[...]) && Self.key(ofLine: $1) == $0 }
    case .aliasTree, .symbolTree: tree(bytes) { names.contains($1) && !$0.isEmpty }
    case .builtInTree: tree(bytes) { $0.isPlain() && $1.isEmpty }
    case .builtInAliases: tree(bytes) { !$0.isEmpty && $1.isPlain() }
    }
  }

  // MARK: Forms

  private func lines(_ bytes: [UInt8], _ isRight: (Substring) -> Bool) -> Bool {
    wholeLines(bytes)?.allSatisfy { line in
      // modprobe takes what follows a backslash at a line's end for the same line.
      !line.utf8.contains(UInt8(ascii: "\\")) && (line.hasPrefix("# ") || isRight(line))
    } ?? false
  }

  private func tree(_ bytes: [UInt8], _ isRight: (String, String) -> Bool) -> Bool {
    ModuleIndexTree(bytes)?.values.allSatisfy { key, value in
      guard let key = String(validating: key, as: UTF8.self),
        let value = String(validating: value, as: UTF8.self)
      else { return false }
      return isRight(key, value)
    } ?? false
  }

  /// `kernel/a.ko: kernel/b.ko kernel/c.ko`
  private func isDependency(_ line: Substring) -> Bool {
    guard let colon = line.firstIndex(of: ":"), paths.contains(String(line[..<colon])) else {
      return false
    }
    return words(line[line.index(after: colon)...]).allSatisfy { paths.contains(String($0)) }
  }

  /// `alias NAME module`
  private func isAlias(_ line: Substring) -> Bool {
    let words = words(line)
    return words.count == 3 && words[0] == "alias" && names.contains(Self.kernelName(words[2]))
  }

  /// `softdep module pre: a b post: c`
  private func isSoftDependency(_ line: Substring) -> Bool {
    let words = words(line)
    return words.count > 2 && words[0] == "softdep" && names.contains(Self.kernelName(words[1]))
      && words.dropFirst(2).allSatisfy {
        $0 == "pre:" || $0 == "post:" || $0.isPlain(and: "_-.:,+*")
      }
  }

  /// `weakdep module a b`
  private func isWeakDependency(_ line: Substring) -> Bool {
    let words = words(line)
    return words.count > 2 && words[0] == "weakdep" && names.contains(Self.kernelName(words[1]))
      && words.dropFirst(2).allSatisfy { $0.isPlain(and: "_-.:,+*") }
  }

  /// `module mapper/control c10:236`
  private func isDeviceName(_ line: Substring) -> Bool {
    let words = words(line)
    guard words.count == 3, names.contains(Self.kernelName(words[0])), words[1].isPlainPath,
      words[2].first == "c" || words[2].first == "b"
    else { return false }
    let numbers = words[2].dropFirst().split(separator: ":", omittingEmptySubsequences: false)
    return numbers.count == 2 && numbers.allSatisfy { UInt32($0) != nil }
  }

  /// `module.key=text` and a zero, each.
  private func isTexts(_ bytes: [UInt8]) -> Bool {
    guard bytes.isEmpty || bytes.last == 0 else { return false }
    return bytes.split(separator: 0).allSatisfy { text in
      text.firstIndex(of: UInt8(ascii: "=")).map { equals in
        String(decoding: text[..<equals], as: UTF8.self).isPlain()
      } ?? false
    }
  }

  private func words(_ line: Substring) -> [Substring] { line.split(separator: " ") }

  // MARK: Names

  /// The name of the module that a file is; nil if it is none.
  private static func name(ofFile path: String) -> String? {
    let file = path.split(separator: "/").last ?? ""
    for end in [".ko", ".ko.xz", ".ko.zst", ".ko.gz"] where file.hasSuffix(end) {
      return kernelName(file.dropLast(end.count))
    }
    return nil
  }

  /// The kernel has underscores for dashes.
  private static func kernelName(_ name: some StringProtocol) -> String {
    String(name.map { $0 == "-" ? "_" : $0 })
  }

  private static func key(ofLine line: String) -> String? {
    name(ofFile: String(line.prefix { $0 != ":" }))
  }
}
