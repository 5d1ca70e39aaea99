/// What a token shows of itself on the bus, besides the card: numbers, names, and its reader's values.
public struct USBDevice: Equatable, Sendable {
  /// idVendor.
  public var vendor: UInt16
  /// idProduct.
  public var product: UInt16
  /// bcdDevice.
  public var release: UInt16
  /// iManufacturer.
  public var manufacturerName: String
  /// iProduct.
  public var productName: String
  /// iSerial; empty where the device has none.
  public var serialNumber: String
  /// iInterface; empty where the device has none.
  public var interfaceName: String
  package var reader: CCIDReader

  /// The device that a card of this model is in.
  /// - Parameter serial: the card's, which the device shows too.
  /// - Returns: nil for a card that is no USB device.
  public init?(_ profile: CardProfile, serial: UInt32) {
    guard let usb = profile.usb, let vendor = usb.vendor.number, let product = usb.product.number,
      let release = usb.release.number
    else { return nil }
    self.vendor = vendor
    self.product = product
    self.release = release
    manufacturerName = usb.manufacturerName
    productName = usb.productName
    let digits = String(serial, radix: 16, uppercase: true)
    serialNumber = String(repeating: "0", count: 8 - digits.count) + digits
    interfaceName = usb.interfaceName ?? ""
    reader = CCIDReader(level: .extended)
    reader.features = usb.features.bytes.reduce(0) { $0 << 8 | UInt32($1) }
    reader.maximumMessage = usb.maximumMessage
    reader.maximumBlock = usb.maximumBlock
    reader.hasInterruptEndpoint = usb.hasInterruptEndpoint
    reader.pinSupport = usb.pinSupport?.bytes.first ?? 0
  }

  /// A device of these numbers, for a card that is none by itself: its reader takes any APDU where the
  /// card does, else short ones.
  public init(vendor: UInt16, product: UInt16, profile: CardProfile) {
    self.vendor = vendor
    self.product = product
    release = 0x0100
    manufacturerName = ""
    productName = profile.name
    serialNumber = ""
    interfaceName = ""
    reader = CCIDReader(level: profile.takesExtendedLengths ? .extended : .short)
  }

  /// What host and reader exchange.
  public enum Exchange: Equatable, Sendable {
    /// Any APDUs.
    case extended
    /// Short APDUs.
    case short
    /// Blocks of the card's own protocol.
    case tpdu
  }

  /// Lets host and reader exchange something else than the model does.
  public mutating func exchange(_ exchange: Exchange) {
    let (pad, endpoint) = (reader.pinSupport, reader.hasInterruptEndpoint)
    switch exchange {
    case .extended: reader = CCIDReader(level: .extended)
    case .short: reader = CCIDReader(level: .short)
    case .tpdu: reader = CCIDReader(level: .block)
    }
    reader.pinSupport = pad
    reader.hasInterruptEndpoint = endpoint
  }

  /// Gives the reader a pad, for PINs and new ones; or none.
  public mutating func setPad(_ hasPad: Bool) { reader.pinSupport = hasPad ? 3 : 0 }
}
