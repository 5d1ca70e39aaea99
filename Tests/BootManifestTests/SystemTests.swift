import BootManifest
import Foundation
import Testing

/// Two systems, each with a /boot and a memory, and one key for both.
@Suite("Which system a set is for")
struct SystemTests {
  let boot: TestBoot
  let signer: TestSigner
  static let a = SignedSystem(id: [UInt8](repeating: 0xA1, count: 16), name: Array("desk".utf8))
  static let b = SignedSystem(
    id: [UInt8](repeating: 0xB2, count: 16), name: Array("lap top\u{1B}[2J".utf8))

  init() throws {
    boot = try TestBoot()
    signer = try TestSigner()
  }

  private func memory(of system: SignedSystem?, _ name: String) -> SignatureMemory {
    SignatureMemory(folder: boot.folder + "/" + name, boot: boot.path, system: system?.id)
  }

  /// What `sign` does, as that system.
  @discardableResult
  private func sign(
    _ time: UInt32, as system: SignedSystem?, _ memory: SignatureMemory, to target: TestBoot? = nil
  ) throws -> [SignedSystem] {
    let boot = target ?? boot
    let verdict = try boot.verify(by: signer, memory: memory)
    let systems = [SignedSystem].next(
      for: system, after: verdict, remembered: try memory.last())
    let by = try boot.sign(
      by: signer, at: TestSigner.born + time, memory: memory, systems: systems)
    try memory.accept(by)
    return systems
  }

  private func verify(_ memory: SignatureMemory) throws -> BootVerdict {
    let verdict = try boot.verify(by: signer, memory: memory)
    if verdict.holds, let by = verdict.signedBy { try memory.accept(by) }
    return verdict
  }

  @Test("a whole /boot of another system, signed later by the same key, is named as that")
  func another() throws {
    let memory = memory(of: Self.a, "a")
    try sign(100, as: Self.a, memory)
    let other = try TestBoot()
    try other.write("vmlinuz-6.1", "another kernel")
    let elsewhere = SignatureMemory(
      folder: other.folder + "/b", boot: other.path, system: Self.b.id)
    for dialect in Dialect.allCases {
      let by = try other.sign(
        by: signer, at: TestSigner.born + 200, dialect: dialect, systems: [Self.b])
      try elsewhere.accept(by)
      try run("rm -rf \"$1\" && cp -a \"$2\" \"$1\"", boot.path, other.path).succeed()
      #expect(try verify(memory) == .otherSystem(by))
      #expect(by.systems == [Self.b])
    }
    // Its lists and record alone, over our files.
    try sign(300, as: Self.a, memory)
    for name in ["kexec_hashes.txt", "kexec_tree.txt", "kexec_latchkey.txt", "kexec.sig"] {
      try boot.write(name, other.read(name))
    }
    #expect(try !verify(memory).holds)
  }

  @Test("a set without the record, or of an older Latchkey, is no longer this system's")
  func unmarked() throws {
    let memory = memory(of: Self.a, "a")
    try sign(100, as: Self.a, memory)
    for (time, systems) in [(200, true), (300, false)] as [(UInt32, Bool)] {
      if systems {
        try boot.remove("kexec_latchkey.txt")
        try Heads.sign(boot, by: signer, at: TestSigner.born + time)
      } else {
        try boot.sign(by: signer, at: TestSigner.born + time)
      }
      guard case .otherSystem(let by) = try verify(memory) else {
        Issue.record("accepted")
        continue
      }
      #expect(by.systems.isEmpty)
    }
  }

  @Test("what the firmware signs again with the record that is there stays this system's")
  func firmware() throws {
    let memory = memory(of: Self.a, "a")
    try sign(100, as: Self.a, memory)
    try boot.write("vmlinuz-6.1", "a newer kernel")
    try Heads.sign(boot, by: signer, at: TestSigner.born + 200)
    guard case .signed(let by, .stale, []) = try verify(memory) else {
      Issue.record("not accepted")
      return
    }
    #expect(by.systems == [Self.a])
    #expect(try memory.last()?.own == Self.a.id)
  }

