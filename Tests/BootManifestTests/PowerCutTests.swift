import BootManifest
import Foundation
import Synchronization
import Testing

@Suite("Cuts of power")
struct PowerCutTests {
  let boot: TestBoot
  let signer: TestSigner
  let trusted: TrustedSigners
  static let now = TestSigner.born + 1000

  /// A /boot that was signed, and had its kernel changed since.
  init() throws {
    boot = try TestBoot()
    signer = try TestSigner()
    trusted = signer.trusted
    try boot.sign(by: signer)
    try boot.save(as: "old")
    try boot.write("vmlinuz-6.1", "another kernel")
    try boot.save(as: "before")
  }

  /// Which signature stands, whatever the files it is about are like.
  private func standing() throws -> UInt32? { try boot.verify(by: signer).signedBy?.time }

  private func pending() throws -> [String] { try boot.names.filter { $0.hasSuffix(".new") } }

  /// That what a cut left is the old set, the new one, or repairable to it without a key; and that
  /// cutting the repair as well changes nothing about that.
  private func checkState(_ comment: Comment, seen: inout Set<[[UInt8]]>) throws -> String {
    let before = try standing()
    var files: [[UInt8]] = []
    for name in try boot.names where name.hasPrefix("kexec") {
      files += [Array(name.utf8), try boot.read(name)]
    }
    let state = before == nil ? "repairable" : before == TestSigner.born + 100 ? "old" : "new"
    guard seen.insert(files).inserted else { return state }
    let wasPending = try !boot.opened().pendingFiles().isEmpty
    try boot.save(as: "cut")
    let repaired = try boot.opened().repair(trusted: trusted, now: Self.now)
    let after = try standing()
    #expect(after != nil, comment)
    #expect(try pending().isEmpty, comment)
    #expect(try boot.opened().repair(trusted: trusted, now: Self.now) == .nothing, comment)
    if after == TestSigner.born + 200 { #expect(try boot.verify(by: signer).holds, comment) }
    switch repaired {
    case .nothing: #expect(!wasPending && before == after, comment)
    case .completed(let by): #expect(by.time == TestSigner.born + 200 && after == by.time, comment)
    case .removed: #expect(before == after && after == TestSigner.born + 100, comment)
    }
    // The repair, cut in turn at each of its calls.
    for number in 0..<40 {
      for last in PowerCut.Last.allCases {
        try boot.restore("cut")
        let cut = PowerCut(at: number, last)
        if (try? boot.opened(cut.calls).repair(trusted: trusted, now: Self.now)) != nil {
          return state
        }
        _ = try boot.opened().repair(trusted: trusted, now: Self.now)
        #expect(try standing() != nil, "\(comment), its repair cut at \(cut.names.last ?? "")")
        #expect(try pending().isEmpty, comment)
      }
    }
    Issue.record("a repair without an end")
    return ""
  }

  @Test("leave the old set, the new one, or one that is repaired without a key")
  func everyCall() throws {
    var states: [String: Int] = [:]
    var seen: Set<[[UInt8]]> = []
    var ended = false
    for number in 0..<200 where !ended {
      for last in PowerCut.Last.allCases {
        try boot.restore("before")
        let cut = PowerCut(at: number, last)
        do {
          try boot.sign(by: signer, at: TestSigner.born + 200, calls: cut.calls)
          ended = true
          break
        } catch {
          let state = try checkState(
            "\(last) at call \(number): \(cut.names.last ?? "")", seen: &seen)
          states[state, default: 0] += 1
        }
      }
    }
    #expect(ended)
    #expect(try boot.verify(by: signer).holds)
    print("cuts of power while signing: \(states), 0 unbootable beyond repair")
    #expect(Set(states.keys) == ["old", "new", "repairable"])
  }

  @Test("the order: all else on the disk, each file, their folder, each name, kexec.sig's the last")
  func order() throws {
    let cut = PowerCut(at: .max - 1, .done)
    try boot.sign(by: signer, at: TestSigner.born + 200, calls: cut.calls)
    let names = ["kexec_hashes.txt", "kexec_tree.txt", "kexec_latchkey.txt", "kexec.sig"]
    var expected = ["sync all"]
    for name in names { expected += ["create \(name).new", "sync"] }
    expected.append("sync")
    for name in names { expected.append("rename \(name)") }
    expected.append("sync")
    #expect(cut.names.filter { $0 != "write" } == expected)
  }

  @Test("a signing does not touch what another is at")
  func busy() throws {
    let folder = try boot.opened()
    let draft = try folder.draft(folder.hash(folder.scan()), dialect: .relative)
    let signature = try signer.sign(draft.signedBytes, at: TestSigner.born + 200)
    let trusted = trusted
    let other = Mutex<BootError?>(nil)
    var calls = FileCalls.kernel
    calls.syncAll = { descriptor in
      do throws(BootError) {
        _ = try folder.write(
          draft, signature: signature, trusted: trusted, now: Self.now)
      } catch {
        other.withLock { $0 = error }
      }
      return FileCalls.kernel.syncAll(descriptor)
    }
    try boot.sign(by: signer, at: TestSigner.born + 200, calls: calls)
    #expect(other.withLock { $0 } == .busy)
    #expect(try boot.verify(by: signer).holds)
  }

  @Test("any subset of the renames, in whatever order the disk took them, is repaired")
  func reordered() throws {
    let names = ["kexec_hashes.txt", "kexec_tree.txt", "kexec_latchkey.txt", "kexec.sig"]
    try boot.sign(by: signer, at: TestSigner.born + 200)
    let new = try names.map { try boot.read($0) }
    var seen: Set<[[UInt8]]> = []
    for subset in 0..<16 {
      for isGone in [false, true] {
        try boot.restore("before")
        for (index, name) in names.enumerated() {
          if subset >> index & 1 == 1 {
            try boot.write(name, new[index])
          } else {
            try boot.write(name + ".new", new[index])
            // On FAT the old name may have gone already.
            if isGone { try boot.remove(name) }
          }
        }
        _ = try checkState("renamed: \(subset), gone: \(isGone)", seen: &seen)
        _ = try boot.opened().repair(trusted: trusted, now: Self.now)
        #expect(try boot.verify(by: signer).holds)
      }
    }
  }

  @Test("what was never synced may be there in part: the old set stays, the rest is removed")
  func unsynced() throws {
    let names = ["kexec_hashes.txt", "kexec_tree.txt", "kexec_latchkey.txt", "kexec.sig"]
    try boot.sign(by: signer, at: TestSigner.born + 200)
    let new = try names.map { try boot.read($0) }
    for subset in 1..<81 {
      // Each file: not there, empty, or whole; all four whole is another test.
      var digits = subset
      var whole = 0
      try boot.restore("before")
      for (index, name) in names.enumerated() {
        if digits % 3 == 1 { try boot.write(name + ".new", "") }
        if digits % 3 == 2 {
          try boot.write(name + ".new", new[index])
          whole += 1
        }
        digits /= 3
      }
      let repaired = try boot.opened().repair(trusted: trusted, now: Self.now)
      let standing = try standing()
      // The tree is as before, so the new set may be whole without its file.
      if case .completed(let by) = repaired {
        // Or the old tree in its own place.
        #expect(by.time == standing)
        #expect(whole >= 3 || standing == TestSigner.born + 100)
      } else {
        #expect(standing == TestSigner.born + 100)
      }
      #expect(try pending().isEmpty)
    }
  }

  @Test("leftovers do not bring back an older set than the one that is there")
  func olderLeftovers() throws {
    let names = ["kexec_hashes.txt", "kexec_tree.txt", "kexec_latchkey.txt", "kexec.sig"]
    let old = try names.map { try boot.read($0) }
    try boot.sign(by: signer, at: TestSigner.born + 200)
    for (name, bytes) in zip(names, old) { try boot.write(name + ".new", bytes) }
    #expect(
      try boot.opened().repair(trusted: trusted, now: Self.now)
        == .removed(names.sorted().map { EscapedName($0 + ".new") }))
    #expect(try boot.verify(by: signer).holds)
  }

  @Test("leftovers older than what was accepted are removed even where no set stands")
  func rememberedLeftovers() throws {
    let memory = SignatureMemory(folder: boot.folder + "/memory", boot: boot.path)
    let names = ["kexec_hashes.txt", "kexec_tree.txt", "kexec_latchkey.txt", "kexec.sig"]
    let old = try names.map { try boot.read($0) }
    try memory.accept(boot.sign(by: signer, at: TestSigner.born + 200))
    for (name, bytes) in zip(names, old) {
      try boot.remove(name)
      try boot.write(name + ".new", bytes)
    }
    let repaired = try boot.opened().repair(trusted: trusted, now: Self.now, memory: memory)
    #expect(repaired == .removed(names.sorted().map { EscapedName($0 + ".new") }))
  }

  @Test("links in place of leftovers are removed, not followed")
  func linkedLeftovers() throws {
    try boot.link("kexec_hashes.txt.new", to: "../victim")
    try boot.write("../victim", "precious")
    try boot.sign(by: signer, at: TestSigner.born + 200)
    #expect(try boot.read("../victim") == Array("precious".utf8))
    #expect(try boot.verify(by: signer).holds)
  }
}
