/// Numbers by chance that are the same in each run (SplitMix64).
struct Chance: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }

  /// One time of so many.
  mutating func one(of count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }

  mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &self) }

  mutating func pick<Element>(_ all: [Element]) -> Element { all[number(0..<all.count)] }
}

/// Images by a grammar: archives and compressed parts with zeros between them, and now and then something that
/// no maker writes; of some, bytes are changed.
enum RandomImage {
  static func bytes(_ chance: inout Chance) throws -> [UInt8] {
    let oddity = chance.one(of: 2) ? 0 : chance.pick([8, 20, 40])
    var image: [UInt8] = []
    for _ in 0..<chance.pick([1, 1, 1, 2, 2, 3]) {
      image = try image + part(&chance, oddity, image.count)
    }
    if chance.one(of: 6) { image += [UInt8](repeating: 0, count: chance.number(1..<600)) }
    return chance.one(of: 3) ? mutated(image, &chance) : image
  }

  private static func isOdd(_ chance: inout Chance, _ oddity: Int) -> Bool {
    oddity > 0 && chance.one(of: oddity)
  }

  /// An archive or a compressed part, with what fills up before it.
  private static func part(
    _ chance: inout Chance, _ oddity: Int, _ place: Int
  ) throws -> [UInt8] {
    var front: [UInt8] = []
    if !isOdd(&chance, oddity) {
      front = [UInt8](repeating: 0, count: (4 - place % 4) % 4 + 4 * chance.pick([0, 0, 1, 128]))
    }
    guard chance.one(of: 3) else {
      var content: [UInt8] = []
      for _ in 0..<chance.pick([1, 1, 1, 2]) {
        content += archive(&chance, oddity)
        if chance.one(of: 3) { content += [UInt8](repeating: 0, count: 4 * chance.number(1..<130)) }
        if isOdd(&chance, oddity) { content += [0, 0] }
      }
      if isOdd(&chance, oddity) { content = try packed(content, "gzip -1") }
      if chance.one(of: 12) { content = mutated(content, &chance) }
      return try front + packed(content, chance.pick(isOdd(&chance, oddity) ? others : makers))
    }
    return front + archive(&chance, oddity)
  }

  private static let makers = [
    "gzip -1", "gzip -9", "zstd -1 -q", "zstd -19 -q", "xz -0 --check=crc32",
    "xz -6 --check=crc32", "xz -0 --check=crc32 --lzma2=dict=1MiB", "lz4 -l -q", "bzip2 -1",
    "lzop -1", "lzop -9", "zstd -1 -q --no-check",
  ]

  private static let others = [
    "xz -0 --check=crc64", "xz -0 --check=none", "xz -0 --check=crc32 --block-size=512",
    "xz --check=crc32 --x86 --lzma2=preset=0", "lz4 -q", "lzma -0", "lzop -1 -C", "lzop -1 -CC",
    "zstd -1 -q --single-thread --content-size", "gzip -1 --rsyncable", "lzop -1 --crc32",
  ]

  // MARK: Archives

  private static let folders = ["usr", "usr/bin", "etc", "etc/conf.d", "lib", "dev", "root"]
  private static let names = ["init", "a", "b.ko", "tool", "TRAILER!!!x", "modules.dep", "console"]

