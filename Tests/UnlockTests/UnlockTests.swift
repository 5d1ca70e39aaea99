import DiskKey
import Enrolment
import Foundation
import LibCrypto
import OpenPGP
import OpenPGPCard
import Secrets
import TestSupport
import Testing
import VirtualCard
import VolumeTestSupport

/// The program that is run: as built for the initramfs, or along with the tests.
enum Build: String, CaseIterable, Sendable {
  case ordinary
  case embedded

  /// Its path; nil for the Embedded build where `scripts/build-embedded` wasn't run.
  var path: String? {
    switch self {
    case .ordinary: return Repository.product("latchkey-unlock")
    case .embedded:
      let path = Repository.path(".build-embedded/release/latchkey-unlock")
      return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }
  }

  /// Both. The Embedded one is made by scripts/build-embedded; without it the tests fail.
  static var built: [Build] { allCases }
}

/// An enrolled volume, its dongle's key, and the dongle in a reader of its own pcscd.
final class Scene {
  let volume: TestVolume
  let dongle: TestDongle
  let daemon: PCSCDaemon
  let key: [UInt8]
  let folder: String

  init(
    _ dongle: TestDongle? = nil, inReader: TestDongle? = nil, pin: String = TestDongle.pin,
    luks: Int = 2, beforeBoot: (TestDongle) throws -> Void = { _ in }
  ) throws {
    let dongle = try dongle ?? TestDongle()
    self.dongle = dongle
    volume = try TestVolume(luks: luks)
    try volume.enroll(dongle, pin: pin)
    folder = try volume.installedFolder()
    let blob = try KeyBlob(reading: Array(folder.utf8), of: volume.trusted())
    key = copy(of: try dongle.open(blob, pin: pin))
    try beforeBoot(dongle)
    daemon = try PCSCDaemon(card: (inReader ?? dongle).file)
  }

  /// Runs the program with a PIN at descriptor 3.
  func unlock(
    _ build: Build = .ordinary, pin: String = TestDongle.pin
  ) throws -> Program {
    guard let program = build.path else { throw TestSupportError("not built") }
    let file = try volume.folder.write("pin", pin + "\n")
    return try Program.run(
      "sh",
      [
        "-c", "exec \"$0\" --pin-fd 3 --run \"$1\" \"$2\" 3<\"$3\"", program,
        volume.folder.path("run"), folder, file,
      ], environment: daemon.environment)
  }

  /// Puts another blob in place, and its hash in the record.
  func replaceBlob(with message: [UInt8]) throws {
    var record = try volume.trusted().record
    record.volume.blobDigest = try digest(.sha256, of: message.span)
    try Data(record.encoded).write(to: URL(fileURLWithPath: folder + "/record"))
    try Data(message).write(to: URL(fileURLWithPath: folder + "/key.pgp"))
  }

  /// The instructions that reached the card, without GET RESPONSE.
  var instructions: [String] {
    daemon.trace().map { String($0.dropFirst(3).prefix(2)) }.filter { $0 != "C0" }
  }
}

@Suite("latchkey-unlock", .serialized)
struct UnlockTests {
  @Test(
    "the right PIN brings out exactly the key, by six commands on a card that announces KDF",
    arguments: Build.built, [false, true])
  func opens(build: Build, kdf: Bool) throws {
    let scene = try Scene(TestDongle(profile: "yubikey-5", kdf: kdf))
    let result = try scene.unlock(build)
    #expect(result.status == 0, "\(result.errorText)")
    #expect(result.output == scene.key)
    #expect(try scene.volume.opens(result.output))
    #expect(scene.instructions == ["A4", "CA", "47", "CA", "20", "2A"])
    #expect(result.errorText.contains("3 tries left"))
    #expect(result.errorText.contains("Yubico 0006:01020304 (test)"))
  }

  @Test("an RSA dongle's key opens LUKS1, too", arguments: Build.built)
  func rsa(build: Build) throws {
    let scene = try Scene(TestDongle(key: .rsa(bits: 2048)), luks: 1)
    let result = try scene.unlock(build)
    #expect(result.status == 0, "\(result.errorText)")
    #expect(try scene.volume.opens(result.output))
  }

