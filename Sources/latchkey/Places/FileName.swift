import BootManifest
import CSystem
import Storage

/// Names of files, as far as signatures beside them need.
enum FileName {
  /// Whether something is there by that name, a broken link too.
  static func exists(_ path: String) -> Bool {
    var status = stat()
    // Safe: a C string for the call, and a structure of ours.
    return unsafe lstat(path, &status) == 0
  }

  /// The signature beside a file that Heads takes: FILE.sig, else FILE.asc; nil if there is neither.
  static func signature(of path: String) -> String? {
    [".sig", ".asc"].map { path + $0 }.first(where: exists)
  }

  /// Says before anybody is asked for a PIN that a name is one of a signed /boot's: neither is such a file
  /// signed by itself, nor is a file's signature written in the place of a /boot's.
  static func checkForFile(_ path: String, signature: String) throws(Failure) {
    // Safe: a C string for the call, which allocates what it gives; freed here.
    let resolved = unsafe realpath(path, nil)
    let real = unsafe resolved.map { unsafe String(cString: $0) } ?? path
    unsafe free(resolved)
    for name in [path, real] where SignedListForm.isName(last(name)) {
      throw Failure(
        .wrongUse,
        "\(Escaped.text(name)) is called as a file of a signed /boot, and is not signed by itself",
        next: "Nothing was signed. To sign the /boot it is in: latchkey sign --boot FOLDER.")
    }
    guard SignedListForm.isName(last(signature)) else { return }
    throw Failure(
      .wrongUse,
      "a file's signature is not written to \(Escaped.text(signature)): that is where Heads looks "
        + "for the signature of /boot",
      next: "Nothing was signed. Choose another name with --output.")
  }

  private static func last(_ path: String) -> [UInt8] {
    Array(
      path.utf8.suffix(
        from: path.utf8.lastIndex(of: 0x2F).map {
          path.utf8.index(after: $0)
        } ?? path.startIndex))
  }

  /// Says before anybody is asked for a PIN that a file can't be written there.
  static func checkWritable(_ path: String) throws(Failure) {
    let folder =
      path.utf8.lastIndex(of: UInt8(ascii: "/")).map {
        $0 == path.startIndex ? "/" : String(path[..<$0])
      } ?? "."
    // Safe: C strings for the calls, and a structure of ours.
    guard unsafe access(folder, W_OK) == 0 else {
      throw Failure(StorageError("write", path, code: system_errno()))
    }
    var system = statfs()
    if unsafe statfs(folder, &system) == 0, system.f_bavail == 0, system.f_blocks > 0 {
      throw Failure(StorageError("write", path, code: ENOSPC))
    }
    var status = stat()
    if unsafe lstat(path, &status) == 0, status.st_mode & mode_t(S_IFMT) == mode_t(S_IFDIR) {
      throw Failure(StorageError("write", path, code: EISDIR))
    }
  }
}
