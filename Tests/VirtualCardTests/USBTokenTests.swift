import Foundation
import TestSupport
import Testing

@testable import VirtualCard

/// The token, message by message.
@Suite struct USBTokenTests {
  private static func token(
    _ model: String = "yubikey-5", hasCard: Bool = true
  ) throws -> USBToken {
    let profile = try CardProfile(contentsOf: Repository.path("cards/\(model).json"))
    let device = try #require(USBDevice(profile, serial: 0x0A1B_2C3D))
    return USBToken(device, answerToReset: profile.answerToReset.bytes, hasCard: hasCard)
  }

  /// Said hello to, and plugged in.
  private static func plugged(_ model: String = "yubikey-5") throws -> USBToken {
    var token = try token(model)
    _ = token.receive(hello())
    _ = token.plugIn()
    return token
  }

  private static func hello(capabilities: UInt32 = 0xFF) -> USBRedirMessage {
    var payload = [UInt8](repeating: 0, count: 64)
    payload.append(little: capabilities)
    return USBRedirMessage(.hello, payload)
  }

  private static func messages(_ effects: [USBToken.Effect]) -> [USBRedirMessage] {
    effects.compactMap { if case .send(let message) = $0 { message } else { nil } }
  }

  private static func bulk(_ address: UInt8, _ data: [UInt8], length: Int? = nil) -> [UInt8] {
    var payload = [address, 0]
    payload.append(little: UInt16(length ?? data.count))
    payload.append(little: UInt32(0))
    payload.append(little: UInt16(0))
    return payload + data
  }

  /// GET_DESCRIPTOR.
  private static func descriptor(_ token: inout USBToken, _ value: UInt16) -> [UInt8]? {
    var payload: [UInt8] = [0x80, 6, 0x80, 0]
    payload.append(little: value)
    payload.append(little: UInt16(0))
    payload.append(little: UInt16(255))
    let answer = messages(token.receive(USBRedirMessage(.control, id: 5, payload))).first
    guard let answer, answer.id == 5, answer.payload[3] == 0 else { return nil }
    return Array(answer.payload[10...])
  }

  @Test(
    "each model is on the bus as libccid knows it",
    arguments: [
      ("nitrokey-3", "20A0", "42B2", "Nitrokey 3"),
      ("nitrokey-pro", "20A0", "4108", "Nitrokey Pro"),
      ("nitrokey-storage", "20A0", "4109", "Nitrokey Storage"),
      ("nitrokey-start", "20A0", "4211", "Nitrokey Start"),
      ("librem-key", "316D", "4C4B", "Librem Key"), ("gnuk", "234B", "0000", "FSIJ USB Token"),
      ("yubikey-5", "1050", "0407", "YubiKey OTP+FIDO+CCID"),
      ("canokey", "20A0", "42D4", "Canokey"),
    ])
  func descriptors(_ model: String, _ vendor: String, _ product: String, _ name: String) throws {
    var token = try Self.plugged(model)
    let device = try #require(Self.descriptor(&token, 0x0100))
    #expect(device.count == 18)
    #expect(device.little(UInt16.self, at: 8) == UInt16(vendor, radix: 16))
    #expect(device.little(UInt16.self, at: 10) == UInt16(product, radix: 16))
    let text = try #require(Self.descriptor(&token, 0x0302))
    let units = stride(from: 2, to: text.count, by: 2).compactMap {
      text.little(UInt16.self, at: $0)
    }
    #expect(String(decoding: units, as: UTF16.self) == name)
    let serial = try #require(Self.descriptor(&token, 0x0303))
    #expect(serial.dropFirst(2).filter { $0 != 0 } == Array("0A1B2C3D".utf8))
    let configuration = try #require(Self.descriptor(&token, 0x0200))
    #expect(configuration.little(UInt16.self, at: 2) == UInt16(configuration.count))
    // The smart card class, its descriptor, and what is exchanged; as many endpoints as it says.
    #expect(configuration[9 + 5] == 0x0B)
    #expect(Array(configuration[18..<20]) == [54, 0x21])
    let features = try #require(configuration.little(UInt32.self, at: 18 + 40))
    #expect(CCIDReader.Level(rawValue: features & 0x7_0000) != nil)
    #expect(configuration.count == 9 + 9 + 54 + 7 * Int(configuration[9 + 4]))
    #expect(Self.descriptor(&token, 0x0600) == nil)
    // The driver finds readers by these numbers.
    let vendors = try String(contentsOfFile: "/etc/libccid_Info.plist", encoding: .utf8)
    #expect(vendors.contains("0x\(vendor)") && vendors.contains("0x\(product)"))
  }

