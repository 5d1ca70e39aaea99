import CSystem
import Glibc
import LibCrypto
import OpenPGP

extension BootFolder {
  /// What Heads would find. Hashes all that its list names; `now` is in seconds since 1970.
  public func lookAsFirmware(
    trusted: TrustedSigners, now: UInt32
  ) throws(BootError) -> FirmwareLook {
    let set = try readSet()
    // Heads reads no file that its list doesn't name.
    let named = Set(FirmwareLook.lines(set[SetName.hashes] ?? []).map(\.path))
    let found = try hash(scan()) { named.contains($0.path) }
    return FirmwareLook(
      relative: try signature(of: set, .relative, trusted, now),
      absolute: try signature(of: set, .absolute, trusted, now),
      lists: try lists(set, found), names: set.files.map { EscapedName($0.name) })
  }

  private func signature(
    of set: SetOnDisk, _ dialect: Dialect, _ trusted: TrustedSigners, _ now: UInt32
  ) throws(BootError) -> FirmwareLook.Signature {
    guard let signature = set.signature, !set.files.isEmpty else { return .missing }
    let bytes = try set.signedBytes(dialect)
    do throws(SignatureError) {
      // Neither gpg nor Heads asks what a signature says it was made for.
      _ = try trusted.verify(signature, over: bytes, at: now, for: nil)
      return .holds(despite: nil)
    } catch {
      // gpg has no more than a word on it. At the time of the signature the key may have been good, and
      // whether the signature is can be told by that time alone.
      guard case .key(_, let problem) = error, problem.isLaterFault,
        let parsed = try? DetachedSignature(parsing: signature.span),
        (try? trusted.verify(signature, over: bytes, at: parsed.creationTime, for: nil)) != nil
      else { return .refused(error) }
      return .holds(despite: problem)
    }
  }

  // MARK: Lists

  private func lists(
    _ set: SetOnDisk, _ found: HashedBoot
  ) throws(BootError) -> FirmwareLook.Lists {
    // Without a signature Heads takes no list at all.
    guard set.signature != nil, let hashes = set[SetName.hashes], let tree = set[SetName.tree]
    else {
      let names = [SetName.hashes, SetName.tree].filter { set.signature == nil || set[$0] == nil }
      return .missing(names.map { EscapedName($0) })
    }
    var known: [[UInt8]: [UInt8]] = [:]
    for (entry, digest) in zip(found.scan.entries, found.digests) {
      if let digest { known[entry.path] = digest.bytes }
    }
    var failed: [EscapedName] = []
    let lines = FirmwareLook.lines(hashes)
    for line in lines {
      var digest = known[line.path]
      if digest == nil { digest = try hashFollowing(line.path) }
      if digest != line.digest { failed.append(EscapedName(line.path)) }
    }
    let names = found.scan.listed.map(\.path).joined(separator: [0]) + [0]
    let isTree = names.elementsEqual(tree)
    // Where not a line is one, sha256sum fails.
    return failed.isEmpty && !lines.isEmpty && isTree
      ? .hold
      : .differ(hashes: lines.isEmpty ? [EscapedName(SetName.hashes)] : failed, tree: !isTree)
  }

  /// The SHA-256 of what a path leads to, through links and out of /boot, as for sha256sum; nil if it can't
  /// be read to an end.
  private func hashFollowing(_ path: [UInt8]) throws(BootError) -> [UInt8]? {
    guard !path.contains(0) else { return nil }
    let folder = number
    // Safe: openat(2) reads the name alone. A pipe, which would hold Heads up for ever, is not waited for.
    let opened = unsafe withName(path) {
      unsafe system_openat(folder, $0, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0)
    }
    guard opened >= 0 else { return nil }
    let file = Descriptor(adopting: opened)
    guard try file.status(path: path).type == .file else { return nil }
    var digest: MessageDigest
    do throws(CryptoError) { digest = try MessageDigest(.sha256) } catch { throw .crypto }
    var buffer = ReadBuffer()
    while true {
      let count = try buffer.read(file, path: path)
      if count == 0 { return digest.finish() }
      digest.update(buffer.first(count))
    }
  }
}

extension FirmwareLook {
  /// The lines of a list that `sha256sum -c` takes; others are passed over with a word.
  package static func lines(_ bytes: [UInt8]) -> [(digest: [UInt8], path: [UInt8])] {
    bytes.split(separator: 0x0A).compactMap { line in
      let isEscaped = line.first == 0x5C
      let text = isEscaped ? line.dropFirst() : line
      guard text.count > 66 else { return nil }
      let digits = text.prefix(64).map { (0x41...0x46).contains($0) ? $0 | 0x20 : $0 }
      let marks = text.dropFirst(64).prefix(2)
      guard let digest = digest(fromHexadecimal: digits[...]), marks.first == 0x20,
        marks.last == 0x20 || marks.last == 0x2A
      else { return nil }
      let path = Array(text.dropFirst(66))
      return (digest, isEscaped ? Self.unescaped(path) : path)
    }
  }

  /// `\\`, `\n` and `\r`, as sha256sum writes a name with such in it.
  private static func unescaped(_ path: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    var index = 0
    while index < path.count {
      if path[index] == 0x5C, index + 1 < path.count,
        let byte: UInt8 = [0x5C: 0x5C, 0x6E: 0x0A, 0x72: 0x0D][path[index + 1]]
      {
        out.append(byte)
        index += 2
      } else {
        out.append(path[index])
        index += 1
      }
    }
    return out
  }
}

extension KeyProblem {
  /// Whether it befalls a key that was good.
  fileprivate var isLaterFault: Bool {
    switch self {
    case .expired, .revoked, .maybeRevoked: true
    default: false
    }
  }
}
