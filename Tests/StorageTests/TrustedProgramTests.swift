import Foundation
import Storage
import TestSupport
import Testing

@Suite("a program that root may start")
struct TrustedProgramTests {
  /// A folder that, as a system's own, nobody else can write at any height: /tmp isn't one.
  private final class Place {
    let path = Repository.products + "/trusted-\(UUID().uuidString)"
    init() throws { try makeFolder(path) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func makeFolder(_ path: String) throws {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    }

    func change(_ path: String, to mode: Int) throws {
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    func makeProgram(_ path: String) throws {
      try "#!/bin/sh\n".write(toFile: path, atomically: false, encoding: .utf8)
      try change(path, to: 0o755)
    }
  }

  @Test("is in /usr/bin, or in /bin, whatever PATH says")
  func found() {
    #expect(TrustedProgram.path("gzip")?.hasSuffix("bin/gzip") ?? false)
    #expect(TrustedProgram.path("no-such-program") == nil)
  }

  @Test("is found through links, and not where others can write it, its folder or one above")
  func trusted() throws {
    let place = try Place()
    let program = place.path + "/bin/sub/tool"
    try place.makeFolder(place.path + "/bin/sub")
    try place.makeProgram(program)
    let link = place.path + "/bin/tool"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "sub/tool")
    func path() -> String? { TrustedProgram.path("tool", in: [place.path + "/bin"]) }
    #expect(path()?.hasSuffix("/bin/sub/tool") ?? false)
    for (name, mode) in [
      ("/bin/sub/tool", 0o775), ("/bin/sub/tool", 0o757), ("/bin/sub/tool", 0o644),
      ("/bin/sub", 0o777), ("/bin", 0o775), ("", 0o1777),
    ] {
      // Root may execute what has an executable bit for anybody.
      try place.change(place.path + name, to: mode)
      #expect(path() == nil, "\(name) \(mode)")
      try place.change(place.path + name, to: 0o755)
      #expect(path() != nil, "\(name)")
    }
    try FileManager.default.removeItem(atPath: program)
    #expect(path() == nil)
    try place.makeFolder(program)
    #expect(path() == nil)
  }
}
