import Secrets
import SmartCard

/// The elements of a BER-TLV sequence, copied.
struct DataList: Equatable {
  /// One element.
  struct Element: Equatable {
    let tag: UInt16
    let value: [UInt8]
  }

  private(set) var elements: [Element] = []

  /// Reads `bytes` to their end.
  /// - Throws: 6A80 if they are no such sequence.
  init(_ bytes: [UInt8]) throws(Refusal) {
    var reader = TLVReader(bytes.span)
    while true {
      do throws(TLVError) {
        guard let element = try reader.next() else { return }
        elements.append(Element(tag: element.tag, value: [UInt8](copying: element.value)))
      } catch {
        throw Refusal(.wrongData)
      }
    }
  }

  /// The value of the only element, which must have this tag.
  func only(_ tag: UInt16) throws(Refusal) -> [UInt8] {
    guard elements.count == 1, let element = elements.first, element.tag == tag else {
      throw Refusal(.wrongData)
    }
    return element.value
  }
}
