/// A system for which a set of /boot was signed, as `kexec_latchkey.txt` names it: so that a whole /boot of
/// another system, signed by the same key, is told from one's own.
public struct SignedSystem: Hashable, Sendable {
  /// Its id, 16 bytes: of ``OwnSystem``.
  public let id: [UInt8]
  /// Its host's name when it signed last, at most 64 bytes; nil where it has none.
  public let name: EscapedName?

  /// Bytes of an id.
  public static let idSize = 16
  /// The most that a set names.
  public static let maximum = 32
  private static let maximumName = 64
  private static let noName = Array("-".utf8)

  /// A system with that id; what is too long of the name is cut off.
  public init(id: [UInt8], name: [UInt8]?) {
    precondition(id.count == Self.idSize)
    self.id = id
    let kept = Array(name?.prefix(Self.maximumName) ?? [])
    self.name = kept.isEmpty || kept == Self.noName ? nil : EscapedName(kept)
  }

  // MARK: Lines

  private static let word = Array("system ".utf8)

  /// Whether a line is about a system.
  static func begins(_ line: Span<UInt8>) -> Bool {
    line.count >= word.count && line.extracting(first: word.count).equals(word.span)
  }

  /// `system <id> <name>`; nil for anything ``line`` would not have written.
  init?(line: Span<UInt8>) {
    let start = Self.word.count + 2 * Self.idSize
    guard Self.begins(line), line.count > start + 1, line[start] == 0x20 else { return nil }
    var id: [UInt8] = []
    for index in 0..<Self.idSize {
      let place = Self.word.count + 2 * index
      guard let high = hexadecimal(line[place], lower: true),
        let low = hexadecimal(line[place + 1], lower: true)
      else { return nil }
      id.append(high << 4 | low)
    }
    var name: [UInt8] = []
    guard EscapedName.unescape(line.extracting((start + 1)...), into: &name),
      name.count <= Self.maximumName
    else { return nil }
    self.init(id: id, name: name)
  }

  /// Its line, with the newline.
  var line: [UInt8] {
    Self.word + hexadecimal(id) + [0x20]
      + (name.map { EscapedName.escape($0.bytes, escapingSpace: true) } ?? Self.noName) + [0x0A]
  }
}

extension [SignedSystem] {
  /// The place of a system with that id.
  public func has(_ id: [UInt8]?) -> Bool { contains { $0.id == id } }

  /// The systems that the next set is for.
  ///
  /// Whoever shares this /boot must find its own id again, so what the present set says is carried on; where
  /// that can't be relied on, what was accepted here before. One's own id comes first: it says where the set
  /// was signed. An id that was this system's before it was cloned, or got another machine-id, goes.
  /// - Parameter own: this system; nil if its id could not be kept.
  public static func next(
    for own: SignedSystem?, after verdict: BootVerdict, remembered: SignatureMemory.Accepted?
  ) -> [SignedSystem] {
    var carried: [SignedSystem]
    switch verdict {
    case .signed(let by, _, _): carried = by.systems
    case .otherSystem(let by): carried = by.systems + (remembered?.systems ?? [])
    case .unsigned, .refused, .malformed, .older: carried = remembered?.systems ?? []
    }
    if let own {
      carried.removeAll { $0.id == own.id || $0.id == remembered?.own }
      carried.insert(own, at: 0)
    }
    var next: [SignedSystem] = []
    for system in carried where next.count < SignedSystem.maximum && !next.has(system.id) {
      next.append(system)
    }
    return next
  }
}
