/// The version in the name of a kernel's or an initramfs's file, as `6.1.0-21-amd64`.
public struct KernelVersion: Equatable, Sendable {
  /// As it stands in the name.
  public let text: [UInt8]

  /// A version by itself.
  public init(_ text: [UInt8]) { self.text = text }

  /// What stands behind the first `-` that a digit follows, without the ending of a packed file:
  /// `/initramfs-6.5.6-300.fc39.x86_64.img`, `/xen-4.17-amd64.gz`. Nil where the name has none.
  public init?(ofFile path: [UInt8]) {
    let name = Array(path.split(separator: UInt8(ascii: "/")).last ?? [])
    guard
      let dash = name.indices.first(where: { index in
        name[index] == UInt8(ascii: "-") && index + 1 < name.count && Self.isDigit(name[index + 1])
      })
    else { return nil }
    var version = Array(name[(dash + 1)...])
    for ending in [".img", ".gz", ".efi"]
    where version.suffix(ending.utf8.count).elementsEqual(ending.utf8) {
      version.removeLast(ending.utf8.count)
    }
    text = version
  }

  /// Whether it comes before another in dpkg's order (deb-version(7)), where a release candidate comes before
  /// its release. Kernels of the same number that differ in their flavour alone are neither older nor newer.
  public func isOlder(than other: KernelVersion) -> Bool {
    let (left, right) = (Self.parts(text), Self.parts(other.text))
    let order = Self.order(left.number, right.number)
    if order != 0 { return order < 0 }
    guard
      left.flavour.filter({ !Self.isDigit($0) })
        .elementsEqual(right.flavour.filter { !Self.isDigit($0) })
    else { return false }
    return Self.order(left.flavour, right.flavour) < 0
  }

  /// The number, with `~rc` for `-rc`, and from the `-` before a letter on what flavour it is.
  private static func parts(_ text: [UInt8]) -> (number: [UInt8], flavour: [UInt8]) {
    var number: [UInt8] = []
    var index = 0
    while index < text.count {
      let rest = text[index...].dropFirst()
      let isMark = text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: ".")
      if isMark, rest.starts(with: "rc".utf8) || rest.starts(with: "pre".utf8) {
        number.append(UInt8(ascii: "~"))
      } else if text[index] == UInt8(ascii: "-"), let next = rest.first, isLetter(next) {
        return (number, Array(text[index...]))
      } else {
        number.append(text[index])
      }
      index += 1
    }
    return (number, [])
  }

  /// dpkg's comparison: by turns what is no digit, where `~` comes before the end and letters before all else,
  /// and numbers.
  private static func order(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var (one, other) = (left[...], right[...])
    while !one.isEmpty || !other.isEmpty {
      while one.first.map({ !isDigit($0) }) ?? false || other.first.map({ !isDigit($0) }) ?? false {
        let difference = weight(one.first) - weight(other.first)
        if difference != 0 { return difference }
        one = one.dropFirst()
        other = other.dropFirst()
      }
      let numbers = (one.prefix(while: isDigit), other.prefix(while: isDigit))
      one = one.dropFirst(numbers.0.count)
      other = other.dropFirst(numbers.1.count)
      let digits = (
        numbers.0.drop { $0 == UInt8(ascii: "0") }, numbers.1.drop { $0 == UInt8(ascii: "0") }
      )
      if digits.0.count != digits.1.count { return digits.0.count - digits.1.count }
      if digits.0.lexicographicallyPrecedes(digits.1) { return -1 }
      if digits.1.lexicographicallyPrecedes(digits.0) { return 1 }
    }
    return 0
  }

  private static func weight(_ byte: UInt8?) -> Int {
    guard let byte, !isDigit(byte) else { return 0 }
    if byte == UInt8(ascii: "~") { return -1 }
    return isLetter(byte) ? Int(byte) : Int(byte) + 256
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}
