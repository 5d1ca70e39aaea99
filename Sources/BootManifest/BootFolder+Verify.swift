import OpenPGP

extension BootFolder {
  /// Whether /boot is as a trusted key signed it, and what differs. Hashes all that was signed, unless the
  /// caller has just done so. Writes nothing: give a verdict that holds to
  /// ``SignatureMemory/accept(_:)``. `now` is in seconds since 1970.
  ///
  /// Stricter than Heads: exactly one good signature by a trusted, unrevoked key; doubtful lists are
  /// refused; links, types, modes and `kexec*` files beside the set are compared where the set
  /// recorded them. With `formerDefault`, the default entry's files count as they were before another was
  /// chosen: names and bytes.
  public func verify(
    _ hashed: HashedBoot? = nil, trusted: TrustedSigners, now: UInt32,
    memory: SignatureMemory? = nil, formerDefault: [(name: [UInt8], bytes: [UInt8])]? = nil
  ) throws(BootError) -> BootVerdict {
    var set = try readSet()
    if let formerDefault { set.replaceDefault(formerDefault) }
    return try verdict(of: set, hashed, trusted: trusted, now: now, memory: memory)
  }

  /// The same of a set that was read.
  func verdict(
    of set: SetOnDisk, _ hashed: HashedBoot?, trusted: TrustedSigners, now: UInt32,
    memory: SignatureMemory?
  ) throws(BootError) -> BootVerdict {
    guard set.missing.isEmpty, let hashes = set[SetName.hashes], let tree = set[SetName.tree] else {
      return .unsigned(missing: set.missing)
    }
    let signed: SignedBy
    switch try set.signedBy(trusted, now: now) {
    case .failure(let problem):
      return .refused(
        problem, addedSince: problem == .bad ? try set.addedSince(trusted, now: now) : [])
    case .success(let by): signed = by
    }
    let remembered = try memory?.last()
    if let remembered, remembered.forbids(signed) {
      return .older(signed, remembered: remembered.time)
    }
    do throws(ListError) { _ = try set.systems() } catch { return .malformed(signed, error) }
    if let remembered, remembered.isForAnother(signed, than: memory?.system) {
      return .otherSystem(signed)
    }
    let hashesDigest = try sha256(hashes)
    let treeDigest = try sha256(tree)
    let record: TypeRecord
    let expected: ExpectedBoot
    do throws(ListError) {
      let hashList = try HashList(parsing: hashes.span)
      let treeList = try TreeList(parsing: tree.span)
      var types: TypeList?
      if let bytes = set[SetName.record] {
        types = try TypeList(bytes.span, ifOf: hashesDigest, treeDigest)
        record = types == nil ? .stale : .present
      } else {
        record = .absent
      }
      expected = try ExpectedBoot(hashList, treeList, types)
    } catch {
      return .malformed(signed, error)
    }
    let found: HashedBoot
    // What was added has no hash to be compared with, and may be of any size.
    if let hashed { found = hashed } else { found = try hash(scan()) { expected.hasHash(of: $0) } }
    return .signed(signed, record: record, changes: expected.changes(in: found))
  }
}
