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

  /// What there would be if the files that wait had taken their place.
  private func waiting(memory: SignatureMemory? = nil) throws -> BootVerdict? {
    let folder = try boot.opened()
    return try folder.verifyWaiting(
      folder.hash(folder.scan()), trusted: trusted, now: Self.now, memory: memory)
  }

  private func pending() throws -> [String] { try boot.opened().pendingFiles().map(\.description) }

  /// That a cut left the old set, the new one, or all files of one that holds for /boot as it is, some of
  /// them waiting; that the next signing makes it good; and that cutting that one changes nothing of it.
  private func checkState(_ comment: Comment, seen: inout Set<[[UInt8]]>) throws -> String {
    let before = try standing()
    var files: [[UInt8]] = []
    for name in try boot.names where name.hasPrefix("kexec") {
      files += [Array(name.utf8), try boot.read(name)]
    }
    let state = before == nil ? "waiting" : before == TestSigner.born + 100 ? "old" : "new"
    #expect(try before != nil || waiting()?.holds == true, comment)
    guard seen.insert(files).inserted else { return state }
    try boot.save(as: "cut")
    for number in 0..<60 {
      for last in PowerCut.Last.allCases {
        try boot.restore("cut")
        let cut = PowerCut(at: number, last)
        if (try? boot.sign(by: signer, at: TestSigner.born + 300, calls: cut.calls)) != nil {
          #expect(try boot.verify(by: signer).holds, comment)
          #expect(try standing() == TestSigner.born + 300, comment)
          // What could not be removed any more is no reason to say that the set is not signed.
          if try pending().isEmpty { return state }
        }
        let comment: Comment = "\(comment), the next signing cut at \(cut.names.last ?? "")"
        #expect(try standing() != nil || waiting()?.holds == true, comment)
        try boot.sign(by: signer, at: TestSigner.born + 400)
        #expect(try boot.verify(by: signer).holds, comment)
        #expect(try pending().isEmpty, comment)
      }
    }
    Issue.record("a signing without an end")
    return ""
  }

  @Test("leave the old set, the new one, or all of the new one for the next signing to end")
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
    print("cuts of power while signing: \(states), 0 that the next signing does not end")
    #expect(Set(states.keys) == ["old", "new", "waiting"])
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

  @Test("any subset of the renames, in whatever order the disk took them, leaves all of a set")
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
      }
    }
  }

  @Test("what was never synced may be there in part: the old set stands until the next is in place")
  func unsynced() throws {
    let names = ["kexec_hashes.txt", "kexec_tree.txt", "kexec_latchkey.txt", "kexec.sig"]
    try boot.sign(by: signer, at: TestSigner.born + 200)
    let new = try names.map { try boot.read($0) }
    for subset in 1..<81 {
      // Each file: not there, empty, or whole.
      var digits = subset
      try boot.restore("before")
      for (index, name) in names.enumerated() {
        if digits % 3 == 1 { try boot.write(name + ".new", "") }
        if digits % 3 == 2 { try boot.write(name + ".new", new[index]) }
        digits /= 3
      }
      #expect(try standing() == TestSigner.born + 100)
      try boot.sign(by: signer, at: TestSigner.born + 300)
      #expect(try boot.verify(by: signer).holds)
      #expect(try pending().isEmpty)
    }
  }

  /// Leftovers that must never count as the set they say they are.
  private func leave(_ set: [String: [UInt8]]) throws {
    for (name, bytes) in set { try boot.write(name + ".new", bytes) }
  }

  private func set() throws -> [String: [UInt8]] {
    var set: [String: [UInt8]] = [:]
    for name in ["kexec_hashes.txt", "kexec_tree.txt", "kexec_latchkey.txt", "kexec.sig"] {
      set[name] = try boot.read(name)
    }
    return set
  }

  @Test("leftovers older than what was accepted do not count, even where no set stands")
  func olderLeftovers() throws {
    let memory = SignatureMemory(folder: boot.folder + "/memory", boot: boot.path)
    let old = try set()
    try memory.accept(boot.sign(by: signer, at: TestSigner.born + 200))
    try leave(old)
    #expect(try waiting(memory: memory) == nil)
    for name in old.keys { try boot.remove(name) }
    #expect(try waiting(memory: memory) == nil)
    #expect(try !boot.verify(by: signer, memory: memory).holds)
  }

  @Test("leftovers of another system's set, or by a stranger, never count nor take a place")
  func foreignLeftovers() throws {
    let id = [UInt8](repeating: 7, count: 16)
    let memory = SignatureMemory(folder: boot.folder + "/memory", boot: boot.path, system: id)
    try memory.accept(
      boot.sign(
        by: signer, at: TestSigner.born + 150, systems: [SignedSystem(id: id, name: nil)]))
    let good = try set()
    let other = try TestBoot()
    try other.write("vmlinuz-6.1", "another kernel")
    for signer in [signer, try TestSigner()] {
      try other.sign(
        by: signer, at: TestSigner.born + 200,
        systems: [SignedSystem(id: [UInt8](repeating: 9, count: 16), name: Array("b".utf8))])
      for name in good.keys { try boot.write(name + ".new", other.read(name)) }
      #expect(try waiting(memory: memory) == nil)
      #expect(try boot.verify(by: self.signer, memory: memory).holds)
      #expect(try set() == good)
    }
    try boot.sign(by: signer, at: TestSigner.born + 300)
    #expect(try pending().isEmpty)
  }

  @Test("a whole set that waits, but not for /boot as it is, is shown with what differs")
  func otherContent() throws {
    try boot.sign(by: signer, at: TestSigner.born + 200)
    let new = try set()
    try boot.restore("old")
    try leave(new)
    for name in new.keys { try boot.remove(name) }
    let verdict = try waiting()
    #expect(verdict?.holds == false && verdict?.signedBy?.time == TestSigner.born + 200)
  }

  @Test("a folder in a waiting file's place is named before anything is signed or written")
  func folder() throws {
    try boot.write("kexec_hashes.txt.new/x", "")
    let names = try boot.names
    #expect(throws: BootError.notRegular(EscapedName("kexec_hashes.txt.new"))) {
      let folder = try boot.opened()
      return try folder.draft(folder.hash(folder.scan()), dialect: .relative)
    }
    #expect(try boot.names == names)
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