  @Test("a command goes to the card, and its answer to whoever fetches it, before or after")
  func exchanges() throws {
    var token = try Self.plugged()
    let on = CCIDMessage(CCIDMessage.Kind.powerOn, slot: 0, sequence: 0, [0, 0, 0]).bytes
    var effects = token.receive(USBRedirMessage(.bulk, id: 1, Self.bulk(0x02, on)))
    #expect(effects.contains(.powerOn))
    #expect(Self.messages(effects).map(\.id) == [1])
    // Fetched in two transfers, as a short buffer has it.
    var answer: [UInt8] = []
    for (id, length) in [(2, 12), (3, 512)] as [(UInt64, Int)] {
      effects = token.receive(USBRedirMessage(.bulk, id: id, Self.bulk(0x82, [], length: length)))
      let message = try #require(Self.messages(effects).first)
      #expect(message.id == id)
      answer += message.payload[10...]
    }
    #expect(answer.count == 10 + 23)
    let run = CCIDMessage(CCIDMessage.Kind.transfer, slot: 0, sequence: 1, [0, 0, 0], [9]).bytes
    #expect(
      token.receive(USBRedirMessage(.bulk, id: 4, Self.bulk(0x82, [], length: 64))).isEmpty)
    // The command in two transfers.
    _ = token.receive(USBRedirMessage(.bulk, id: 5, Self.bulk(0x02, Array(run[..<7]))))
    effects = token.receive(USBRedirMessage(.bulk, id: 6, Self.bulk(0x02, Array(run[7...]))))
    guard case .run([9], let number) = effects.last else {
      Issue.record("\(effects)")
      return
    }
    #expect(token.cardAnswered([1], to: number - 1).isEmpty)
    effects = token.cardAnswered([0x90, 0], to: number)
    #expect(Self.messages(effects).first?.id == 4)
    #expect(Self.messages(effects).first?.payload.suffix(2) == [0x90, 0])
  }

  @Test("a fetch that is cancelled ends, and the next one gets the answer")
  func cancels() throws {
    var token = try Self.plugged()
    _ = token.receive(USBRedirMessage(.bulk, id: 4, Self.bulk(0x82, [], length: 64)))
    let cancelled = Self.messages(token.receive(USBRedirMessage(.cancel, id: 4, [])))
    #expect(cancelled.map(\.id) == [4])
    #expect(cancelled.first?.payload[1] == 1)
    #expect(token.receive(USBRedirMessage(.cancel, id: 4, [])).isEmpty)
  }

  @Test("pulled in the middle, the card loses its power, and what comes late leads to nothing")
  func pulled() throws {
    var token = try Self.plugged()
    let on = CCIDMessage(CCIDMessage.Kind.powerOn, slot: 0, sequence: 0, [0, 0, 0]).bytes
    _ = token.receive(USBRedirMessage(.bulk, id: 1, Self.bulk(0x02, on)))
    let run = CCIDMessage(CCIDMessage.Kind.transfer, slot: 0, sequence: 1, [0, 0, 0], [9]).bytes
    guard
      case .run(_, let number) = token.receive(
        USBRedirMessage(.bulk, id: 2, Self.bulk(0x02, run))
      ).last
    else {
      Issue.record("the card runs nothing")
      return
    }
    let effects = token.pull()
    #expect(effects.contains(.powerOff))
    #expect(Self.messages(effects).map(\.kind) == [.disconnect])
    #expect(!token.isBusy)
    #expect(token.cardAnswered([0x90, 0], to: number).isEmpty)
    #expect(token.receive(USBRedirMessage(.bulk, id: 3, Self.bulk(0x02, run))).isEmpty)
    // Plugged in again at once: it waits until the machine knows that it was gone.
    #expect(token.plugIn().isEmpty)
    let again = token.receive(USBRedirMessage(.disconnectAcknowledged, []))
    #expect(Self.messages(again).map(\.kind) == [.interfaceInfo, .endpointInfo, .connect])
  }

  @Test("a card that comes late is reported once the host listens")
  func late() throws {
    var token = try Self.token(hasCard: false)
    _ = token.receive(Self.hello())
    _ = token.plugIn()
    let start = Self.messages(token.receive(USBRedirMessage(.startInterrupt, id: 1, [0x81])))
    #expect(start.last?.payload.suffix(2) == [0x50, 2])
    #expect(Self.messages(token.insertCard()).last?.payload.suffix(2) == [0x50, 3])
    #expect(token.insertCard().isEmpty)
  }

  @Test("ids have 64 bits where the machine knows them, and messages are whole however they come")
  func frames() throws {
    var token = try Self.token()
    #expect(!token.isWide)
    _ = token.receive(Self.hello(capabilities: 0))
    #expect(!token.isWide)
    for isWide in [false, true] {
      let sent = [
        USBRedirMessage(.control, id: 0x0102_0304, [1, 2, 3]), USBRedirMessage(.reset, []),
      ]
      let bytes = sent.flatMap { $0.bytes(wide: isWide) }
      var stream = USBRedirStream()
      stream.isWide = isWide
      var received: [USBRedirMessage] = []
      for byte in bytes {
        stream.append([byte])
        while let message = try stream.next() { received.append(message) }
      }
      #expect(received == sent)
    }
    var stream = USBRedirStream()
    stream.append([UInt8](repeating: 0xFF, count: 12))
    #expect(throws: USBRedirStream.Nonsense.self) { try stream.next() }
  }
}
