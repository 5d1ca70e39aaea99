/// Who makes the card, by the number in its AID; the list is the FSF Europe's, as the
/// specification's maintainers hand the numbers out.
public struct Manufacturer: Equatable, Sendable {
  /// The number in the AID.
  public let number: UInt16
  /// What people call the maker.
  public let name: StaticString

  /// Those with a name here.
  static var table: [Manufacturer] {
    [
      Manufacturer(number: 0x0001, name: "PPC Card Systems"),
      Manufacturer(number: 0x0002, name: "Prism"),
      Manufacturer(number: 0x0003, name: "OpenFortress"),
      Manufacturer(number: 0x0004, name: "Wewid"),
      Manufacturer(number: 0x0005, name: "ZeitControl"),
      Manufacturer(number: 0x0006, name: "Yubico"),
      Manufacturer(number: 0x0007, name: "OpenKMS"),
      Manufacturer(number: 0x0008, name: "LogoEmail"),
      Manufacturer(number: 0x0009, name: "Fidesmo"),
      Manufacturer(number: 0x000A, name: "VivoKey"),
      Manufacturer(number: 0x000B, name: "Feitian Technologies"),
      Manufacturer(number: 0x000D, name: "Dangerous Things"),
      Manufacturer(number: 0x000E, name: "Excelsecu"),
      Manufacturer(number: 0x000F, name: "Nitrokey"),
      Manufacturer(number: 0x002A, name: "Magrathea"),
      Manufacturer(number: 0x0042, name: "GnuPG e.V."),
      Manufacturer(number: 0x1337, name: "Warsaw Hackerspace"),
      Manufacturer(number: 0x2342, name: "warpzone"),
      Manufacturer(number: 0x4354, name: "Confidential Technologies"),
      Manufacturer(number: 0x5343, name: "SSE Carte à puce"),
      Manufacturer(number: 0x5443, name: "TIF-IT e.V."),
      Manufacturer(number: 0x63AF, name: "Trustica"),
      Manufacturer(number: 0xBA53, name: "c-base e.V."),
      Manufacturer(number: 0xBD0E, name: "Paranoidlabs"),
      Manufacturer(number: 0xCA05, name: "Canokeys"),
      Manufacturer(number: 0xF1D0, name: "CanoKeys"),
      Manufacturer(number: 0xF517, name: "FSIJ"),
      Manufacturer(number: 0xF5EC, name: "F-Secure"),
    ]
  }

  /// Equal by number.
  public static func == (left: Manufacturer, right: Manufacturer) -> Bool {
    left.number == right.number
  }
}

extension CardIdentifier {
  /// The maker's name; "test card" and "unmanaged" for the numbers set aside for those, "unknown
  /// maker" where the table has none.
  public var brand: StaticString {
    for maker in Manufacturer.table where maker.number == manufacturer { return maker.name }
    switch manufacturer {
    case 0x0000, 0xFFFF: return "test card"
    case 0xFF00...0xFFFE: return "unmanaged"
    default: return "unknown maker"
    }
  }
}
