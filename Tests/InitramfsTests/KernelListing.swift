import Foundation
import Initramfs
import TestSupport

/// What a kernel says of an image: a line an entry, as `StandIns/kernel/list.c` writes them.
struct KernelListing {
  /// `ok`, or why it stopped.
  let said: String
  private let entries: [String: String]

  /// Of what the lister wrote.
  init(_ text: String) throws {
    var said: String?
    var entries: [String: String] = [:]
    var isWhole = false
    for line in text.replacing("\r\n", with: "\n").split(separator: "\n") {
      if line.hasPrefix("said ") { said = String(line.dropFirst(5)) }
      if line == "end" { isWhole = true }
      guard line.hasPrefix("entry ") else { continue }
      let words = line.split(separator: " ", maxSplits: 2)
      entries[String(words[1])] = words[2].trimmingCharacters(in: .whitespaces)
    }
    guard let said, isWhole else { throw TestSupportError("no listing in: \(text)") }
    self.said = said
    self.entries = entries
  }

  /// What differs from ours; what every kernel has before it unpacks anything is left out where our listing
  /// hasn't it.
  func differences(from listing: ImageListing) -> [String] {
    var ours: [String: String] = [:]
    for entry in listing.entries {
      let content =
        switch entry.content {
        case .file(let digest): hex(digest)
        case .link(let target): hex(target)
        case .device(let major, let minor): "\(major):\(minor)"
        case .other: ""
        }
      ours[hex(entry.path)] =
        "\(String(entry.mode, radix: 8)) \(entry.owner.user):\(entry.owner.group) \(content)"
        .trimmingCharacters(in: .whitespaces)
    }
    var theirs = entries
    for name in ["dev", "dev/console", "root"].map({ hex(Array($0.utf8)) }) where ours[name] == nil
    {
      theirs[name] = nil
    }
    return Set(ours.keys).union(theirs.keys).filter { ours[$0] != theirs[$0] }.sorted().map {
      "\($0): kernel \(theirs[$0] ?? "nothing"), we \(ours[$0] ?? "nothing")"
    }
  }

  /// Whether both are the same.
  func isSame(as other: KernelListing) -> Bool { said == other.said && entries == other.entries }
}

/// A machine that unpacks an image and says what it has then: a real kernel, below QEMU.
enum KernelProbe {
  /// An archive with the lister, in front of the image that is tried.
  private static let front = Result { () throws -> [UInt8] in
    let folder = try TemporaryFolder()
    let made = try Program.run(
      "gcc",
      [
        "-O1", "-static", "-o", folder.path("list"),
        Repository.path("Tests/InitramfsTests/StandIns/kernel/list.c"),
      ])
    guard made.status == 0 else { throw TestSupportError(made.errorText) }
    var archive = Newc()
    archive.add(Newc.folder(".probe"))
    var list = Newc.file(".probe/list", "", 0o755)
    list.content = [UInt8](FileManager.default.contents(atPath: folder.path("list")) ?? Data())
    archive.add(list)
    archive.add(Newc.Entry(name: Array("TRAILER!!!".utf8), mode: 0))
    return padded(archive.bytes, 512)
  }

  static func listing(of image: [UInt8]) throws -> KernelListing {
    let folder = try TemporaryFolder()
    let path = try folder.write("image", bytes: try front.get() + image)
    // A kernel that panics ends the machine (panic=-1 and -no-reboot).
    let ran = try Program.run(
      "qemu-system-x86_64",
      [
        "-accel", "tcg", "-cpu", "max", "-M", "q35", "-m", "256", "-nodefaults", "-display", "none",
        "-no-reboot", "-serial", "stdio", "-kernel", Repository.path(".build-boot/machine/vmlinux"),
        "-initrd", path, "-append",
        "console=ttyS0 panic=-1 quiet no_timer_check rdinit=/.probe/list",
      ], timeout: 240)
    return try KernelListing(ran.text)
  }
}

/// The kernel's own code as a program: `scripts/kernel-unpacker` makes it, and it takes a thousandth of the
/// time.
final class KernelUnpacker {
  static let program = ProcessInfo.processInfo.environment["LATCHKEY_KERNEL_UNPACKER"]

  private let folder: TemporaryFolder
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var unread: [UInt8] = []

  init() throws {
    folder = try TemporaryFolder()
    let place = folder.path("root")
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
    process.executableURL = URL(fileURLWithPath: Self.program ?? "")
    process.arguments = [place]
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// - Parameter path: of the image.
  func listing(of path: String) throws -> KernelListing {
    try input.fileHandleForWriting.write(contentsOf: Data((path + "\n").utf8))
    while true {
      if unread.starts(with: Array("end\n".utf8)) || unread.suffix(5).elementsEqual("\nend\n".utf8)
      {
        defer { unread = [] }
        return try KernelListing(String(decoding: unread, as: UTF8.self))
      }
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { throw TestSupportError("the unpacker ended") }
      unread += more
    }
  }
}
