internal import CGPGME
import CSystem

/// What gpg's agent learned of the card in the reader.
public struct LearnedCard: Equatable, Sendable {
  /// The card's AID, in hexadecimal digits.
  public let serial: String
  /// The fingerprints of its keys, in hexadecimal digits.
  public let fingerprints: [String]

  /// `MMMM:SSSSSSSS` of its AID; nil if that is no OpenPGP card's.
  public var card: String? { CardNumber.text(serial) }
}

/// An OpenPGP card's AID (OpenPGP card 3.4.1 §4.2.1) as gpg writes it, in hexadecimal digits.
enum CardNumber {
  /// Manufacturer and serial in it, `MMMM:SSSSSSSS`.
  static func text(_ digits: String) -> String? {
    let digits = Array(digits.utf8)
    guard digits.count == 32, digits.starts(with: "D27600012401".utf8) else { return nil }
    return String(decoding: digits[16..<20] + [UInt8(ascii: ":")] + digits[20..<28], as: UTF8.self)
  }
}

extension GnuPG {
  /// Has gpg's agent look at the card and write a stub for each of its keys, as `gpg --card-status` does;
  /// then the agent lets the reader go.
  /// - Parameter replacing: whether stubs for another card, and secret keys, may be written over.
  public func learnCard(replacing: Bool) throws(KeyringError) -> LearnedCard {
    try home.run { () throws(KeyringError) in
      // Looking for a secret key starts the agent, which GPGME doesn't by itself.
      _ = try? GnuPGKeyHandle("0", in: self, secret: true)
      let agent = try AgentConnection(home)
      let command = replacing ? "LEARN --sendinfo --force" : "LEARN --sendinfo"
      // Where scdaemon had the card before us, it first notices that it was reset in between.
      let statuses: [AgentConnection.Status]
      do throws(KeyringError) {
        statuses = try agent.transact(command)
      } catch {
        _ = try? agent.transact("SCD RESET")
        _ = try? agent.transact("SCD SERIALNO openpgp")
        statuses = try agent.transact(command)
      }
      _ = try? agent.transact("SCD RESET")
      return LearnedCard(
        serial: statuses.first { $0.name == "SERIALNO" }.map { word(0, of: $0.text) } ?? "",
        fingerprints: statuses.filter { $0.name == "KEY-FPR" }.map { word(1, of: $0.text) })
    }
  }

  private func word(_ index: Int, of text: String) -> String {
    let words = text.split(separator: " ")
    return index < words.count ? String(words[index]) : ""
  }
}

/// gpg's agent, spoken to by GPGME (Assuan).
@safe
private final class AgentConnection {
  private let context: gpgme_ctx_t

  init(_ home: GnuPGHome) throws(KeyringError) {
    var made: gpgme_ctx_t?
    // Safe: the handle is ours, released in deinit; texts are C strings for the calls.
    try KeyringError.check(unsafe gpgme_new(&made))
    guard let context = unsafe made else { throw .noGPG }
    unsafe self.context = context
    try KeyringError.check(unsafe gpgme_set_protocol(context, GPGME_PROTOCOL_ASSUAN))
    guard let socket = unsafe gpgme_get_dirinfo("agent-socket") else { throw .noAgent }
    try KeyringError.check(
      unsafe gpgme_ctx_set_engine_info(context, GPGME_PROTOCOL_ASSUAN, socket, nil))
  }

  deinit {
    // Safe: nothing uses it any longer.
    unsafe gpgme_release(context)
  }

  struct Status {
    let name: String
    let text: String
  }

  /// What the agent says of itself while a command runs.
  private final class Statuses {
    var all: [Status] = []
  }

  func transact(_ command: String) throws(KeyringError) -> [Status] {
    let statuses = Statuses()
    var refusal: gpgme_error_t = 0
    // Safe: the object lives past the call; the callback is given it, and C strings that it copies.
    let error = unsafe gpgme_op_assuan_transact_ext(
      context, command, nil, nil, nil, nil,
      { opaque, name, text in
        guard let opaque = unsafe opaque, let name = unsafe name else { return 0 }
        unsafe Unmanaged<Statuses>.fromOpaque(opaque).takeUnretainedValue().all.append(
          Status(
            name: unsafe String(cString: name),
            text: unsafe text.map { unsafe String(cString: $0) } ?? ""))
        return 0
      }, Unmanaged.passUnretained(statuses).toOpaque(), &refusal)
    extendLifetime(statuses)
    try KeyringError.check(error)
    try KeyringError.check(refusal)
    return statuses.all
  }
}
