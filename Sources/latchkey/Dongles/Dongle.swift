import OpenPGPCard
import PCSC
import SmartCard
import VirtualCard

/// A dongle that is there: where it is, and what it said of itself on the first, short visit.
struct Dongle {
  /// Where a card is.
  enum Place {
    case reader(PCSCService, PCSCReader)
    /// A virtual card; what is typed on its reader's pad lies in the second file, where it has one.
    case file(String, pad: String?)

    /// For people.
    var description: String {
      switch self {
      case .reader(_, let reader): Escaped.name(reader.name)
      case .file(let path, _): Escaped.text(path)
      }
    }

    /// Connects anew: the card is held no longer than a visit takes.
    func connect() throws(ConnectionError) -> ReaderTransport {
      switch self {
      case .reader(let service, let reader):
        do throws(TransportError) {
          return ReaderTransport(try service.connect(to: reader, holding: true))
        } catch {
          throw .card(.transport(error))
        }
      case .file(let path, let pad):
        do throws(CardFileError) {
          return ReaderTransport(
            VirtualCardTransport(try VirtualCard(at: path), pad: try Dongle.script(pad)))
        } catch {
          throw .file(error)
        }
      }
    }
  }

  /// What is typed on a virtual card's pad.
  private static func script(_ path: String?) throws(CardFileError) -> PINPadScript? {
    guard let path else { return nil }
    return try PINPadScript(contentsOf: path)
  }

  /// Why a card can't be visited.
  enum ConnectionError: Error {
    case card(CardError)
    case file(CardFileError)
  }

  let place: Place
  let application: ApplicationData
  /// How long its commands and answers are in that place.
  let limits: CardLimits
  /// The pad of its reader; nil where it has none.
  let pad: PINPad?

  var identifier: CardIdentifier { application.identifier }

  /// As in its AID, `MMMM:SSSSSSSS`.
  var serial: String { String(decoding: identifier.text, as: UTF8.self) }

  /// The brand, in words.
  var model: String { "\(identifier.brand)" }

  /// Brand and serial.
  var name: String { "\(model) \(serial)" }

  /// Looks at the card in `place`: SELECT and GET DATA 6E, then the card is left as it was.
  init(at place: Place) throws(ConnectionError) {
    let transport = try place.connect()
    do throws(CardError) {
      let card = try OpenPGPCard(selecting: transport)
      self.init(at: place, as: card)
    } catch {
      throw .card(error)
    }
  }

  /// What a visit that has begun found.
  init(at place: Place, as card: borrowing OpenPGPCard<ReaderTransport>) {
    self.place = place
    application = card.application
    limits = card.limits
    pad = card.pinPad(for: .plain)
  }

  /// Says that the dongle waits for a touch, once an operation with that key takes more than half a
  /// second; nil where the key wants none.
  func touchNotice(for slot: KeySlot) -> LateNotice? {
    guard let touch = application.touchPolicy(of: slot), touch != .off else { return nil }
    return LateNotice(Array("\(name) waits for your touch.".utf8))
  }

  /// A new visit.
  func visit() throws(Failure) -> OpenPGPCard<ReaderTransport> {
    let transport: ReaderTransport
    do throws(ConnectionError) {
      transport = try place.connect()
    } catch {
      throw Failure(error, dongle: name)
    }
    do throws(CardError) {
      return try OpenPGPCard(selecting: transport, within: limits)
    } catch {
      throw Failure(error, dongle: name)
    }
  }
}
