import Secrets

/// `latchkey-unlock [options] FOLDER`, or with `--activate` `DEVICE NAME FOLDER` once or more.
struct Arguments {
  /// Where the PIN comes from; nil for a person.
  var pinDescriptor: Int32?
  /// How long to wait for pcscd and a dongle, in milliseconds.
  var wait = 0
  /// How long a person is asked to plug a dongle in, in milliseconds; nil for as long as it takes.
  var giveUp: Int?
  /// Where PINs that failed are remembered until the next boot.
  var run = [UInt8]("/run/latchkey")
  /// Whether the volumes are mapped; else the one key goes to standard output.
  var activates = false
  /// What is to be opened.
  var requests: [Request] = []
  private var flags: UInt32 = 0

  /// A volume to be opened.
  struct Request {
    /// The device, and the name below /dev/mapper; empty where the key goes to standard output.
    let device: [UInt8]
    let name: [UInt8]
    /// What holds `record` and `key.pgp`.
    let folder: [UInt8]
    /// How libcryptsetup maps it: the bits of its CRYPT_ACTIVATE.
    let flags: UInt32
  }

  /// Reads a command line. Nil after having said what the usage is.
  init?(_ count: Int32, _ values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) {
    guard unsafe read(count, values) else {
      say("usage: latchkey-unlock [OPTIONS] FOLDER")
      say("or: latchkey-unlock --activate [OPTIONS] DEVICE NAME FOLDER [DEVICE NAME FOLDER]...")
      say("options: --wait SECONDS, --give-up SECONDS, --run FOLDER, --pin-fd N, --flags BITS")
      return nil
    }
  }

  private mutating func read(
    _ count: Int32, _ values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  ) -> Bool {
    var places: [[UInt8]] = []
    var index = 1
    while index < Int(count) {
      // Safe: there are `count` C strings.
      let word = unsafe [UInt8](copying: values[index])
      index += 1
      guard word.first == UInt8(ascii: "-") else {
        if word.isEmpty { return false }
        places.append(word)
        if activates, places.count == 3 {
          guard Self.isName(places[1]) else { return false }
          requests.append(
            Request(device: places[0], name: places[1], folder: places[2], flags: flags))
          places = []
        }
        continue
      }
      if word.equals("--activate") {
        activates = true
        continue
      }
      guard index < Int(count) else { return false }
      // Safe: as above.
      let value = unsafe [UInt8](copying: values[index])
      index += 1
      guard take(word, value) else { return false }
    }
    if activates { return places.isEmpty && !requests.isEmpty }
    guard places.count == 1 else { return false }
    requests.append(Request(device: [], name: [], folder: places[0], flags: 0))
    return true
  }

  /// Takes an option with its value. False if it is none, or the value is wrong.
  private mutating func take(_ word: [UInt8], _ value: [UInt8]) -> Bool {
    if word.equals("--run") {
      run = value
      return !value.isEmpty
    }
    guard let number = Self.number(value) else { return false }
    if word.equals("--pin-fd") {
      pinDescriptor = Int32(truncatingIfNeeded: number)
    } else if word.equals("--wait") {
      wait = number * 1000
    } else if word.equals("--give-up") {
      giveUp = number * 1000
    } else if word.equals("--flags") {
      flags = UInt32(truncatingIfNeeded: number)
    } else {
      return false
    }
    return true
  }

  /// What may stand below /dev/mapper, and in a message: 1 to 127 bytes.
  private static func isName(_ word: [UInt8]) -> Bool {
    guard (1...127).contains(word.count), word[0] != UInt8(ascii: ".") else { return false }
    for byte in word where !(0x21...0x7E).contains(byte) || byte == UInt8(ascii: "/") {
      return false
    }
    return true
  }

  /// 0 to 99999999; nil for anything else.
  private static func number(_ word: [UInt8]) -> Int? {
    guard (1...8).contains(word.count) else { return nil }
    var value = 0
    for byte in word {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      value = value * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return value
  }
}
