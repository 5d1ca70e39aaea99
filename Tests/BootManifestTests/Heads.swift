import BootManifest
import Foundation
import OpenPGP

/// What Heads' shell does on /boot, run by the shell: the witness for both sides.
enum Heads {
  /// The check at boot: the signature over the files named in one dialect, the hashes, the tree.
  /// `gpgv` stands in for the firmware's gpg; its keyring is the signer's certificate.
  static func accepts(
    _ boot: TestBoot, keyring: String, _ dialect: Dialect
  ) throws -> Bool {
    try run(
      """
      set -o pipefail
      cd "$1" || exit 2
      sha256sum kexec*.txt | sed "s,  ,  $3," >../signed || exit 3
      gpgv --quiet --keyring "$2" kexec.sig ../signed || exit 4
      sha256sum --quiet -c kexec_hashes.txt || exit 5
      find ./ ! -path './kexec*' -print0 | sort -z >../tree || exit 6
      cmp -s ../tree kexec_tree.txt || exit 7
      """, boot.path, keyring, dialect == .relative ? "" : "/boot/"
    ).status == 0
  }

  /// The lists as the firmware makes them.
  static func makeLists(_ boot: TestBoot) throws {
    try run(
      """
      set -e -o pipefail
      cd "$1"
      find ./ -type f ! -path './kexec*' -print0 | xargs -0 sha256sum >kexec_hashes.txt
      find ./ ! -path './kexec*' -print0 | sort -z >kexec_tree.txt
      """, boot.path
    ).succeed()
  }

  /// What it has signed, in one dialect.
  static func signedBytes(_ boot: TestBoot, _ dialect: Dialect) throws -> [UInt8] {
    try run(
      "cd \"$1\" && sha256sum kexec*.txt | sed \"s,  ,  $2,\"", boot.path,
      dialect == .relative ? "" : "/boot/"
    ).succeed().output
  }

  /// A whole set as the firmware makes it, signed by a key of ours.
  static func sign(
    _ boot: TestBoot, by signer: TestSigner, at time: UInt32, _ dialect: Dialect = .relative
  ) throws {
    try makeLists(boot)
    // gpg says nothing of what it signs for.
    try boot.write(
      "kexec.sig", signer.sign(signedBytes(boot, dialect), at: time, for: .other))
  }

  /// Writes a signer's certificate for gpgv.
  static func keyring(_ signer: TestSigner, in boot: TestBoot) throws -> String {
    let file = boot.folder + "/keyring.gpg"
    try Data(signer.certificateBytes).write(to: URL(filePath: file))
    return file
  }
}
