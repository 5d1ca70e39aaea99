import CSystem
import DiskKey
import OpenPGPCard
import PCSC
import SmartCard

/// The recorded dongles that are there, by a look that asks for no PIN.
struct Dongles {
  /// A recorded dongle and the reader it is in.
  struct Place {
    let dongle: Record.Dongle
    let reader: PCSCReader
  }

  private(set) var present: [Place] = []
  /// Another program holds a reader: what is in it isn't known.
  private(set) var isReaderTaken = false
  /// Cards that are not recorded here.
  private var others: [CardIdentifier] = []
  /// A card says that it is a recorded dongle, and has another key.
  private var hasImpostor = false

  init(of volume: Volume) throws(TransportError) {
    try self.init(of: volume, by: PCSCService())
  }

  init(of volume: Volume, by service: PCSCService) throws(TransportError) {
    for reader in try service.readers() {
      switch reader.state {
      case .card: look(at: reader, volume, service)
      case .inUse: isReaderTaken = true
      case .empty, .mute, .unavailable: break
      }
    }
  }

  private mutating func look(at reader: PCSCReader, _ volume: Volume, _ service: PCSCService) {
    do throws(DiskKeyError) {
      let card = try select(reader, by: service)
      let application = card.application
      guard let dongle = volume.blob.dongle(application.identifier) else {
        others.append(application.identifier)
        return
      }
      guard application.fingerprint(of: .decryption) == dongle.pinned.fingerprint else {
        hasImpostor = true
        return
      }
      present.append(Place(dongle: dongle, reader: reader))
    } catch {
      if error == .card(.transport(.inUse)) { isReaderTaken = true }
    }
  }

  /// Says why none of the recorded dongles can be asked.
  func explainNone(_ volume: Volume, to call: Call) -> Int32 {
    if isReaderTaken { return explain(TransportError.inUse, to: call, as: .person) }
    for other in others {
      call.say(
        .person, "not a dongle of this volume: ", .fixed(other.brand), " ", .bytes(other.text))
    }
    if hasImpostor {
      call.say(.person, "a card that says it is a recorded dongle has another key: no PIN was sent")
    }
    call.say(.person, "plug in one of these, or use the passphrase:")
    for dongle in volume.blob.dongles { call.say(.person, "  ", .bytes(words(for: dongle))) }
    return -EAGAIN
  }
}

/// Begins a visit to the card in a reader.
func select(
  _ reader: PCSCReader, by service: PCSCService
) throws(DiskKeyError) -> OpenPGPCard<PCSCConnection> {
  let connection: PCSCConnection
  do throws(TransportError) {
    connection = try service.connect(to: reader, holding: true)
  } catch {
    throw .card(.transport(error))
  }
  do throws(CardError) {
    return try OpenPGPCard(selecting: connection)
  } catch {
    throw .card(error)
  }
}
