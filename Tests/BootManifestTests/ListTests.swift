import BootManifest
import Foundation
import Testing

/// Bytes of a list, and why they are refused; nil if they are not.
struct ListCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let bytes: [UInt8]
  let problem: ListError.Problem?
  let entry: Int

  init(_ name: String, _ text: String, _ problem: ListError.Problem?, at entry: Int = 0) {
    testDescription = name
    bytes = Array(text.utf8)
    self.problem = problem
    self.entry = entry
  }
}

private let digest = String(repeating: "0a", count: 32)

@Suite("Lists")
struct ListTests {
  static let hashes: [ListCase] = [
    ListCase("one line", "\(digest)  ./a\n", nil),
    ListCase("spaces, quotes and a dash", "\(digest)  ./a b'$(c)\"\n\(digest)  ./-n\n", nil),
    ListCase("nothing", "", nil),
    ListCase("a doubled entry", "\(digest)  ./a\n\(digest)  ./a\n", .doubled, at: 2),
    ListCase("in no order", "\(digest)  ./b\n\(digest)  ./a\n", nil),
    ListCase(
      "doubled in no order", ["b", "a", "c", "b", "a"].map { "\(digest)  ./\($0)\n" }.joined(),
      .doubled, at: 4),
    ListCase(
      "doubled, and then no line", "\(digest)  ./a\n\(digest)  ./a\n# hashes\n", .doubled, at: 2),
    ListCase("an absolute path", "\(digest)  /etc/passwd\n", .notRelative, at: 1),
    ListCase("a bare name", "\(digest)  vmlinuz\n", .notRelative, at: 1),
    ListCase("a way out", "\(digest)  ./../etc/passwd\n", .dots, at: 1),
    ListCase("a way out and back", "\(digest)  ./a/../b\n", .dots, at: 1),
    ListCase("a dot", "\(digest)  ././a\n", .dots, at: 1),
    ListCase("two slashes", "\(digest)  .//a\n", .dots, at: 1),
    ListCase("a slash at the end", "\(digest)  ./a/\n", .dots, at: 1),
    ListCase("/boot itself", "\(digest)  ./\n", .dots, at: 1),
    ListCase("CR LF", "\(digest)  ./a\r\n", .carriageReturn, at: 1),
    ListCase("no end", "\(digest)  ./a\n\(digest)  ./b", .unterminated, at: 2),
    ListCase("a blank line", "\(digest)  ./a\n\n", .badLine, at: 2),
    ListCase("a short hash", "\(digest.dropLast())  ./a\n", .badLine, at: 1),
    ListCase("capitals", "\(digest.uppercased())  ./a\n", .badLine, at: 1),
    ListCase("one space", "\(digest) ./a\n", .badLine, at: 1),
    ListCase("the binary mark", "\(digest) *./a\n", .badLine, at: 1),
    ListCase("sha256sum's escape", "\\\(digest)  ./a\\nb\n", .badLine, at: 1),
    ListCase("a backslash", "\(digest)  ./a\\b\n", .forbiddenByte, at: 1),
    ListCase("a tab", "\(digest)  ./a\tb\n", .forbiddenByte, at: 1),
    ListCase("a zero byte", "\(digest)  ./a\0b\n", .forbiddenByte, at: 1),
    ListCase("not ASCII", "\(digest)  ./ä\n", .forbiddenByte, at: 1),
    ListCase("what Heads leaves out", "\(digest)  ./kexec.d/x\n", .leftOut, at: 1),
    ListCase("a comment", "# hashes\n", .badLine, at: 1),
  ]

