import BootManifest
import Foundation
import Glibc
import OpenPGP
import Synchronization
import Testing

@Suite("Signing that cannot be done")
struct WriteErrorTests {
  let boot: TestBoot
  let signer: TestSigner

  init() throws {
    boot = try TestBoot()
    signer = try TestSigner()
    try boot.sign(by: signer)
  }

  /// That signing throws, and leaves all of /boot as it was.
  private func expectUntouched(
    _ error: BootError, calls: FileCalls = .kernel,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let names = try boot.names
    #expect(throws: error, sourceLocation: sourceLocation) {
      try boot.sign(by: signer, at: TestSigner.born + 200, calls: calls)
    }
    #expect(try boot.names == names, sourceLocation: sourceLocation)
    #expect(
      try boot.verify(by: signer).signedBy?.time == TestSigner.born + 100,
      sourceLocation: sourceLocation)
  }

  @Test(
    "a disk that fills up at any write leaves the old set and no leftovers",
    arguments: 0..<8, [ENOSPC, EDQUOT])
  func fullInBetween(write: Int, code: Int32) throws {
    let count = Mutex(0)
    var calls = FileCalls.kernel
    calls.fileSystem = { _ in
      FileSystem(free: nil, block: 4096, isReadOnly: false, keepsModes: true)
    }
    calls.write = { file, bytes in
      let number = count.withLock {
        $0 += 1
        return $0 - 1
      }
      // Two writes a file: half, then the rest.
      if number == write { return -Int(code) }
      return FileCalls.kernel.write(
        file, number % 2 == 0 ? bytes.extracting(first: bytes.count / 2) : bytes)
    }
    try expectUntouched(.full(needed: 6 * 4096, free: 0), calls: calls)
  }

  @Test("too little room is seen before anything is written")
  func noRoom() throws {
    var calls = FileCalls.kernel
    calls.fileSystem = { _ in
      FileSystem(free: 5 * 4096, block: 4096, isReadOnly: false, keepsModes: true)
    }
    calls.create = { _, _ in
      Issue.record("something was written")
      return -EIO
    }
    try expectUntouched(.full(needed: 6 * 4096, free: 5 * 4096), calls: calls)
  }

  @Test("a real full file system: the old set stays", .enabled(if: canMount))
  func realFull() throws {
    let script = """
      set -e
      mkdir "$1/small"; mount -t tmpfs -o size=128k tmpfs "$1/small"; cp -a "$1/boot/." "$1/small/"
      """
    try run(script, boot.folder).succeed()
    defer { _ = try? run("umount \"$1/small\"", boot.folder) }
    let small = try BootFolder(path: boot.folder + "/small")
    try run("head -c 200k /dev/zero >\"$1/small/filler\" 2>/dev/null; true", boot.folder).succeed()
    let draft = try small.draft(small.hash(small.scan()), dialect: .relative)
    let signature = try signer.sign(draft.signedBytes, at: TestSigner.born + 200)
    do throws(BootError) {
      _ = try small.write(
        draft, signature: signature, trusted: signer.trusted, now: TestSigner.born + 200)
      Issue.record("written on a full disk")
    } catch {
      guard case .full(let needed, let free) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(needed > free)
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: boot.folder + "/small")
    #expect(!names.contains { $0.hasSuffix(".new") })
    let verdict = try small.verify(trusted: signer.trusted, now: TestSigner.born + 1000)
    #expect(verdict.signedBy?.time == TestSigner.born + 100)
  }

  @Test("a read-only /boot says so, mounted so or turned so", .enabled(if: canMount))
  func realReadOnly() throws {
    try run("mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\"", boot.path).succeed()
    defer { _ = try? run("umount \"$1\"", boot.path) }
    try expectUntouched(.readOnly)
    #expect(try boot.verify(by: signer).holds)
  }

  @Test(
    "a file system that turns read-only, forbids or fails in between",
    arguments: [
      (EROFS, BootError.readOnly), (EACCES, .notPermitted(EscapedName("kexec_hashes.txt.new"))),
      (EIO, .system(operation: "create", name: EscapedName("kexec_hashes.txt.new"), code: EIO)),
    ])
  func failing(code: Int32, error: BootError) throws {
    var calls = FileCalls.kernel
    calls.create = { _, _ in -code }
    try expectUntouched(error, calls: calls)
  }

  @Test("what was written is read back before it counts")
  func readBack() throws {
    var calls = FileCalls.kernel
    calls.write = { file, bytes in
      var copy: [UInt8] = []
      for index in bytes.indices { copy.append(bytes[index]) }
      copy[0] ^= 1
      return FileCalls.kernel.write(file, copy.span)
    }
    try expectUntouched(.writtenDiffers(EscapedName("kexec_hashes.txt.new")), calls: calls)
  }

  @Test("a signature that does not hold is not written")
  func badSignature() throws {
    let folder = try boot.opened()
    let draft = try folder.draft(folder.hash(folder.scan()), dialect: .relative)
    let other = try signer.sign([1, 2, 3], at: TestSigner.born + 200)
    #expect(throws: BootError.badSignature(.bad)) {
      try folder.write(
        draft, signature: other, trusted: signer.trusted, now: TestSigner.born + 200)
    }
    let stranger = try TestSigner()
    #expect(throws: BootError.badSignature(.untrusted(stranger.certificate.fingerprint))) {
      try folder.write(
        draft, signature: stranger.sign(draft.signedBytes, at: TestSigner.born + 200),
        trusted: signer.trusted, now: TestSigner.born + 200)
    }
    #expect(try boot.verify(by: signer).holds)
  }

  @Test(
    "what changed while the PIN was typed is noticed before the old set goes",
    arguments: [
      "printf X >>vmlinuz-6.1", "cp -p vmlinuz-6.1 x && mv x vmlinuz-6.1", "touch new",
      "rm grub/grub.cfg", "chmod 600 initrd.img-6.1", "ln -sfn initrd.img-6.1 vmlinuz",
      "printf X >>kexec_rollback.txt", "touch kexec_new.txt", "rm -r grub && ln -s .. grub",
    ])
  func changedMeanwhile(script: String) throws {
    let folder = try boot.opened()
    let draft = try folder.draft(folder.hash(folder.scan()), dialect: .relative)
    try run("cd \"$1\" && " + script, boot.path).succeed()
    let names = try boot.names
    do throws(BootError) {
      _ = try folder.write(
        draft, signature: try sign(draft), trusted: signer.trusted, now: TestSigner.born + 200)
      Issue.record("written")
    } catch {
      guard case .changedMeanwhile = error else {
        Issue.record("\(error)")
        return
      }
    }
    #expect(try boot.names == names)
  }

  private func sign(_ draft: ManifestDraft) throws(BootError) -> [UInt8] {
    do { return try signer.sign(draft.signedBytes, at: TestSigner.born + 200) } catch {
      throw .crypto
    }
  }

  @Test("names Heads refuses are all named, escaped, and nothing is written")
  func forbiddenNames() throws {
    try run("cd \"$1\" && touch $'a\\nb' 'c\\d' $'\\x7f' $'ä' kexec$'\\t'x 'fine $(x)'", boot.path)
      .succeed()
    let names = [
      "./a\\x0Ab", "./c\\\\d", "./kexec\\x09x", "./\\x7F", "./\\xC3\\xA4",
    ]
    do throws(BootError) {
      let folder = try BootFolder(path: boot.path)
      _ = try folder.draft(folder.hash(folder.scan()), dialect: .relative)
      Issue.record("drafted")
    } catch {
      guard case .forbiddenNames(let found) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(found.map(\.description) == names)
    }
  }

  @Test("no folder, a file and an empty folder in place of /boot")
  func noBoot() throws {
    #expect(throws: BootError.noFolder(EscapedName(boot.path + "/gone"), code: ENOENT)) {
      try BootFolder(path: boot.path + "/gone")
    }
    #expect(throws: BootError.noFolder(EscapedName(boot.path + "/vmlinuz-6.1"), code: ENOTDIR)) {
      try BootFolder(path: boot.path + "/vmlinuz-6.1")
    }
    let empty = try TestBoot(empty: true)
    #expect(throws: BootError.nothingToSign) { try empty.sign(by: signer) }
  }

  @Test("on FAT no modes are recorded, and names that differ in case alone are refused")
  func fat() throws {
    var calls = FileCalls.kernel
    calls.fileSystem = { _ in
      FileSystem(free: nil, block: 4096, isReadOnly: false, keepsModes: false)
    }
    try boot.sign(by: signer, at: TestSigner.born + 200, calls: calls)
    let record = String(decoding: try boot.read("kexec_latchkey.txt"), as: UTF8.self)
    #expect(record.contains("\nf - ./vmlinuz-6.1\n"))
    try run("chmod 600 \"$1/vmlinuz-6.1\"", boot.path).succeed()
    #expect(try boot.verify(by: signer).holds)
    try boot.write("KEXEC.SIG", "")
    #expect(throws: BootError.sameNameInAnotherCase(EscapedName("KEXEC.SIG"))) {
      try boot.sign(by: signer, at: TestSigner.born + 300, calls: calls)
    }
  }

  @Test("modes that were recorded and are no more are told")
  func modesGone() throws {
    var calls = FileCalls.kernel
    calls.fileSystem = { _ in
      FileSystem(free: nil, block: 4096, isReadOnly: false, keepsModes: false)
    }
    let verdict = try boot.opened(calls).verify(
      trusted: signer.trusted, now: TestSigner.born + 1000)
    guard case .signed(_, _, let changes) = verdict else {
      Issue.record("\(verdict)")
      return
    }
    #expect(
      changes.contains(
        BootChange(name: EscapedName("./vmlinuz-6.1"), kind: .mode(from: 0o644, to: nil))))
  }
}

/// Whether file systems can be mounted here: by root, outside most containers.
let canMount: Bool = {
  let script = "d=$(mktemp -d) && mount -t tmpfs tmpfs \"$d\" && umount \"$d\" && rmdir \"$d\""
  return (try? run(script).status) == 0
}()
