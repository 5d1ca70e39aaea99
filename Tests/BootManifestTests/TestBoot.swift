import BootManifest
import Foundation
import Glibc
import TestSupport

/// A folder of this test alone, with a `boot` in it; removed at the end.
final class TestBoot {
  let folder: String
  var path: String { folder + "/boot" }

  /// With a /boot of a few small files, a copy of a real one, or nothing.
  init(real: Bool = false, empty: Bool = false) throws {
    folder = TemporaryFolder.place + "/latchkey-boot-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    if real {
      let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path()
      let fetched = try run(
        "cd \"$1\" && scripts/fetch-boot .build-boot/boot >&2 && cp -a .build-boot/boot \"$2\"",
        root, path)
      guard fetched.status == 0 else { throw NoBoot(said: fetched.errors) }
    } else if empty {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } else {
      try write("vmlinuz-6.1", "a kernel")
      try write("initrd.img-6.1", "an initrd")
      try write("grub/grub.cfg", "linux /vmlinuz-6.1\n")
      try link("vmlinuz", to: "vmlinuz-6.1")
      try link("initrd.img", to: "initrd.img-6.1")
      try write("kexec_rollback.txt", "a counter\n")
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  struct NoBoot: Error { let said: String }

  func opened(_ calls: FileCalls = .kernel) throws -> BootFolder {
    try BootFolder(path: path, calls: calls)
  }

  func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    let file = path + "/" + name
    try FileManager.default.createDirectory(
      atPath: URL(filePath: file).deletingLastPathComponent().path(percentEncoded: false),
      withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(filePath: file))
  }

  func read(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path + "/" + name)))
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: path + "/" + name)
  }

  func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: path + "/" + name, withDestinationPath: target)
  }

  func exists(_ name: String) -> Bool {
    (try? FileManager.default.attributesOfItem(atPath: path + "/" + name)) != nil
  }

  /// The names at the top, sorted.
  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }

  /// Copies all of /boot aside, and back.
  func save(as name: String) throws {
    try? FileManager.default.removeItem(atPath: folder + "/" + name)
    try FileManager.default.copyItem(atPath: path, toPath: folder + "/" + name)
  }

  func restore(_ name: String) throws {
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.copyItem(atPath: folder + "/" + name, toPath: path)
  }

  /// Signs what is there now.
  @discardableResult
  func sign(
    by signer: TestSigner, at time: UInt32 = TestSigner.born + 100, dialect: Dialect = .relative,
    memory: SignatureMemory? = nil, systems: [SignedSystem] = [], calls: FileCalls = .kernel
  ) throws -> SignedBy {
    let boot = try opened(calls)
    let draft = try boot.draft(boot.hash(boot.scan()), dialect: dialect, systems: systems)
    return try boot.write(
      draft, signature: try signer.sign(draft.signedBytes, at: time), trusted: signer.trusted,
      now: time, memory: memory)
  }

  func verify(
    by signer: TestSigner, now: UInt32 = TestSigner.born + 1000, memory: SignatureMemory? = nil
  ) throws -> BootVerdict {
    try opened().verify(trusted: signer.trusted, now: now, memory: memory)
  }
}

/// What a shell script came to.
struct Ran {
  let status: Int32
  let output: [UInt8]
  let errors: String

  struct Failed: Error {
    let status: Int32
    let errors: String
  }

  /// Throws if it failed.
  @discardableResult
  func succeed() throws -> Ran {
    guard status == 0 else { throw Failed(status: status, errors: errors) }
    return self
  }
}

/// Runs a bash script with positional arguments.
@discardableResult
func run(_ script: String, _ arguments: String...) throws -> Ran {
  let process = Process()
  process.executableURL = URL(filePath: "/bin/bash")
  process.arguments = ["-c", script, "test"] + arguments
  process.environment = ProcessInfo.processInfo.environment.merging(["LC_ALL": "C"]) { $1 }
  let scratch = TemporaryFolder.place + "/latchkey-ran-" + UUID().uuidString
  defer {
    for suffix in [".out", ".err"] { try? FileManager.default.removeItem(atPath: scratch + suffix) }
  }
  for suffix in [".out", ".err"] {
    _ = FileManager.default.createFile(atPath: scratch + suffix, contents: nil)
  }
  process.standardInput = FileHandle.nullDevice
  process.standardOutput = try FileHandle(forWritingTo: URL(filePath: scratch + ".out"))
  process.standardError = try FileHandle(forWritingTo: URL(filePath: scratch + ".err"))
  try process.run()
  process.waitUntilExit()
  return Ran(
    status: process.terminationStatus,
    output: Array(try Data(contentsOf: URL(filePath: scratch + ".out"))),
    errors: String(decoding: try Data(contentsOf: URL(filePath: scratch + ".err")), as: UTF8.self))
}

/// `./name` as a change names it.
func named(_ name: String) -> EscapedName { EscapedName("./" + name) }
