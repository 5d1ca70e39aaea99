import DiskKey
import Foundation
import LibCrypto
import TestSupport
import Testing

@Suite("TrustedRecord")
struct TrustedRecordTests {
  private func result(_ folder: String) -> Result<TrustedRecord, DiskKeyError> {
    do throws(DiskKeyError) {
      return .success(try TrustedRecord.installed(in: Array(folder.utf8)))
    } catch {
      return .failure(error)
    }
  }

  @Test("a record that only its owner can write is trusted; one that others can write is not")
  func modes() throws {
    let folder = try TemporaryFolder()
    let record = try RecordTests.record()
    let path = try folder.write("record", bytes: record.encoded)
    let files = FileManager.default
    try files.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    #expect(try result(folder.path).get().record == record)
    try files.setAttributes([.posixPermissions: 0o664], ofItemAtPath: path)
    #expect(result(folder.path) == .failure(.writableByOthers(.record)))
    try files.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    try files.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
    #expect(result(folder.path) == .failure(.writableByOthers(.record)))
  }

  @Test("a link in the record's place is not followed; a missing record is named")
  func links() throws {
    let folder = try TemporaryFolder()
    #expect(result(folder.path) == .failure(.file(.record, errno: ENOENT)))
    let elsewhere = try folder.write("elsewhere", bytes: RecordTests.record().encoded)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("record"), withDestinationPath: elsewhere)
    #expect(result(folder.path) == .failure(.file(.record, errno: ELOOP)))
  }

  @Test("a record from /boot counts only with the digest that the verified manifest lists")
  func signedBoot() throws {
    let bytes = try RecordTests.record().encoded
    let listed = try digest(.sha256, of: bytes.span)
    let trusted = try TrustedRecord.signedBoot(bytes.span, listedAs: listed)
    #expect(trusted.source == .signedBoot)
    let other = [UInt8](repeating: 0, count: 32)
    var error: DiskKeyError?
    do throws(DiskKeyError) {
      _ = try TrustedRecord.signedBoot(bytes.span, listedAs: other)
    } catch let failure {
      error = failure
    }
    #expect(error == .recordNotVouchedFor)
  }
}