  @Test("two systems that share a /boot never alarm each other, however they take turns")
  func shared() throws {
    let a = memory(of: Self.a, "a")
    let b = memory(of: Self.b, "b")
    for order in [[0, 1], [1, 0], [0, 0, 1, 1, 0], [1, 0, 0, 1], [0, 1, 0, 1, 1]] {
      try run("rm -rf \"$1/a\" \"$1/b\" \"$2\"/kexec*", boot.folder, boot.path).succeed()
      var time: UInt32 = 100
      for turn in order {
        try boot.write("vmlinuz-6.1", "a kernel \(time)")
        try sign(time, as: turn == 0 ? Self.a : Self.b, turn == 0 ? a : b)
        time += 100
        #expect(try verify(a).holds && verify(b).holds, "\(order) at \(time)")
      }
    }
  }

  @Test("not even where the set was taken away, changed or put back in between")
  func sharedAndBroken() throws {
    let a = memory(of: Self.a, "a")
    let b = memory(of: Self.b, "b")
    try sign(100, as: Self.a, a)
    try sign(200, as: Self.b, b)
    #expect(try verify(a).holds)
    for (number, damage) in [
      "rm \"$1\"/kexec*", "rm \"$1/kexec.sig\"", "touch \"$1/kexec_other.txt\"",
      "printf X >>\"$1/kexec_latchkey.txt\"",
    ].enumerated() {
      try run(damage, boot.path).succeed()
      try sign(300 + 100 * UInt32(number), as: Self.b, b)
      try? boot.remove("kexec_other.txt")
      try sign(350 + 100 * UInt32(number), as: Self.b, b)
      #expect(try verify(a).holds && verify(b).holds, "\(damage)")
    }
  }

  @Test("a system that was installed anew has no memory, and accepts what it finds, by its name")
  func reinstalled() throws {
    try sign(100, as: Self.a, memory(of: Self.a, "a"))
    let fresh = memory(of: Self.b, "b")
    let verdict = try verify(fresh)
    #expect(verdict.holds && verdict.signedBy?.systems == [Self.a])
    #expect(try fresh.last()?.own == nil)
    #expect(try sign(200, as: Self.b, fresh) == [Self.b, Self.a])
    #expect(try fresh.last()?.own == Self.b.id)
  }

  @Test("a disk that moved, or a new machine-id: another id, no alarm; its own former one goes")
  func moved() throws {
    try sign(100, as: Self.a, memory(of: Self.a, "a"))
    // The same /var/lib/latchkey, another id.
    let moved = memory(of: Self.b, "a")
    #expect(try verify(moved).holds)
    #expect(try sign(200, as: Self.b, moved) == [Self.b])
    #expect(try verify(moved).holds)
    // Cut between the writing and the remembering.
    let back = memory(of: Self.a, "a")
    try boot.sign(by: signer, at: TestSigner.born + 300, systems: [Self.a])
    #expect(try verify(back).holds)
  }

  @Test("of two machines cloned from one image, each takes the other's /boot for another system's")
  func cloned() throws {
    try sign(100, as: Self.a, memory(of: Self.a, "a"))
    try run("cp -a \"$1/a\" \"$1/b\"", boot.folder).succeed()
    try boot.save(as: "first")
    try sign(200, as: Self.b, memory(of: Self.b, "b"))
    #expect(throws: Never.self) { try boot.verify(by: signer) }
    guard case .otherSystem = try verify(memory(of: Self.a, "a")) else {
      Issue.record("the clone's /boot passed")
      return
    }
  }

  @Test("a memory and a set of before the ids are accepted, and learnt from")
  func former() throws {
    let memory = memory(of: Self.a, "a")
    let by = try boot.sign(by: signer)
    try memory.accept(by)
    let name = try #require(FileManager.default.contentsOfDirectory(atPath: memory.folder).first)
    let file = URL(filePath: memory.folder + "/" + name)
    let lines = String(decoding: try Data(contentsOf: file), as: UTF8.self).split(separator: "\n")
    #expect(lines[0] == "latchkey-memory 2" && lines.last == "own - 0")
    let old = (["latchkey-memory 1"] + lines[1..<4]).joined(separator: "\n") + "\n"
    try Data(old.utf8).write(to: file)
    #expect(try memory.last()?.time == by.time)
    #expect(try verify(memory).holds)
    try sign(200, as: Self.a, memory)
    #expect(try memory.last()?.own == Self.a.id)
    try Data("latchkey-memory 3\nwhatever\n".utf8).write(to: file)
    #expect(throws: BootError.newerMemory(EscapedName(name))) { try verify(memory) }
  }

