import CSystem
import Foundation
import Secrets
import TestSupport
import Testing

@Suite("SecretInput")
struct SecretInputTests {
  /// What reading the first line of a file gives.
  private func read(_ text: String, limit: Int = 8) throws -> Result<[UInt8], SecretInputError> {
    let folder = try TemporaryFolder()
    let path = try folder.write("input", text)
    let file = try #require(FileHandle(forReadingAtPath: path))
    do throws(SecretInputError) {
      let secret = try SecretBytes(firstLineOf: file.fileDescriptor, limit: limit)
      return .success(copy(of: secret))
    } catch {
      return .failure(error)
    }
  }

  @Test(
    "the first line comes without its newline, up to the limit",
    arguments: [
      ("123456\n", "123456"), ("123456", "123456"), ("12345678\nrest\n", "12345678"),
      (" 12 \r\n", " 12 \r"), ("a\n\n", "a"),
    ])
  func lines(input: String, line: String) throws {
    #expect(try read(input) == .success(Array(line.utf8)))
  }

  @Test(
    "an empty line and one too long are refused by name",
    arguments: [
      ("", SecretInputError.empty), ("\n", .empty), ("123456789", .tooLong),
      ("123456789\n", .tooLong), (String(repeating: "x", count: 5000), .tooLong),
    ])
  func refusals(input: String, error: SecretInputError) throws {
    #expect(try read(input) == .failure(error))
  }

  @Test("what stands behind the line is left for the next reader")
  func rest() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("input", "first\nsecond\n")
    let file = try #require(FileHandle(forReadingAtPath: path))
    let first = try SecretBytes(firstLineOf: file.fileDescriptor, limit: 20)
    let second = try SecretBytes(firstLineOf: file.fileDescriptor, limit: 20)
    #expect(copy(of: first) == Array("first".utf8))
    #expect(copy(of: second) == Array("second".utf8))
  }

  @Test("a descriptor that isn't open is named by its errno")
  func closed() {
    var failure: SecretInputError?
    do throws(SecretInputError) {
      _ = try SecretBytes(firstLineOf: 999, limit: 8)
    } catch {
      failure = error
    }
    #expect(failure == .failed(errno: EBADF))
  }
}
