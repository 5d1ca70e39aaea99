import Secrets
internal import SmartCard

/// Data objects by tag, flat, as they were found in constructed ones.
struct ObjectList {
  private var objects: [(tag: UInt16, value: [UInt8])] = []

  /// None yet.
  init() {}

  /// The value of that tag, the first if there are several; nil if there is none.
  subscript(tag: UInt16) -> [UInt8]? {
    for object in objects where object.tag == tag { return object.value }
    return nil
  }

  /// Adds an object.
  mutating func append(_ tag: UInt16, _ value: [UInt8]) {
    objects.append((tag, value))
  }

  /// Adds all objects of a sequence, and those inside the constructed ones named in `opening`, however
  /// they are nested: cards differ in what lies in 6E and what in its 73.
  mutating func append(
    parsing content: Span<UInt8>, opening: [UInt16], depth: Int = 0
  ) throws(TLVError) {
    guard depth < 4 else { throw .badLength }
    var reader = TLVReader(content)
    while let element = try reader.next() {
      if opening.contains(element.tag) {
        try append(parsing: element.value, opening: opening, depth: depth + 1)
      } else {
        append(element.tag, [UInt8](copying: element.value))
      }
    }
  }
}

/// The content of an object that may come with its own tag and length around it, or without.
@_lifetime(copy content)
func unwrapped(_ content: Span<UInt8>, _ tag: UInt16) -> Span<UInt8> {
  var reader = TLVReader(content)
  do throws(TLVError) {
    if let element = try reader.next(), element.tag == tag, reader.isAtEnd { return element.value }
  } catch {
    return content
  }
  return content
}
