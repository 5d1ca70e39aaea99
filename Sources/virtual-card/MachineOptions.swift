import ArgumentParser
import FoundationEssentials
import Glibc
import VirtualCard

/// Where in a virtual machine the card is, and what happens to it there.
struct MachineOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Be a whole USB token: the socket of QEMU's chardev for -device usb-redir.",
      valueName: "socket"), completion: .file())
  var usbRedir: String?

  @Option(
    help: ArgumentHelp(
      "Be a card in QEMU's reader: the socket of the chardev for -device ccid-card-passthru.",
      valueName: "socket"), completion: .file())
  var vscard: String?

  @Option(help: "The token's vendor, four hexadecimal digits; else the model's.")
  var usbVendor: String?

  @Option(help: "The token's product, four hexadecimal digits; else the model's.")
  var usbProduct: String?

  @Option(help: ArgumentHelp("The token's product name; else the model's.", valueName: "text"))
  var usbName: String?

  @Option(help: ArgumentHelp("The vendor's name; else the model's.", valueName: "text"))
  var usbManufacturer: String?

  @Option(
    help: ArgumentHelp(
      "The serial number the token shows, which may be empty; else the card's.", valueName: "text"))
  var usbSerial: String?

  @Option(
    help: ArgumentHelp(
      "What is exchanged with the token: extended or short APDUs, or T=1's blocks; else the model's.",
      valueName: "extended|short|tpdu"))
  var usbLevel: Level?

  @Flag(help: "The token has a pad of its own for PINs.")
  var pinpad = false

  @Option(
    help: ArgumentHelp(
      "What is typed on the pad, a line each time: digits, cancel, timeout, wait SECONDS.",
      valueName: "file"), completion: .file())
  var padPinFile: String?

  @Option(help: "Plug the token in so long after the machine is there.")
  var plugAfter = 0.0

  @Option(help: "Put the card into the token so long after the machine is there.")
  var insertAfter = 0.0

  @Option(help: "Pull the token so long after the machine is there.")
  var pullAfter: Double?

  @Option(help: "Ask for more time so often before each answer, a tenth of a second each.")
  var wtx = 0

  func validate() throws {
    guard usbRedir == nil || vscard == nil else {
      throw ValidationError("A card is in one place: --usb-redir or --vscard.")
    }
    for (name, value) in [("--usb-vendor", usbVendor), ("--usb-product", usbProduct)] {
      if let value, Self.number(value) == nil {
        throw ValidationError("\(name) takes four hexadecimal digits, such as 20A0.")
      }
    }
    for time in [plugAfter, insertAfter, pullAfter ?? 0] where !(0...86_400).contains(time) {
      throw ValidationError(
        "--plug-after, --insert-after and --pull-after take 0 to 86400 seconds.")
    }
    guard (0...1000).contains(wtx) else { throw ValidationError("--wtx takes 0 to 1000.") }
    guard padPinFile == nil || usbRedir != nil else {
      throw ValidationError("--pad-pin-file goes with --usb-redir.")
    }
  }

  /// Lets the card be in the machine that was named.
  /// - Returns: false if none was.
  func serve(
    _ card: VirtualCard, patience: Int, stop: CInt, trace: APDUTrace?
  ) throws -> Bool {
    guard let socket = usbRedir ?? vscard else { return false }
    let device = usbRedir == nil ? nil : try usbDevice(of: card)
    let pad = try padScript()
    let hands = Signals([SIGUSR1: Hand.pull.rawValue, SIGUSR2: Hand.plug.rawValue])
    let ending: MachineEnding
    if let device {
      guard
        let connection = try USBRedirConnection.open(socket, patience: patience, stop: stop)
      else { return true }
      report(card)
      ending = try connection.serve(
        card, as: device, schedule, pad: pad, hands: hands.descriptor, trace: trace)
    } else {
      guard let connection = try VSCARDConnection.open(socket, patience: patience, stop: stop)
      else { return true }
      report(card)
      ending = try connection.serve(card, schedule, hands: hands.descriptor, trace: trace)
    }
    if ending == .machineGone { Report.note("The machine is gone.") }
    return true
  }

  private func report(_ card: VirtualCard) {
    Report.note("\(card.summary.model) \(card.summary.identifier) is at the machine.")
  }

  private var schedule: Schedule {
    var schedule = Schedule()
    schedule.plugAfter = Int(plugAfter * 1000)
    schedule.insertAfter = Int(insertAfter * 1000)
    schedule.pullAfter = pullAfter.map { Int($0 * 1000) }
    schedule.timeExtensions = wtx
    return schedule
  }

  private func usbDevice(of card: VirtualCard) throws -> USBDevice {
    let vendor = usbVendor.flatMap(Self.number)
    let product = usbProduct.flatMap(Self.number)
    guard var device = card.usbDevice(vendor: vendor, product: product) else {
      Report.note(
        """
        A \(card.summary.model) is no USB device by itself, but a card for a reader.
        Say which reader it is in: --usb-vendor 08E6 --usb-product 3437, or any that libccid lists.
        """)
      throw ExitCode(2)
    }
    if let usbName { device.productName = usbName }
    if let usbManufacturer { device.manufacturerName = usbManufacturer }
    if let usbSerial { device.serialNumber = usbSerial }
    if let usbLevel { device.exchange(usbLevel.exchange) }
    if pinpad { device.setPad(true) }
    return device
  }

  private func padScript() throws -> PINPadScript {
    guard let padPinFile else { return PINPadScript() }
    return try PINPadScript(contentsOf: padPinFile)
  }

  private static func number(_ text: String) -> UInt16? {
    text.utf8.count == 4 ? UInt16(text, radix: 16) : nil
  }
}

extension MachineOptions {
  /// What is exchanged with a token.
  enum Level: String, CaseIterable, ExpressibleByArgument {
    case extended
    case short
    case tpdu

    /// As the library names it.
    var exchange: USBDevice.Exchange {
      switch self {
      case .extended: .extended
      case .short: .short
      case .tpdu: .tpdu
      }
    }
  }
}
