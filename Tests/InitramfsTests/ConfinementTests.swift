import CSystem
import Foundation
import Initramfs
import Synchronization
import TestSupport
import Testing

@Suite("a program that decompresses")
struct ConfinementTests {
  /// The stand-in, where whoever it becomes can execute it.
  private func probe(_ folder: TemporaryFolder) throws -> String {
    let path = folder.path("probe")
    let source = Repository.path("Tests/InitramfsTests/StandIns/taken-over.c")
    let made = try Program.run("gcc", ["-Wall", "-Werror", "-o", path, source])
    guard made.status == 0 else { throw TestSupportError(made.errorText) }
    for path in [folder.path, path] {
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }
    return path
  }

  private func start(
    _ program: String, _ argument: String, _ input: String, seconds: UInt32 = 60
  ) throws -> DecompressionProgram {
    // Safe: a C string for the call.
    let file = unsafe system_open(input, O_RDONLY, 0)
    #expect(file >= 0)
    defer { close(file) }
    return try DecompressionProgram(program, argument, reading: file, seconds: seconds)
  }

  private func read(_ program: borrowing DecompressionProgram) -> [UInt8] {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // Safe: the array is ours, and the count is its room.
      let got = unsafe block.withUnsafeMutableBytes { room in
        unsafe CSystem.read(program.output, room.baseAddress, room.count)
      }
      guard got > 0 else { return bytes }
      bytes += block[..<got]
    }
  }

  @Test("that somebody took over is refused whatever it tries, and has nothing of ours")
  func takenOver() throws {
    let folder = try TemporaryFolder()
    let path = try probe(folder)
    for name in ["secret", "target"] {
      let file = try folder.write(name, "x")
      try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: file)
    }
    let input = try folder.write("input", folder.path("secret") + "\n" + folder.path("target"))
    // One of ours that a child would inherit.
    let ours = dup(0)
    defer { close(ours) }
    let program = try start(path, "try", input)
    let lines = String(decoding: read(program), as: UTF8.self).split(separator: "\n")
    #expect(program.end() == 0)
    // Landlock can be left out of a kernel: then what anybody may read can be read.
    let isThere = lines.contains("Landlock: yes")
    let rest = lines.filter {
      !$0.hasSuffix(": refused") && !$0.hasPrefix("Landlock")
        && (isThere || ($0 != "read a file of the user's: DONE" && $0 != "list a folder: DONE"))
    }
    let refused = lines.filter { $0.hasSuffix(": refused") }
    #expect(refused.count == (isThere ? 59 : 57), "\(lines)")
    #expect(
      rest == [
        "has PATH=/usr/bin:/bin", "has LC_ALL=C", "no new privileges: 1", "root: no",
        "a thread: yes",
      ], "\(lines)")
    #expect(try String(contentsOfFile: folder.path("target"), encoding: .utf8) == "x")
  }

  @Test("works as before, of each kind, with several threads too")
  func works() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "plain", bytes: (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) })
    let plain = try Data(contentsOf: URL(fileURLWithPath: folder.path("plain")))
    for (command, argument) in [
      ("gzip -1", "-dc"), ("xz -0 -T2 --block-size=256KiB", "-dcT2"), ("xz -9e -T1", "-dc"),
      ("zstd -1 -T2 -q", "-dcT2"), ("zstd --ultra -22 --long=27 -q", "-dc"), ("lz4 -l -q", "-dc"),
      ("lzop -1", "-dc"), ("bzip2 -1", "-dc"),
    ] {
      let made = try Program.run(
        "sh", ["-c", "\(command) <plain >packed"], folder: folder.path)
      #expect(made.status == 0, "\(made.errorText)")
      let name = command.split(separator: " ")[0]
      let program = try start("/usr/bin/\(name)", argument, folder.path("packed"))
      let bytes = read(program)
      #expect(program.end() == 0, "\(command)")
      #expect(Data(bytes) == plain, "\(command)")
    }
  }

  @Test("is ended when its time is over, and can't fill the memory")
  func limits() throws {
    let folder = try TemporaryFolder()
    let path = try probe(folder)
    let input = try folder.write("input", "")
    let spinning = try start(path, "spin", input, seconds: 1)
    #expect(read(spinning).isEmpty)
    #expect(spinning.end() == 128 + SIGKILL)
    let greedy = try start(path, "allocate", input)
    #expect(read(greedy) == Array("limited\n".utf8))
    #expect(greedy.end() == 0)
  }

  @Test("is gone as soon as nobody reads on")
  func stopped() throws {
    let folder = try TemporaryFolder()
    let path = try probe(folder)
    let input = try folder.write("input", "")
    var process: pid_t = 0
    do {
      let program = try start(path, "sleep", input)
      var line: [UInt8] = []
      var byte: UInt8 = 0
      // Safe: one byte of room, one byte read.
      while unsafe CSystem.read(program.output, &byte, 1) == 1, byte != UInt8(ascii: "\n") {
        line.append(byte)
      }
      process = try #require(pid_t(String(decoding: line, as: UTF8.self)))
      #expect(kill(process, 0) == 0)
      _ = consume program
    }
    #expect(kill(process, 0) != 0 && errno == ESRCH)
  }

  @Test("goes with the thread that started it, whatever ends that")
  func orphaned() throws {
    let folder = try TemporaryFolder()
    let path = try probe(folder)
    let started = Mutex<pid_t>(0)
    let starter = Thread {
      var output: Int32 = -1
      // Safe: the texts are C strings for the call. Nobody closes the pipe: it is not what ends it.
      let file = unsafe system_open("/dev/null", O_RDONLY, 0)
      let process = unsafe system_start_filter(path, "sleep", file, 60, &output)
      started.withLock { $0 = process }
    }
    starter.start()
    #expect(Program.wait(upTo: 60) { started.withLock { $0 != 0 } })
    #expect(system_end_filter(started.withLock { $0 }) == 128 + SIGKILL)
  }

  @Test("is not looked for on PATH, and one that isn't there is named")
  func path() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path("bin"), withIntermediateDirectories: false)
    try folder.write(
      "bin/gzip", "#!/bin/sh\ntouch \(folder.path("called"))\nexec /usr/bin/gzip \"$@\"\n")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: folder.path("bin/gzip"))
    let made = try Program.run(
      "sh",
      [
        "-c",
        "mkdir tree && cd tree && echo x >x && find . | cpio --quiet -o -H newc | gzip -n >../image",
      ],
      folder: folder.path)
    #expect(made.status == 0, "\(made.errorText)")
    let result = try Program.run(
      Repository.product("latchkey"), ["initramfs", "check", folder.path("image")],
      environment: ["PATH": folder.path("bin")])
    #expect(result.text.contains("image"), "\(result.text)\(result.errorText)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("called")))
  }
}
