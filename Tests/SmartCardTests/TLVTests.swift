import SmartCard
import TestSupport
import Testing

@Suite("TLV")
struct TLVTests {
  /// All elements of a sequence, as `tag=value`, and how it ended.
  private func read(_ text: String) throws -> ([String], TLVError?) {
    let content = try #require(bytes(hex: text))
    var found: [String] = []
    var reader = TLVReader(content.span)
    do throws(TLVError) {
      while let element = try reader.next() {
        let value = element.value.indices.map { element.value[$0] }
        found.append(String(element.tag, radix: 16) + "=" + hex(value))
      }
    } catch {
      return (found, error)
    }
    return (found, nil)
  }

  struct Case: Sendable {
    let bytes: String
    let found: [String]
    var error: TLVError?
  }

  @Test(
    "a sequence is read front to back, up to the first fault",
    arguments: [
      Case(bytes: "", found: []),
      Case(bytes: "4F 00", found: ["4f="]),
      Case(bytes: "4F 02 AABB C0 01 FF", found: ["4f=aabb", "c0=ff"]),
      Case(bytes: "5F52 01 73 7F66 00", found: ["5f52=73", "7f66="]),
      Case(bytes: "4F 81 01 AA", found: ["4f=aa"]),
      Case(bytes: "6E 82 0001 AA", found: ["6e=aa"]),
      Case(bytes: "6E 83 000001 AA", found: ["6e=aa"]),
      Case(bytes: "C0 01 AA 4F 02 AA", found: ["c0=aa"], error: .truncated),
      Case(bytes: "4F", found: [], error: .truncated),
      Case(bytes: "5F", found: [], error: .truncated),
      Case(bytes: "5F52", found: [], error: .truncated),
      Case(bytes: "4F 81", found: [], error: .truncated),
      Case(bytes: "4F 82 00", found: [], error: .truncated),
      Case(bytes: "4F 05 AABB", found: [], error: .truncated),
      Case(bytes: "4F 80 AABB0000", found: [], error: .badLength),
      Case(bytes: "4F 84 00000001 AA", found: [], error: .badLength),
      Case(bytes: "4F 84 FFFFFFFF AA", found: [], error: .badLength),
      Case(bytes: "4F 88 FFFFFFFFFFFFFFFF", found: [], error: .badLength),
      Case(bytes: "4F FF", found: [], error: .badLength),
      Case(bytes: "4F 83 FFFFFF AA", found: [], error: .truncated),
      Case(bytes: "5F 81 01 AA", found: [], error: .badTag),
      Case(bytes: "1F FF FF FF", found: [], error: .badTag),
    ])
  func reading(_ row: Case) throws {
    let (found, error) = try read(row.bytes)
    #expect(found == row.found)
    #expect(error == row.error)
  }

  @Test("no bytes make the reader trap: all of one and two, and every cut of a long one")
  func everything() throws {
    for first in 0...255 {
      _ = try read(hex([UInt8(first)]))
      for second in 0...255 { _ = try read(hex([UInt8(first), UInt8(second)])) }
    }
    let long = "7F49 82 0109 81 82 0100" + String(repeating: "5A", count: 256) + "82 03 010001"
    let whole = try #require(bytes(hex: long))
    for length in whole.indices {
      let (_, error) = try read(hex(Array(whole.prefix(length))))
      #expect(error == (length == 0 ? nil : .truncated))
    }
  }

  @Test(
    "lengths are written as short as they can be",
    arguments: [
      (0, "4F00"), (1, "4F01"), (127, "4F7F"), (128, "4F8180"), (255, "4F81FF"), (256, "4F820100"),
      (65535, "4F82FFFF"),
    ])
  func header(_ length: Int, _ expected: String) {
    #expect(hex(TLVWriter.header(0x4F, length: length)).uppercased() == expected)
  }

  @Test("what is written is read back", arguments: [0, 1, 127, 128, 255, 256, 4000])
  func roundTrip(_ size: Int) throws {
    let value = [UInt8](repeating: 0xA5, count: size)
    for tag in [UInt16(0x4F), 0xC0, 0x5F52, 0x7F49] {
      let (found, error) = try read(hex(TLVWriter.element(tag, value)))
      #expect(error == nil)
      #expect(found == [String(tag, radix: 16) + "=" + hex(value)])
    }
  }
}
