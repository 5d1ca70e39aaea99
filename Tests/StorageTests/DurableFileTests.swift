import CSystem
import Foundation
import Storage
import TestSupport
import Testing

@Suite("files that survive a cut")
struct DurableFileTests {
  private let folder = FileManager.default.temporaryDirectory.path + "/storage-\(UUID().uuidString)"

  init() throws { try DurableFile.makeFolder(folder + "/a/b", mode: 0o700) }

  @Test("what was written is what is read, with the mode asked for")
  func roundTrip() throws {
    let path = folder + "/a/b/file"
    try DurableFile.write([1, 2, 3], to: path, mode: 0o640)
    try DurableFile.write([4, 5], to: path, mode: 0o640)
    #expect(try DurableFile.read(path, limit: 2) == [4, 5])
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o640)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/a/b") == ["file"])
  }

  @Test(
    "what vouches for something is read only if no one else can write it or its folder",
    arguments: [(0o644, 0o755, true), (0o664, 0o755, false), (0o644, 0o777, false)])
  func owners(mode: Int, folderMode: Int, isRead: Bool) throws {
    let path = folder + "/a/b/file"
    try DurableFile.write([1], to: path, mode: UInt32(mode))
    try FileManager.default.setAttributes(
      [.posixPermissions: folderMode], ofItemAtPath: folder + "/a/b")
    #expect(try DurableFile.read(path, limit: 1) == [1])
    if isRead {
      #expect(try DurableFile.read(path, limit: 1, isOurs: true) == [1])
    } else {
      let error = #expect(throws: StorageError.self) {
        _ = try DurableFile.read(path, limit: 1, isOurs: true)
      }
      #expect(error?.code == StorageError.writableByOthers)
    }
  }

  @Test("a file too large, a folder, and a file that must not be replaced are errors by errno")
  func refusals() throws {
    let path = folder + "/file"
    try DurableFile.write([1, 2, 3], to: path, mode: 0o600)
    #expect(throws: StorageError("read", path, code: EFBIG)) {
      _ = try DurableFile.read(path, limit: 2)
    }
    #expect(throws: StorageError("open", folder, code: EINVAL)) {
      _ = try DurableFile.read(folder, limit: 2)
    }
    #expect(throws: StorageError("create", path, code: EEXIST)) {
      try DurableFile.write([9], to: path, mode: 0o600, replacing: false)
    }
    #expect(try DurableFile.read(path, limit: 3) == [1, 2, 3])
    #expect(try DurableFile.read(folder + "/none", limit: 3) == nil)
    try DurableFile.remove(path)
    try DurableFile.remove(path)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["a"])
  }
}
