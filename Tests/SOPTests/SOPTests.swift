import OpenPGP
import TestSupport
import Testing

/// A program with the Stateless OpenPGP command line.
enum SOP: String, CaseIterable, CustomTestStringConvertible {
  case ours = "latchkey-sop"
  case sqop
  case gosop

  var testDescription: String { rawValue }

  /// Runs a command.
  func run(_ arguments: [String], input: [UInt8] = []) throws -> Program {
    try Program.run(
      self == .ours ? Repository.product("latchkey-sop") : rawValue, arguments, input: input)
  }

  /// Who makes and who reads, with us on at least one side.
  static let pairs: [(SOP, SOP)] = [
    (.ours, .ours), (.ours, .sqop), (.ours, .gosop), (.sqop, .ours), (.gosop, .ours),
  ]

  /// Those that know a test key's curve.
  static func pairs(for name: String) -> [(SOP, SOP)] {
    pairs.filter { $0.knows(name) && $1.knows(name) }
  }

  /// Debian's sqop has neither brainpool's curves nor secp256k1.
  func knows(_ name: String) -> Bool {
    self != .sqop || !(name.hasPrefix("brainpool") || name == "secp256k1")
  }
}

/// A test key's file.
private func key(_ name: String) -> String { Repository.path("testkeys/\(name)") }

private let data = [UInt8]("What is signed and encrypted.\nIn two lines.\n".utf8)

@Suite("The Stateless OpenPGP command line")
struct SOPTests {
  @Test("each verifies what the other signed, and not over other data", arguments: TestKeys.names)
  func signatures(_ name: String) throws {
    let folder = try TemporaryFolder()
    for (maker, reader) in SOP.pairs(for: name) {
      let made = try maker.run(["sign", key("\(name)/secret.asc")], input: data)
      #expect(made.status == 0, "\(maker) \(made.errorText)")
      let signature = try folder.write("\(maker.rawValue).sig", bytes: made.output)
      let arguments = ["verify", signature, key("\(name)/public.asc")]
      let verified = try reader.run(arguments, input: data)
      #expect(verified.status == 0, "\(maker) \(reader) \(verified.errorText)")
      let fingerprint = hex(try TestKeys.certificate(name).fingerprint).uppercased()
      #expect(verified.text.uppercased().contains(fingerprint), "\(reader) \(verified.text)")
      #expect(try reader.run(arguments, input: data + [0]).status == 3, "\(maker) \(reader)")
      let other = name == "ed25519" ? "nistp256" : "ed25519"
      let foreign = ["verify", signature, key("\(other)/public.asc")]
      #expect(try reader.run(foreign, input: data).status == 3, "\(maker) \(reader)")
    }
  }

  @Test("each decrypts what the other encrypted, and no other key does", arguments: TestKeys.names)
  func messages(_ name: String) throws {
    let other = name == "ed25519" ? "nistp256" : "ed25519"
    for (maker, reader) in SOP.pairs(for: name) {
      let made = try maker.run(["encrypt", key("\(name)/public.asc")], input: data)
      #expect(made.status == 0, "\(maker) \(made.errorText)")
      let read = try reader.run(["decrypt", key("\(name)/secret.asc")], input: made.output)
      #expect(read.status == 0, "\(maker) \(reader) \(read.errorText)")
      #expect(read.output == data, "\(maker) \(reader)")
      guard reader == .ours else { continue }
      let foreign = try reader.run(["decrypt", key("\(other)/secret.asc")], input: made.output)
      #expect(foreign.status == 29)
      #expect(foreign.output.isEmpty)
      var binary = try Armor.decode(made.output, as: .message)
      binary[binary.count - 10] ^= 1
      let tampered = try reader.run(["decrypt", key("\(name)/secret.asc")], input: binary)
      #expect(tampered.status == 29)
      #expect(tampered.output.isEmpty)
    }
  }

  @Test("a message to several is read by each, whoever wrote it")
  func several() throws {
    let names = ["rsa2048", "nistp256", "ed25519"]
    for (maker, reader) in SOP.pairs {
      let made = try maker.run(
        ["encrypt", "--no-armor"] + names.map { key("\($0)/public.asc") }, input: data)
      #expect(made.status == 0, "\(maker) \(made.errorText)")
      for name in names {
        let read = try reader.run(["decrypt", key("\(name)/secret.asc")], input: made.output)
        #expect(read.output == data, "\(maker) \(reader) \(name) \(read.errorText)")
      }
    }
  }

