import BootManifest
import Foundation
import Testing

/// Heads' own files that a signing renews, as part of the set.
@Suite("Renewed files of Heads")
struct RenewalTests {
  let boot: TestBoot
  let signer: TestSigner
  static let now = TestSigner.born + 1000
  private let renewals: [Renewal] = [
    .defaultHashes(Array("new hashes\n".utf8)),
    .defaultEntry(number: 2, line: Array("new line\n".utf8)),
    .headerHashes(Array("new header\n".utf8)),
    .defaultEntry(number: 1, line: nil),
  ]
  private let kept = [
    "kexec_rollback.txt", "kexec_key_devices.txt", "kexec_key_lvm.txt", "kexec_root_hashes.txt",
    "kexec_primhdl_hash.txt", "kexec_initrd_crypttab_overrides.txt", "kexec_other.txt",
  ]

  init() throws {
    boot = try TestBoot()
    signer = try TestSigner()
    for name in kept { try boot.write(name, "what \(name) has") }
    try boot.write("kexec_default.1.txt", "old line\n")
    try boot.write("kexec_default_hashes.txt", "old hashes\n")
    try boot.write("kexec_lukshdr_hash.txt", "old header\n")
    try boot.sign(by: signer)
    try boot.save(as: "old")
  }

  private func renew(
    _ calls: FileCalls = .kernel, at time: UInt32 = TestSigner.born + 200
  ) throws {
    let folder = try boot.opened(calls)
    let draft = try folder.draft(
      folder.hash(folder.scan()), dialect: .relative, renewals: renewals)
    _ = try folder.write(
      draft, signature: try signer.sign(draft.signedBytes, at: time), trusted: signer.trusted,
      now: time)
  }

  private func expectNew(_ comment: Comment = "") throws {
    #expect(try boot.verify(by: signer).holds, comment)
    #expect(try boot.read("kexec_default.2.txt") == Array("new line\n".utf8), comment)
    #expect(try boot.read("kexec_default_hashes.txt") == Array("new hashes\n".utf8), comment)
    #expect(try boot.read("kexec_lukshdr_hash.txt") == Array("new header\n".utf8), comment)
    #expect(!boot.exists("kexec_default.1.txt"), comment)
  }

  @Test(
    "are written and removed with the set; all others stay byte for byte, and Heads' check holds")
  func written() throws {
    let before = try kept.map { try boot.read($0) }
    try renew()
    try expectNew()
    #expect(try kept.map { try boot.read($0) } == before)
    #expect(try !boot.names.contains { $0.hasSuffix(".new") || $0.hasSuffix(".gone") })
  }

  @Test(
    "cut at any call: all old, all new, or all of the new waits; the next signing makes all new")
  func cuts() throws {
    var ended = false
    var seen: Set<String> = []
    for number in 0..<200 where !ended {
      for last in PowerCut.Last.allCases {
        try boot.restore("old")
        let cut = PowerCut(at: number, last)
        do {
          try renew(cut.calls)
          ended = true
          break
        } catch {
          let comment: Comment = "\(last) at \(cut.names.last ?? "")"
          let folder = try boot.opened()
          let waiting = try folder.verifyWaiting(
            folder.hash(folder.scan()), trusted: signer.trusted, now: Self.now)
          switch try boot.verify(by: signer).signedBy?.time {
          case TestSigner.born + 100:
            #expect(try boot.verify(by: signer).holds, comment)
            #expect(boot.exists("kexec_default.1.txt"), comment)
            #expect(!boot.exists("kexec_default.2.txt"), comment)
            seen.insert("old")
          case TestSigner.born + 200:
            try expectNew(comment)
            seen.insert("new")
          default:
            #expect(waiting?.holds == true, comment)
            seen.insert("waiting")
          }
          try renew(at: TestSigner.born + 300)
          try expectNew(comment)
          #expect(
            try !boot.names.contains { $0.contains(".new") || $0.contains(".gone") }, comment)
        }
      }
    }
    #expect(ended && seen == ["old", "new", "waiting"])
  }

  @Test("a mark that says that a file goes, without a set that it belongs to, takes nothing away")
  func strayMark() throws {
    try boot.write("kexec_default.1.txt.gone", "")
    try boot.write("kexec_rollback.txt.gone", "")
    try boot.sign(by: signer, at: TestSigner.born + 200)
    #expect(boot.exists("kexec_default.1.txt") && boot.exists("kexec_rollback.txt"))
    #expect(!boot.exists("kexec_default.1.txt.gone"))
  }

  @Test("what changes a file that is to be renewed while the PIN is typed stops the signing")
  func changedMeanwhile() throws {
    let folder = try boot.opened()
    let draft = try folder.draft(
      folder.hash(folder.scan()), dialect: .relative, renewals: renewals)
    try boot.write("kexec_default.1.txt", "somebody's choice\n")
    let time = TestSigner.born + 200
    let signature = try signer.sign(draft.signedBytes, at: time)
    #expect(throws: BootError.changedMeanwhile(named("kexec_default.1.txt"))) {
      try folder.write(draft, signature: signature, trusted: signer.trusted, now: time)
    }
  }

  @Test("hashes of LUKS headers are read with their devices, and written as they were")
  func headerHashes() throws {
    let digest = String(repeating: "ab", count: 32)
    func parsed(_ hashes: String, _ devices: String) -> HeaderHashes? {
      HeaderHashes(parsing: Array(hashes.utf8), devices: Array(devices.utf8))
    }
    let hashes = "\(digest)  /tmp/lukshdr-_dev_sda2\n\(digest)  /tmp/lukshdr-_dev_sdb1\n"
    let devices = "/dev/sdb1 two\n/dev/sda2 one\n"
    let both = try #require(parsed(hashes, devices))
    #expect(both.entries.map(\.device) == ["/dev/sda2", "/dev/sdb1"].map { Array($0.utf8) })
    #expect(both.entries.map(\.uuid) == ["one", "two"].map { Array($0.utf8) })
    #expect(both.bytes == Array(hashes.utf8))
    for (hashes, devices) in [
      ("", "/dev/sda2 one\n"), (hashes, "/dev/sda2 one\n"), (hashes, devices + "/dev/sdc three\n"),
      (hashes, ""), (hashes, "/dev/sda2\n/dev/sdb1 two\n"), (String(hashes.dropLast()), devices),
      (hashes.uppercased(), devices), (hashes + hashes, devices),
      (hashes, devices.replacingOccurrences(of: "/dev/sdb1", with: "/dev_sda2")),
    ] { #expect(parsed(hashes, devices) == nil, "\(hashes) \(devices)") }
  }
}
