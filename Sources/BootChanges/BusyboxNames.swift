/// The names that a busybox answers to: what initramfs-tools' hook gives it in an image are those, where nothing
/// else has them.
package struct BusyboxNames {
  private let names: Set<String>

  /// mkinitramfs itself brings these before that hook.
  private static let others: Set<String> = ["modprobe", "rmmod"]
  /// The list begins with them: its names are sorted, and each ends with a zero.
  private static let first = Array("\0[\0[[\0".utf8)

  /// - Parameter program: its bytes.
  package init(of program: [UInt8]) {
    var names: Set<String> = []
    var place = program.startIndex
    // Each bracket is looked at once.
    while let start = program[place...].firstIndex(of: UInt8(ascii: "[")), names.isEmpty {
      place = start + 1
      guard start > 0, program[(start - 1)...].starts(with: Self.first) else { continue }
      for name in program[start...].prefix(1 << 14).split(
        separator: 0, omittingEmptySubsequences: false)
      {
        let name = String(decoding: name, as: UTF8.self)
        guard name.isPlain(and: "_-.["), name.count < 32 else { break }
        names.insert(name)
      }
    }
    self.names = names.subtracting(Self.others)
  }

  /// Whether it may have a path in an image.
  package func contains(path: String) -> Bool {
    let parts = path.split(separator: "/")
    guard let name = parts.last, names.contains(String(name)) else { return false }
    return ["bin", "sbin", "usr/bin", "usr/sbin"].contains(
      parts.dropLast().joined(separator: "/"))
  }
}
