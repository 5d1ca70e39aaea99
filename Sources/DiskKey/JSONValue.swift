import CJSONC
import CSystem
import Secrets

/// One value of a JSON document, borrowed from the document; or none, which has no members and is
/// equal to nothing.
@safe
struct JSONValue: ~Escapable {
  // json-c takes NULL for JSON's null.
  private let object: OpaquePointer?

  @_lifetime(borrow document)
  init(of document: borrowing JSONDocument) {
    unsafe object = unsafe document.root
  }

  @_lifetime(copy parent)
  private init(_ object: OpaquePointer?, in parent: borrowing JSONValue) {
    unsafe self.object = unsafe object
  }

  /// Whether there is such a value at all.
  var exists: Bool { unsafe object != nil }

  /// The member of that name.
  @_lifetime(copy self)
  func member(_ name: StaticString) -> JSONValue {
    var found: OpaquePointer?
    // Safe: the value lives as long as its document; a static string ends with a zero.
    unsafe json_object_object_get_ex(object, name.cString, &found)
    return unsafe JSONValue(found, in: self)
  }

  /// The member that is called by a number, as LUKS2 calls keyslots.
  @_lifetime(copy self)
  func member(_ number: Int) -> JSONValue {
    var found: OpaquePointer?
    // Safe: as above.
    unsafe json_object_object_get_ex(object, [UInt8](decimal: number).cString, &found)
    return unsafe JSONValue(found, in: self)
  }

  /// How many members an object has; 0 for anything else.
  var memberCount: Int {
    // Safe: json_object_object_length is for objects only, and that is asked first.
    guard unsafe json_object_is_type(object, json_type_object) != 0 else { return 0 }
    return unsafe Int(json_object_object_length(object))
  }

  /// How many values an array has; nil for anything else.
  var arrayCount: Int? {
    // Safe: as above, for arrays.
    guard unsafe json_object_is_type(object, json_type_array) != 0 else { return nil }
    return unsafe Int(json_object_array_length(object))
  }

  /// An array's value at an index within its count.
  @_lifetime(copy self)
  func value(at index: Int) -> JSONValue {
    // Safe: json-c checks the index itself; what is there is an array, as its count was asked for.
    unsafe JSONValue(json_object_array_get_idx(object, index), in: self)
  }

  /// Calls `body` with each member of an object: its name, which LUKS2 makes of a number below 32, and
  /// its value.
  /// - Throws: what `body` does; ``HeaderFault/notLUKS`` if there is a member of another name.
  func forEachMember(
    _ body: (Int, borrowing JSONValue) throws(HeaderFault) -> Void
  ) throws(HeaderFault) {
    var left = memberCount
    for number in 0..<32 {
      let value = member(number)
      guard value.exists else { continue }
      left -= 1
      try body(number, value)
    }
    guard left == 0 else { throw .notLUKS }
  }

  /// A string's bytes; empty for anything else.
  var text: [UInt8] {
    // Safe: as above; the string lives as long as the value.
    guard unsafe json_object_is_type(object, json_type_string) != 0 else { return [] }
    return unsafe [UInt8](copying: json_object_get_string(object))
  }

  /// Whether it is that string.
  func isText(_ other: StaticString) -> Bool { text.equals(other) }

  /// A number, or a string of decimal digits as LUKS2 writes 64-bit numbers; nil for anything else.
  var number: UInt64? {
    // Safe: as above.
    if unsafe json_object_is_type(object, json_type_int) != 0 {
      let value = unsafe json_object_get_int64(object)
      return value >= 0 ? UInt64(value) : nil
    }
    let digits = text
    guard !digits.isEmpty, digits.count <= 19 else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
      value = value * 10 + UInt64(digit - UInt8(ascii: "0"))
    }
    return value
  }
}

/// A parsed JSON document, freed when the last reference goes.
@safe
final class JSONDocument {
  fileprivate let root: OpaquePointer

  /// Nil if the text is no JSON.
  init?(_ text: [UInt8]) {
    // Safe: a C string, parsed into an object that is ours.
    guard let parsed = unsafe json_tokener_parse(text.cString) else { return nil }
    unsafe root = unsafe parsed
  }

  /// Bytes of its shortest text, as LUKS2 writes it.
  var plainSize: Int {
    var size = 0
    // Safe: the object is live; the text is its own.
    _ = unsafe json_object_to_json_string_length(
      root, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &size)
    return size
  }

  deinit {
    // Safe: ours, released once.
    _ = unsafe json_object_put(root)
  }
}