  @Test("a wrong PIN uses one try, is said so, and is never sent again", arguments: Build.built)
  func wrongPIN(build: Build) throws {
    let scene = try Scene()
    for run in 0..<10 {
      let result = try scene.unlock(build, pin: "654321")
      #expect(result.status == 1 && result.output.isEmpty)
      #expect(
        result.errorText.contains(run == 0 ? "wrong PIN" : "already failed"), "\(result.errorText)")
    }
    #expect(scene.instructions.filter { $0 == "20" }.count == 1)
    let right = try scene.unlock(build)
    #expect(right.errorText.contains("2 tries left"))
    #expect(right.output == scene.key)
  }

  @Test("a PIN whose answer never came is not sent again by a script", arguments: Build.built)
  func unanswered(build: Build) throws {
    let scene = try Scene()
    let memory = FailedPINs(folder: Array(scene.volume.folder.path("run").utf8))
    memory.note(
      .unknown, of: secret(TestDongle.pin), as: .user,
      on: scene.dongle.recorded.pinned.identifier)
    for _ in 0..<2 {
      let result = try scene.unlock(build)
      #expect(result.status == 1 && result.output.isEmpty)
      #expect(result.errorText.contains("was sent before, without an answer"))
    }
    #expect(!scene.instructions.contains("20"))
    memory.forget(.user, of: scene.dongle.recorded.pinned.identifier)
    #expect(try scene.unlock(build).output == scene.key)
  }

  @Test("no script gets the last try, and a blocked dongle is named", arguments: Build.built)
  func lastTry(build: Build) throws {
    let scene = try Scene()
    #expect(try scene.unlock(build, pin: "111111").status == 1)
    #expect(try scene.unlock(build, pin: "222222").status == 1)
    let last = try scene.unlock(build)
    #expect(last.status == 4 && last.output.isEmpty)
    #expect(last.errorText.contains("last try is kept"), "\(last.errorText)")
    #expect(scene.instructions.filter { $0 == "20" }.count == 2)
  }

  @Test(
    "a text that can't be a PIN is not sent",
    arguments: ["1234", "", String(repeating: "9", count: 200)])
  func impossible(pin: String) throws {
    let scene = try Scene()
    let result = try scene.unlock(pin: pin)
    #expect(result.status == 1 && result.output.isEmpty)
    #expect(!scene.instructions.contains("20"))
  }

  @Test("another dongle is named, and gets no PIN", arguments: Build.built)
  func wrongDongle(build: Build) throws {
    let scene = try Scene(inReader: TestDongle(serial: 0x0A0B_0C0D))
    let result = try scene.unlock(build)
    #expect(result.status == 3 && result.output.isEmpty)
    #expect(result.errorText.contains("not a dongle of this volume"), "\(result.errorText)")
    #expect(result.errorText.contains("0A0B0C0D"))
    #expect(!scene.instructions.contains("20"))
  }

  @Test("a dongle of the same serial with another key gets no PIN", arguments: Build.built)
  func twin(build: Build) throws {
    let scene = try Scene(inReader: TestDongle())
    let result = try scene.unlock(build)
    #expect(result.status == 3 && result.output.isEmpty)
    #expect(result.errorText.contains("no PIN is sent"), "\(result.errorText)")
    #expect(!scene.instructions.contains("20"))
  }

  @Test("a KDF-DO changed since the enrolment stops before the PIN", arguments: Build.built)
  func changedKDF(build: Build) throws {
    let scene = try Scene(TestDongle(profile: "yubikey-5")) { try $0.setUpKDF() }
    let result = try scene.unlock(build)
    #expect(result.status == 3 && result.output.isEmpty)
    #expect(!scene.instructions.contains("20"))
  }

  @Test("without a card, without pcscd: each is said, with its exit code", arguments: Build.built)
  func nothing(build: Build) throws {
    let scene = try Scene()
    scene.daemon.remove()
    let empty = try scene.unlock(build)
    #expect(empty.status == 3 && empty.errorText.contains("plug in one of these"))
    let program = try #require(build.path)
    let noService = try Program.run(
      program, ["--pin-fd", "0", scene.folder], text: "123456",
      environment: ["PCSCLITE_CSOCK_NAME": scene.volume.folder.path("nowhere")])
    #expect(noService.status == 5 && noService.errorText.contains("pcscd does not answer"))
    #expect(try Program.run(program, []).status == 2)
    #expect(try Program.run(program, ["--bogus", scene.folder]).status == 2)
  }

  @Test("a dongle that comes late is waited for")
  func late() throws {
    let scene = try Scene()
    scene.daemon.remove()
    let files = scene.volume.folder
    let process = try Program.start(
      Repository.product("latchkey-unlock"),
      ["--pin-fd", "0", "--wait", "300", "--run", files.path("run"), scene.folder],
      input: files.write("pin", TestDongle.pin), output: files.path("out"),
      environment: scene.daemon.environment)
    usleep(500_000)
    #expect(process.isRunning)
    try scene.daemon.insert(scene.dongle.file)
    #expect(Program.wait { !process.isRunning })
    Program.end(process)
    #expect(FileManager.default.contents(atPath: files.path("out")) == Data(scene.key))
  }

  @Test("a blob cut short, and a damaged record, are named before any card", arguments: Build.built)
  func damaged(build: Build) throws {
    let scene = try Scene()
    scene.daemon.forgetTrace()
    let blob = scene.folder + "/key.pgp"
    let whole = try #require(FileManager.default.contents(atPath: blob))
    try whole.dropLast(10).write(to: URL(fileURLWithPath: blob))
    let cut = try scene.unlock(build)
    #expect(cut.status == 1 && cut.errorText.contains("key.pgp isn't the one"), "\(cut.errorText)")
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: scene.folder + "/record"))
    let record = try scene.unlock(build)
    #expect(record.status == 1 && record.errorText.contains("record is damaged"))
    #expect(scene.daemon.trace().isEmpty)
  }

  @Test("a compressed blob is named, and nothing comes out", arguments: Build.built)
  func compressed(build: Build) throws {
    let scene = try Scene(TestDongle(key: .rsa(bits: 2048)))
    // A ZLIB packet; what stands behind the algorithm's number isn't looked at.
    try scene.replaceBlob(
      with: message(of: [0xC8, 5, 2, 0x78, 0x9C, 3, 0], to: scene.dongle.recorded.recipient))
    let result = try scene.unlock(build)
    #expect(result.status == 1 && result.output.isEmpty)
    #expect(result.errorText.contains("compressed (zlib)"), "\(result.errorText)")
  }

  /// A message with that content, whatever it is, to an RSA key (RFC 9580 §5.1.3, §5.13.1).
  private func message(of content: [UInt8], to recipient: RecipientKey) throws -> [UInt8] {
    let session = try randomBytes(32)
    let sum = session.reduce(0) { $0 + Int($1) }
    let block = [9] + session + [UInt8(sum >> 8 & 0xFF), UInt8(sum & 0xFF)]
    let cryptogram = try recipient.publicKey.encryptPKCS1(block.span).drop { $0 == 0 }
    let bits = cryptogram.count * 8 - (cryptogram.first?.leadingZeroBitCount ?? 0)
    let wrapped =
      [3] + recipient.fingerprint.suffix(8) + [1, UInt8(bits >> 8), UInt8(bits & 0xFF)] + cryptogram
    let prefix = try randomBytes(16)
    let checked = prefix + prefix.suffix(2) + content + [0xD3, 0x14]
    let plain = checked + (try digest(.sha1, of: checked.span))
    var encrypted = SecretBytes(capacity: plain.count)
    var cipher = try AESCFB(.encrypt, key: session.span)
    try cipher.update(plain.span, appendingTo: &encrypted)
    let length = wrapped.count - 192
    return [0xC1, UInt8(192 + length >> 8), UInt8(length & 0xFF)] + wrapped
      + [0xD2, UInt8(1 + plain.count), 1] + copy(of: encrypted)
  }

  @Test(
    "at its exit the program's memory holds neither PIN nor key",
    arguments: Build.built)
  func memory(build: Build) throws {
    let pin = "815-pin-4711"
    let dongle = try TestDongle()
    try dongle.setPIN(pin)
    let scene = try Scene(dongle, pin: pin)
    let scan = try MemoryScan.run(
      #require(build.path),
      ["--pin-fd", "0", "--run", scene.volume.folder.path("run"), scene.folder],
      input: Array((pin + "\n").utf8), environment: scene.daemon.environment,
      patterns: [
        Array(pin.utf8), scene.key, Array(scene.key.prefix(16)), Array(scene.key.suffix(16)),
        Array(scene.folder.utf8),
      ])
    #expect(scan.status == 0, "\(scan.errors)")
    #expect(scan.output == scene.key)
    #expect(scan.scanned > 1 << 20)
    #expect(scan.hits[0...3] == [0, 0, 0, 0], "\(scan.errors)")
    // The folder's name was an argument, so a scan that sees anything sees it.
    #expect(scan.hits[4] > 0)
  }
}