  @Test("certificates and armor are the same by each of us")
  func forms() throws {
    for name in TestKeys.names {
      let secret = try TestKeys.file("\(name)/secret.asc")
      let ours = try SOP.ours.run(["extract-cert"], input: secret)
      #expect(ours.status == 0, "\(ours.errorText)")
      #expect(try Certificate(ours.output) == TestKeys.certificate(name))
      let binary = try SOP.ours.run(["dearmor"], input: ours.output).output
      for other in [SOP.sqop, .gosop] where other.knows(name) {
        let theirs = try other.run(["extract-cert"], input: secret)
        #expect(try Certificate(theirs.output) == TestKeys.certificate(name), "\(other)")
        #expect(try other.run(["dearmor"], input: ours.output).output == binary, "\(other)")
        let armored = try other.run(["armor"], input: binary).output
        #expect(try SOP.ours.run(["dearmor"], input: armored).output == binary, "\(other)")
      }
      #expect(try SOP.ours.run(["armor"], input: binary).output == ours.output)
      #expect(try SOP.ours.run(["armor"], input: ours.output).output == ours.output)
    }
  }

  @Test("what must not pass ends with the draft's exit code and gives nothing out")
  func refusals() throws {
    let folder = try TemporaryFolder()
    let secret = key("ed25519/secret.asc")
    let certificate = key("ed25519/public.asc")
    let signature = try SOP.ours.run(["sign", secret], input: data).output
    let good = try folder.write("good.sig", bytes: signature)
    let binary = try Armor.decode(signature, as: .signature)
    let two = try folder.write("two.sig", bytes: binary + binary)
    var changed = binary
    changed[changed.count - 5] ^= 1
    let tampered = try folder.write("tampered.sig", bytes: changed)
    let message = try SOP.ours.run(["encrypt", certificate], input: data).output
    let locked = try folder.write("locked.key", bytes: try lockedKey())
    let cases: [(arguments: [String], input: [UInt8], status: Int32)] = [
      (["verify", good, certificate], data, 0),
      (["verify", "--not-before=2020-01-01T00:00:00Z", good, certificate], data, 0),
      (["verify", "--not-after=2020-01-01T00:00:00Z", good, certificate], data, 3),
      (["verify", two, certificate], data, 3),
      (["verify", tampered, certificate], data, 3),
      (["verify", certificate, certificate], data, 41),
      (["verify", key("expired/signed.sig"), key("expired/public.asc")], data, 3),
      (["verify", good], data, 19),
      (["verify", "/nowhere", certificate], data, 61),
      (["verify", "@FD:3", certificate], data, 71),
      (["sign", key("expired/secret.asc")], data, 79),
      (["sign", key("rsa1024/secret.asc")], data, 79),
      (["sign", certificate], data, 41),
      (["sign", locked], data, 67),
      (["sign"], data, 19),
      (["sign", "--as=text", secret], data, 37),
      (["encrypt", key("expired/public.asc")], data, 17),
      (["encrypt", key("revoked/public.asc")], data, 17),
      (["encrypt", "--as=text", certificate], [0xFF, 0xFE], 53),
      (["encrypt", "--with-password=x", certificate], data, 37),
      (["encrypt"], data, 19),
      (["decrypt", secret], message, 0),
      (["decrypt", secret], data, 41),
      (["decrypt", secret], [UInt8](message.dropLast(40)), 41),
      (["decrypt"], message, 19),
      (["armor"], [], 41),
      (["dearmor"], data, 41),
      (["inline-sign", secret], data, 69),
      ([], data, 69),
      (["version"], [], 0),
      (["version", "--sop-spec"], [], 0),
    ]
    for (arguments, input, status) in cases {
      let result = try SOP.ours.run(arguments, input: input)
      #expect(result.status == status, "\(arguments) \(result.errorText)")
      #expect(result.output.isEmpty == (status != 0), "\(arguments)")
    }
  }

  /// ed25519's secret key, saying that a passphrase protects it.
  private func lockedKey() throws -> [UInt8] {
    var bytes = try Armor.decode(try TestKeys.file("ed25519/secret.asc"), as: .privateKey)
    // The usage octet stands behind version, time, algorithm, OID and point.
    bytes[2 + 1 + 4 + 1 + 10 + 2 + 33] = 254
    return bytes
  }
}