  @Test("who confirms that another system's set is right carries its id on: no alarms to and fro")
  func confirmed() throws {
    let a = memory(of: Self.a, "a")
    let b = memory(of: Self.b, "b")
    try sign(100, as: Self.a, a)
    try run("rm \"$1\"/kexec*", boot.path).succeed()
    // B knows nothing of A.
    try sign(200, as: Self.b, b)
    #expect(try verify(a) == .otherSystem(#require(boot.verify(by: signer).signedBy)))
    #expect(try sign(300, as: Self.a, a) == [Self.a, Self.b])
    #expect(try verify(a).holds && verify(b).holds)
  }

  @Test("an older set of this system stays an older one")
  func rollback() throws {
    let memory = memory(of: Self.a, "a")
    try sign(100, as: Self.a, memory)
    try boot.save(as: "old")
    try sign(200, as: Self.a, memory)
    try boot.restore("old")
    guard case .older = try verify(memory) else {
      Issue.record("accepted")
      return
    }
  }

  @Test("ids that are doubled, malformed, too many, or of a newer version: the set is no list")
  func malformed() throws {
    let memory = memory(of: Self.a, "a")
    try sign(100, as: Self.a, memory)
    let text = String(decoding: try boot.read("kexec_latchkey.txt"), as: UTF8.self)
    let line = "system \(String(repeating: "a1", count: 16)) desk\n"
    #expect(text.contains("latchkey-types 2\n" + line))
    for (isStale, problem, changed) in [
      (false, .doubled, text.replacing(line, with: line + line)),
      (true, .doubled, text.replacing(line, with: line + line)),
      (false, .badLine, text.replacing(line, with: "system a1 desk\n")),
      (true, .badLine, text.replacing(line, with: "system a1 desk\n")),
      (true, .unknownVersion, text.replacing("types 2", with: "types 3")),
      (
        true, .tooMany,
        text.replacing(line, with: (0..<100_000).map { ListTests.system($0, "-") }.joined())
      ),
    ] as [(Bool, ListError.Problem, String)] {
      try boot.write("kexec_latchkey.txt", changed)
      if isStale { try boot.write("vmlinuz-6.1", "kernel \(problem)") }
      if isStale { try Heads.makeLists(boot) }
      try boot.write(
        "kexec.sig",
        signer.sign(Heads.signedBytes(boot, .relative), at: TestSigner.born + 200))
      guard case .malformed(_, let error) = try verify(memory) else {
        Issue.record("\(problem) passed")
        continue
      }
      #expect(error.problem == problem && error.file == EscapedName("kexec_latchkey.txt"))
    }
  }

  @Test("no more than 32 systems are carried on, the newest first")
  func bounded() throws {
    let memory = memory(of: Self.a, "a")
    let many = (0..<32).map {
      SignedSystem(id: [UInt8](repeating: UInt8($0), count: 16), name: nil)
    }
    try boot.sign(by: signer, systems: many)
    let next = try sign(200, as: Self.a, memory)
    #expect(next == [Self.a] + many.dropLast())
    #expect(try verify(memory).holds)
  }

  @Test("the id shows neither the machine-id nor the secret, and differs with either")
  func ownSystem() throws {
    let own = try OwnSystem()
    let machine = Array("0123456789abcdef0123456789abcdef".utf8)
    let id = try own.id(machineID: machine, boardUUID: [])
    #expect(id.count == 16)
    #expect(try id == OwnSystem(parsing: own.bytes.span).id(machineID: machine, boardUUID: []))
    #expect(try id != own.id(machineID: [], boardUUID: machine))
    #expect(try id != own.id(machineID: machine, boardUUID: [1]))
    #expect(try id != OwnSystem().id(machineID: machine, boardUUID: []))
    for length in 0..<own.bytes.count {
      #expect(throws: OwnSystem.Fault.damaged) {
        try OwnSystem(parsing: Array(own.bytes[..<length]).span)
      }
    }
    #expect(throws: OwnSystem.Fault.newer) {
      try OwnSystem(parsing: Array("latchkey-system 2\nx".utf8).span)
    }
  }
}
