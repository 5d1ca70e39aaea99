import CJSONC
import CSystem

/// One value of a JSON document, borrowed from the document.
@safe
struct JSONValue: ~Escapable {
  private let object: OpaquePointer

  @_lifetime(borrow document)
  init(of document: borrowing JSONDocument) {
    unsafe object = unsafe document.root
  }

  @_lifetime(copy parent)
  private init(_ object: OpaquePointer, in parent: borrowing JSONValue) {
    unsafe self.object = unsafe object
  }

  /// The member of that name; nil if there is none, or this is no object.
  @_lifetime(copy self)
  func member(_ name: StaticString) -> JSONValue? {
    var found: OpaquePointer?
    // Safe: the value is live while its document is borrowed; a static string ends with a zero.
    let there = unsafe name.utf8Start.withMemoryRebound(
      to: CChar.self, capacity: name.utf8CodeUnitCount + 1
    ) { text in
      unsafe json_object_object_get_ex(object, text, &found)
    }
    guard there != 0, let found = unsafe found else { return nil }
    return unsafe JSONValue(found, in: self)
  }

  /// How many members an object has; nil for anything else.
  var memberCount: Int? {
    // Safe: as above.
    guard unsafe json_object_is_type(object, json_type_object) != 0 else { return nil }
    return unsafe Int(json_object_object_length(object))
  }

  /// How many values an array has; nil for anything else.
  var arrayCount: Int? {
    // Safe: as above.
    guard unsafe json_object_is_type(object, json_type_array) != 0 else { return nil }
    return unsafe Int(json_object_array_length(object))
  }

  /// An array's value at an index within its count.
  @_lifetime(copy self)
  func value(at index: Int) -> JSONValue? {
    // Safe: json-c checks the index itself.
    guard let found = unsafe json_object_array_get_idx(object, index) else { return nil }
    return unsafe JSONValue(found, in: self)
  }

  /// Calls `body` with each member of an object: its name and its value.
  func forEachMember<Failure: Error>(
    _ body: ([UInt8], borrowing JSONValue) throws(Failure) -> Void
  ) throws(Failure) {
    guard memberCount != nil else { return }
    // Safe: the object is not changed while it is walked.
    var position = unsafe json_object_iter_begin(object)
    var end = unsafe json_object_iter_end(object)
    while unsafe json_object_iter_equal(&position, &end) == 0 {
      let name = unsafe Self.copy(json_object_iter_peek_name(&position))
      if let value = unsafe json_object_iter_peek_value(&position) {
        try body(name, unsafe JSONValue(value, in: self))
      }
      unsafe json_object_iter_next(&position)
    }
  }

  /// A string's bytes; empty for anything else.
  var text: [UInt8] {
    // Safe: as above; the string lives as long as the value.
    guard unsafe json_object_is_type(object, json_type_string) != 0 else { return [] }
    return unsafe Self.copy(json_object_get_string(object))
  }

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

  private static func copy(_ text: UnsafePointer<CChar>?) -> [UInt8] {
    guard let text = unsafe text else { return [] }
    var out: [UInt8] = []
    var index = 0
    // Safe: json-c's strings end with a zero.
    while unsafe text[index] != 0 {
      unsafe out.append(UInt8(bitPattern: text[index]))
      index += 1
    }
    return out
  }
}

/// A parsed JSON document, freed when the value's life ends.
@safe
struct JSONDocument: ~Copyable {
  fileprivate let root: OpaquePointer

  /// Nil if the text is no JSON.
  init?(_ text: [UInt8]) {
    // Safe: a C string, parsed into an object that is ours.
    guard let parsed = unsafe json_tokener_parse(text.cString) else { return nil }
    unsafe root = unsafe parsed
  }

  deinit {
    // Safe: ours, released once.
    _ = unsafe json_object_put(root)
  }
}