  @Test("of hashes: each doubtful line is refused by its name", arguments: hashes)
  func hashList(_ list: ListCase) {
    #expect(
      problem { () throws(ListError) in try HashList(parsing: list.bytes.span) }
        == list.problem.map {
          ListError(file: EscapedName("kexec_hashes.txt"), entry: list.entry, problem: $0)
        })
  }

  static let trees: [ListCase] = [
    ListCase("/boot alone", "./\0", nil),
    ListCase("a tree", "./\0./a\0./a-b\0./a/b\0", nil),
    ListCase("nothing", "", .inconsistent),
    ListCase("without /boot itself", "./a\0", .inconsistent, at: 1),
    ListCase("a doubled entry", "./\0./a\0./a\0", .doubled, at: 3),
    ListCase("out of order", "./\0./b\0./a\0", .unsorted, at: 3),
    ListCase("/boot itself twice", "./\0./\0", .doubled, at: 2),
    ListCase("a way out", "./\0./..\0", .dots, at: 2),
    ListCase("an absolute path", "./\0/a\0", .notRelative, at: 2),
    ListCase("an empty name", "./\0\0", .notRelative, at: 2),
    ListCase("lines instead of names", "./\n./a\n", .unterminated, at: 1),
    ListCase("a newline", "./\0./a\nb\0", .forbiddenByte, at: 2),
    ListCase("CR", "./\0./a\r\0", .carriageReturn, at: 2),
    ListCase("no end", "./\0./a", .unterminated, at: 2),
    ListCase("what Heads leaves out", "./\0./kexec.sig\0", .leftOut, at: 2),
  ]

  @Test("of names: each doubtful name is refused by its name", arguments: trees)
  func treeList(_ list: ListCase) {
    #expect(
      problem { () throws(ListError) in try TreeList(parsing: list.bytes.span) }
        == list.problem.map {
          ListError(file: EscapedName("kexec_tree.txt"), entry: list.entry, problem: $0)
        })
  }

  static let head = """
    \(digest)  kexec_hashes.txt
    \(digest)  kexec_tree.txt
    latchkey-types 1\n
    """

  static let second = head.replacing("types 1", with: "types 2")

  static func system(_ number: Int, _ name: String) -> String {
    let digits = String(number, radix: 16)
    return "system " + String(repeating: "0", count: 32 - digits.count) + digits + " \(name)\n"
  }

  static let types: [ListCase] = [
    ListCase("no entry", head, nil),
    ListCase(
      "each type",
      head
        + "d 755 ./\nb 660 ./b\nc 660 ./c\nf 0 ./f\nl - ./l ../to\\x20there\np 4755 ./p\ns - ./s\n",
      nil),
    ListCase("a file Heads leaves out", head + "f 600 ./kexec-x \(digest)\n", nil),
    ListCase("nothing", "", .badLine),
    ListCase(
      "no version", "\(digest)  kexec_hashes.txt\n\(digest)  kexec_tree.txt\n", .badLine, at: 2),
    ListCase(
      "another version", head.replacing("types 1", with: "types 3"), .unknownVersion, at: 3),
    ListCase(
      "the first lines turned round", head.replacing("hashes", with: "tree"), .badLine, at: 1),
    ListCase("CR LF", head.replacing("\n", with: "\r\n"), .carriageReturn, at: 1),
    ListCase("CR LF at an entry", head + "f 600 ./a\r\n", .carriageReturn, at: 4),
    ListCase("an unknown type", head + "x 600 ./a\n", .badLine, at: 4),
    ListCase("a zero too many", head + "f 0600 ./a\n", .badLine, at: 4),
    ListCase("not octal", head + "f 8 ./a\n", .badLine, at: 4),
    ListCase("too many bits", head + "f 10000 ./a\n", .badLine, at: 4),
    ListCase("a link with a mode", head + "l 777 ./a b\n", .badLine, at: 4),
    ListCase("a link that points nowhere", head + "l - ./a \n", .badLine, at: 4),
    ListCase("a link without a target", head + "l - ./a\n", .badLine, at: 4),
    ListCase("a file with a target", head + "f 600 ./a b\n", .badLine, at: 4),
    ListCase("a file left out without a hash", head + "f 600 ./kexec-x\n", .badLine, at: 4),
    ListCase("a needless escape", head + "f 600 ./\\x41\n", .badLine, at: 4),
    ListCase("a short escape", head + "f 600 ./\\x4\n", .badLine, at: 4),
    ListCase("an escape in small letters", head + "f 600 ./\\x0a\n", .badLine, at: 4),
    ListCase("an escaped newline", head + "f 600 ./a\\x0A\n", .forbiddenByte, at: 4),
    ListCase("doubled", head + "f 600 ./a\nd 600 ./a\n", .doubled, at: 5),
    ListCase("out of order", head + "f 600 ./b\nf 600 ./a\n", .unsorted, at: 5),
    ListCase("a way out", head + "f 600 ./../a\n", .dots, at: 4),
    ListCase("the set itself", head + "f 600 ./kexec.sig \(digest)\n", .leftOut, at: 4),
    ListCase("no end", head + "f 600 ./a", .unterminated, at: 4),
    ListCase("systems", second + system(1, "desk") + system(2, "-") + "d 755 ./\n", nil),
    ListCase("a name with a space", second + system(1, "my\\x20desk"), nil),
    ListCase("a system in version 1", head + system(1, "desk"), .badLine, at: 4),
    ListCase("a system twice", second + system(1, "a") + system(1, "b"), .doubled, at: 5),
    ListCase(
      "a system behind an entry", second + "d 755 ./\n" + system(1, "desk"), .badLine, at: 5),
    ListCase("a system without a name", second + system(1, ""), .badLine, at: 4),
    ListCase("a short id", second + "system 00ff desk\n", .badLine, at: 4),
    ListCase(
      "an id in capitals", second + "system \(String(repeating: "AB", count: 16)) desk\n", .badLine,
      at: 4),
    ListCase("a name not escaped", second + system(1, "a b"), .badLine, at: 4),
    ListCase(
      "a name too long", second + system(1, String(repeating: "x", count: 65)), .badLine, at: 4),
    ListCase(
      "too many systems", second + (1...33).map { system($0, "-") }.joined(), .tooMany, at: 36),
  ]

  @Test("of types: each doubtful line is refused by its name", arguments: types)
  func typeList(_ list: ListCase) {
    #expect(
      problem { () throws(ListError) in try TypeList(parsing: list.bytes.span) }
        == list.problem.map {
          ListError(file: EscapedName("kexec_latchkey.txt"), entry: list.entry, problem: $0)
        })
  }

  @Test("a huge count is refused, not read on and on")
  func hugeCount() {
    var tree = Array("./\0".utf8)
    for number in 1_000_000...1_200_001 { tree += Array("./\(number)\0".utf8) }
    #expect(
      problem { () throws(ListError) in try TreeList(parsing: tree.span) }?.problem == .tooMany)
  }

  @Test("a million systems are refused at the thirty-third")
  func hugeSystems() {
    let text = ListTests.second + (1...1_000_000).map { ListTests.system($0, "-") }.joined()
    let error = problem { () throws(ListError) in try TypeList(parsing: Array(text.utf8).span) }
    #expect(error?.problem == .tooMany && error?.entry == 36)
  }

  @Test("every cut and a thousand scrambled lists end in a list or an error")
  func scrambled() {
    var random = SystemRandomNumberGenerator()
    for list in ListTests.hashes + ListTests.trees + ListTests.types {
      for length in list.bytes.indices {
        parseAll(Array(list.bytes[..<length]))
      }
      for _ in 0..<15 {
        var bytes = list.bytes
        for _ in 0..<3 where !bytes.isEmpty {
          bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(
            in: 0...255, using: &random)
        }
        parseAll(bytes)
      }
    }
  }

  @Test("lists that contradict each other are refused, though signed")
  func inconsistent() throws {
    let boot = try TestBoot()
    let signer = try TestSigner()
    try boot.sign(by: signer)
    func resigned() throws -> BootVerdict {
      try boot.write(
        "kexec.sig",
        signer.sign(Heads.signedBytes(boot, .relative), at: TestSigner.born + 200))
      return try boot.verify(by: signer)
    }
    let hashes = try boot.read("kexec_hashes.txt")
    for extra in ["./grub", "./gone"] {
      try boot.write("kexec_hashes.txt", hashes + Array("\(digest)  \(extra)\n".utf8))
      guard case .malformed(_, let error) = try resigned() else {
        Issue.record("\(extra) passed")
        continue
      }
      #expect(error.file == EscapedName("kexec_hashes.txt") && error.problem == .inconsistent)
    }
    try boot.write("kexec_hashes.txt", hashes)
    let types = try boot.read("kexec_latchkey.txt")
    for change in [("f 644 ./grub/grub.cfg\n", ""), ("d 755 ./grub\n", "f 755 ./grub\n")] {
      let text = String(decoding: types, as: UTF8.self).replacing(change.0, with: change.1)
      try boot.write("kexec_latchkey.txt", text)
      #expect(Array(text.utf8) != types)
      guard case .malformed(_, let error) = try resigned() else {
        Issue.record("\(change) passed")
        continue
      }
      #expect(error.file == EscapedName("kexec_latchkey.txt") && error.problem == .inconsistent)
    }
  }

  @Test("escaped names steer no terminal, and keep what can be read")
  func escaped() {
    #expect(EscapedName("./a b'$(c)").description == "./a b'$(c)")
    #expect(EscapedName("a\u{1B}[2J\n\\ä\u{7F}").description == "a\\x1B[2J\\x0A\\\\\\xC3\\xA4\\x7F")
  }

  private func problem<List>(_ parse: () throws(ListError) -> List) -> ListError? {
    do throws(ListError) {
      _ = try parse()
      return nil
    } catch {
      return error
    }
  }

  private func parseAll(_ bytes: [UInt8]) {
    _ = problem { () throws(ListError) in try HashList(parsing: bytes.span) }
    _ = problem { () throws(ListError) in try TreeList(parsing: bytes.span) }
    _ = problem { () throws(ListError) in try TypeList(parsing: bytes.span) }
  }
}
