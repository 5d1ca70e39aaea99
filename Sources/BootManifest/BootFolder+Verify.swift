extension BootFolder {
  /// Whether /boot is as a trusted key signed it, and what differs. Hashes all of it, unless the
  /// caller has just done so. Writes nothing: give a verdict that holds to
  /// ``SignatureMemory/accept(_:)``. `now` is in seconds since 1970.
  public func verify(
    _ hashed: HashedBoot? = nil, trusted: TrustedSigners, now: UInt32,
    memory: SignatureMemory? = nil
  ) throws(BootError) -> BootVerdict {
    .unsigned(missing: [])
  }
}
