/// Whose signatures count for files: without a list of checksums, as for /boot. With one, `--trusted` says
/// who may have signed the list, and FILE's own signature may be theirs or by those of trusted.d.
struct MediaTrust {
  /// For a file's own signature.
  let signers: TrustStore
  /// For the list.
  let distributions: TrustStore

  init(_ trusted: [String], hasList: Bool, _ folders: SystemFolders) throws(Failure) {
    let named = try TrustStore(files: trusted, folders: folders)
    guard hasList, !trusted.isEmpty else {
      signers = try named.required()
      distributions = signers
      return
    }
    distributions = try named.required()
    signers = try TrustStore(try TrustStore(files: [], folders: folders), and: named)
  }
}
