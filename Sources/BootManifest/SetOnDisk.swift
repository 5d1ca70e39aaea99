import LibCrypto
import OpenPGP

/// The files of a set as they were read once: what is checked is what is used.
struct SetOnDisk {
  /// Every `kexec*.txt`, in the order of the names' bytes.
  var files: [SetFile] = []
  /// `kexec.sig`.
  var signature: [UInt8]?

  /// The bytes of a `kexec*.txt`.
  subscript(_ name: [UInt8]) -> [UInt8]? { files.first { $0.name == name }?.bytes }

  /// What of a set is missing.
  var missing: [EscapedName] {
    var names = [SetName.hashes, SetName.tree].filter { self[$0] == nil }
    if signature == nil { names.append(SetName.signature) }
    return names.map { EscapedName($0) }
  }

  /// Puts other files in the place of the default entry's.
  mutating func replaceDefault(_ former: [(name: [UInt8], bytes: [UInt8])]) {
    files.removeAll { SetName.isOfDefault($0.name) }
    files += former.filter { SetName.isOfDefault($0.name) }
      .map { SetFile(name: $0.name, bytes: $0.bytes) }
    files.sort { $0.name.lexicographicallyPrecedes($1.name) }
  }

  /// `sha256sum kexec*.txt` in that dialect.
  func signedBytes(_ dialect: Dialect) throws(BootError) -> [UInt8] {
    var bytes: [UInt8] = []
    for file in files {
      bytes += hexadecimal(try sha256(file.bytes)) + [0x20, 0x20]
      bytes += dialect.prefix + file.name + [0x0A]
    }
    return bytes
  }

  /// The systems that the set says it is for.
  func systems() throws(ListError) -> [SignedSystem] {
    guard let record = self[SetName.record] else { return [] }
    return try TypeList.systems(of: record.span)
  }

  /// Who signed these files. Both dialects are tried.
  func signedBy(
    _ trusted: TrustedSigners, now: UInt32
  ) throws(BootError) -> Result<SignedBy, SignatureError> {
    // Files in another way than signed are merely not what was signed.
    var first: SignatureError?
    for dialect in Dialect.allCases {
      let bytes = try signedBytes(dialect)
      let signer: Verdict
      do throws(SignatureError) {
        signer = try trusted.verify(signature ?? [], over: bytes, at: now)
      } catch {
        first = first ?? error
        continue
      }
      return .success(
        SignedBy(
          signer, digest: try sha256(bytes), dialect: dialect, systems: (try? systems()) ?? []))
    }
    return .failure(first ?? .bad)
  }

  /// Those of the files, but the two lists, without which the signature would hold: files that came
  /// later. Each alone, then all that neither Heads nor this program has a use for.
  func addedSince(_ trusted: TrustedSigners, now: UInt32) throws(BootError) -> [EscapedName] {
    let extra = files.map(\.name).filter { $0 != SetName.hashes && $0 != SetName.tree }
    for names in extra.map({ [$0] }) + [extra.filter { !SetName.isKnown($0) }] where !names.isEmpty
    {
      var rest = self
      rest.files.removeAll { names.contains($0.name) }
      if case .success = try rest.signedBy(trusted, now: now) { return names.map(EscapedName.init) }
    }
    return []
  }
}

/// SHA-256 of bytes in memory.
func sha256(_ bytes: [UInt8]) throws(BootError) -> [UInt8] {
  do throws(CryptoError) { return try digest(.sha256, of: bytes.span) } catch { throw .crypto }
}

extension BootFolder {
  /// Reads the set once. With `waiting`, a file that waits under a pending name counts in place of the
  /// one that has the name, and one that goes doesn't count: what a cut signing was about to leave.
  func readSet(
    waiting turn: PendingTurn? = nil, fromDisk: Bool = false
  ) throws(BootError) -> SetOnDisk {
    let present = Set(
      try withRoot { root throws(BootError) in try root.names(path: Array("./".utf8)) })
    // The name to read for each of the set's names that are there.
    var sources: [(name: [UInt8], source: [UInt8])] = []
    for name in present where SetName.isSigned(name) || name == SetName.signature {
      sources.append((name, name))
    }
    if let turn {
      for source in present {
        if let name = SetName.awaited(source, turn) {
          sources.removeAll { $0.name == name }
          sources.append((name, source))
        } else if let name = SetName.dismissed(source, turn),
          !present.contains(SetName.pending(name, turn))
        {
          sources.removeAll { $0.name == name }
        }
      }
    }
    guard sources.count <= Limits.setFiles else { throw .beyondLimit(path) }
    sources.sort { $0.name.lexicographicallyPrecedes($1.name) }
    let forbidden = sources.map(\.name).filter { $0.contains(where: BootEntry.isForbidden) }
    guard forbidden.isEmpty else { throw .forbiddenNames(forbidden.map { EscapedName($0) }) }
    var set = SetOnDisk()
    var room = Limits.lists
    for (name, source) in sources {
      let limit = name == SetName.signature ? Limits.signature : min(Limits.list, room)
      let bytes = try withRoot { root throws(BootError) in
        try read(source, in: root, limit: limit, fromDisk: fromDisk)
      }
      room -= bytes.count
      if name == SetName.signature {
        set.signature = bytes
      } else {
        set.files.append(SetFile(name: name, bytes: bytes))
      }
    }
    return set
  }

  /// A regular file at the top of /boot, whole.
  /// - Parameter fromDisk: the kernel is asked to forget its own copy first; it must be synced.
  func read(
    _ name: [UInt8], in root: borrowing Descriptor, limit: Int, fromDisk: Bool = false
  ) throws(BootError) -> [UInt8] {
    // A link or a device is not even opened.
    guard let status = try root.status(of: name, path: name) else {
      throw .changedMeanwhile(EscapedName(name))
    }
    guard status.type == .file else { throw .notRegular(EscapedName(name)) }
    let file = try root.file(name, path: name)
    let opened = try file.status(path: name)
    guard opened.type == .file else { throw .notRegular(EscapedName(name)) }
    if fromDisk { file.forget() }
    return try file.contents(limit: limit, size: opened.identity.size, path: name)
  }
}