  private static func archive(_ chance: inout Chance, _ oddity: Int) -> [UInt8] {
    var archive = Newc()
    var taken: Set<String> = []
    if chance.one(of: 2) { archive.add(Newc.folder(".")) }
    let made = folders.prefix(chance.number(0..<folders.count + 1))
    for folder in made { archive.add(Newc.folder(folder, chance.pick([0o755, 0o755, 0o700]))) }
    taken.formUnion(made)
    var inode: UInt32 = 1
    for _ in 0..<chance.number(1..<8) {
      let place = chance.one(of: 3) || made.isEmpty ? "" : chance.pick(Array(made)) + "/"
      let name = place + chance.pick(names)
      guard !taken.contains(name) || isOdd(&chance, oddity) else { continue }
      taken.insert(name)
      inode += 1
      switch chance.number(0..<10) {
      case 0:
        add(
          Newc.link(name, chance.pick(["usr/bin", "tool", "/init", ".."])), &archive, &chance,
          oddity)
      case 1: add(Newc.device(name, 5, 1), &archive, &chance, oddity)
      case 2:
        // One file of several names.
        let count = chance.number(2..<4)
        let full = chance.pick([count - 1, count - 1, 0])
        for index in 0..<count where index == 0 || taken.insert("\(name)\(index)").inserted {
          add(
            Newc.file(
              index == 0 ? name : "\(name)\(index)", index == full ? content(&chance) : "", 0o755,
              inode: inode, names: UInt32(count)), &archive, &chance, oddity)
        }
      default:
        add(
          Newc.file(
            name, content(&chance), chance.pick([0o644, 0o755, 0o4755, 0o600]), inode: inode),
          &archive, &chance, oddity)
      }
    }
    if !isOdd(&chance, oddity) {
      archive.add(Newc.Entry(name: Array("TRAILER!!!".utf8), mode: 0))
    }
    return archive.bytes
  }

  private static func content(_ chance: inout Chance) -> String {
    let size = chance.pick([0, 1, 3, 4, 100, 5000, 140_000])
    let word = chance.pick(["a", "evil", "0707", "\u{0}\u{0}"])
    return String(repeating: word, count: size / word.utf8.count + 1)
  }

  private static func add(
    _ entry: Newc.Entry, _ archive: inout Newc, _ chance: inout Chance, _ oddity: Int
  ) {
    var entry = entry
    if isOdd(&chance, oddity) {
      switch chance.number(0..<16) {
      case 0: entry.name += Array("/".utf8)
      case 1: entry.name = Array("../".utf8) + entry.name
      case 2: entry.name = []
      case 3: entry.name = Array("/".utf8) + entry.name
      case 4: entry.name = Array("bin//".utf8) + entry.name
      case 5: entry.mode = UInt32(chance.number(0..<0x20000))
      case 6: entry.names = UInt32(chance.number(0..<4))
      case 7: entry.inode = UInt32(chance.number(0..<4))
      case 8: entry.padding = 0x30
      case 9: entry.nameSize = UInt32(chance.number(0..<5000))
      case 10: (entry.magic, entry.checksum) = ("070702", chance.pick([0, 97]))
      case 11: entry.magic = chance.pick(["070707", "07070X", "0707"])
      case 12: (entry.owner, entry.group) = (chance.pick([1000, .max]), chance.pick([7, .max]))
      case 13: entry.device = (chance.pick([1, 4096]), chance.pick([3, 1 << 20]))
      case 14: entry.name.insert(0, at: chance.number(0..<entry.name.count + 1))
      default: entry.name = [UInt8](repeating: 0x61, count: chance.pick([255, 256, 4095, 4096]))
      }
    }
    archive.add(entry)
  }

  // MARK: Changes

  private static func mutated(_ image: [UInt8], _ chance: inout Chance) -> [UInt8] {
    var image = image
    for _ in 0..<chance.pick([1, 1, 2, 5]) where !image.isEmpty {
      // Heads and ends have more to say than what is between them.
      let near = min(image.count, 48)
      let place = chance.pick([
        chance.number(0..<image.count), chance.number(0..<near),
        image.count - 1 - chance.number(0..<near),
      ])
      let count = min(chance.pick([1, 2, 4, 4, 40, 512]), image.count - place)
      switch chance.number(0..<7) {
      case 0: image[place] ^= 1 << UInt8(chance.number(0..<8))
      case 1: image[place] = UInt8(chance.number(0..<256))
      case 2: image.removeSubrange(place...)
      case 3: image.removeSubrange(place..<(place + count))
      case 4: image.insert(contentsOf: image[place..<(place + count)], at: place)
      case 5:
        image.insert(
          contentsOf: [UInt8](repeating: chance.pick([0, 0x30]), count: count), at: place)
      default: image += image[place...]
      }
      if image.count > 4 << 20 { break }
    }
    return image
  }
}
