extension BootFolder {
  /// The set that a hashed /boot makes, to be signed; nothing is written.
  /// - Throws: ``BootError/forbiddenNames(_:)`` with all names that Heads refuses.
  public func draft(_ hashed: HashedBoot, dialect: Dialect) throws(BootError) -> ManifestDraft {
    throw .nothingToSign
  }

  /// Writes a draft and its armored signature, after ``repair(trusted:now:memory:)``; `now` is in
  /// seconds since 1970. After a cut of power /boot bears the old set, the new one, or what repair
  /// makes the new one of. Give the result to ``SignatureMemory/accept(_:)``.
  public func write(
    _ draft: ManifestDraft, signature: [UInt8], trusted: TrustedSigners, now: UInt32,
    memory: SignatureMemory? = nil
  ) throws(BootError) -> SignedBy {
    throw .nothingToSign
  }

  /// Ends what a cut in ``write(_:signature:trusted:now:memory:)`` left: a whole new set that a
  /// trusted key signed takes its place, anything less is removed.
  public func repair(
    trusted: TrustedSigners, now: UInt32, memory: SignatureMemory? = nil
  ) throws(BootError) -> Repair {
    .nothing
  }
}

/// What ``BootFolder/repair(trusted:now:memory:)`` did.
public enum Repair: Equatable, Sendable {
  /// There was nothing to do.
  case nothing
  /// A signed set had been cut short while taking its place; now it has it.
  case completed(SignedBy)
  /// Leftovers that make no signed set were removed.
  case removed([EscapedName])
}
