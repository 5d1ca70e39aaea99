import OpenPGPCard
import PCSC
import SmartCard

/// All dongles that are there. An odd card in one reader hides none of the others.
struct Dongles {
  /// Those that answered.
  let found: [Dongle]
  /// Readers whose card didn't, and why.
  let others: [(place: String, why: Failure)]

  /// Looks into every reader, or at the virtual cards that were named, and keeps the dongles that
  /// `--card` names, in that order, or all.
  static func look(_ options: GlobalOptions) throws(Failure) -> Dongles {
    var found: [Dongle] = []
    var others: [(place: String, why: Failure)] = []
    for place in try places(options) {
      do throws(Dongle.ConnectionError) {
        found.append(try Dongle(at: place))
      } catch {
        let why = Failure(error, dongle: place.description)
        // A file that was named and isn't a card is the answer; a reader may hold anything.
        if case .file = place { throw why }
        others.append((place.description, why))
      }
    }
    let wanted = try identifiers(options.card)
    guard !wanted.isEmpty else { return Dongles(found: found, others: others) }
    for identifier in wanted where !found.contains(where: { $0.identifier == identifier }) {
      throw Failure(
        .noDongle, "dongle \(String(decoding: identifier.text, as: UTF8.self)) is not there",
        next: Self.next(found, others))
    }
    // In the order they were named: that of the PIN files.
    return Dongles(
      found: wanted.flatMap { identifier in found.filter { $0.identifier == identifier } },
      others: others)
  }

  /// A visit that has begun, and the look with which it did.
  struct Visit: ~Copyable {
    let dongle: Dongle
    var card: OpenPGPCard<ReaderTransport>
  }

  /// A visit to the only card there is, for what asks nobody anything: the look need not let go of it. Nil
  /// where there are others, or it can't be visited: a look at all of them says why.
  static func onlyVisit(_ options: GlobalOptions) throws(Failure) -> Visit? {
    let places = try places(options)
    guard places.count == 1, options.card.isEmpty, let transport = try? places[0].connect() else {
      return nil
    }
    do throws(CardError) {
      let card = try OpenPGPCard(selecting: transport)
      let dongle = Dongle(at: places[0], as: card)
      return Visit(dongle: dongle, card: card)
    } catch {
      return nil
    }
  }

  /// The one dongle that is meant, in a visit without a PIN.
  static func read<Result>(
    _ options: GlobalOptions,
    _ body: (Dongle, inout OpenPGPCard<ReaderTransport>) throws(CardError) -> Result
  ) throws(Failure) -> Result {
    if var visit = try onlyVisit(options) {
      let dongle = visit.dongle
      return try step(dongle) { () throws(CardError) in try body(dongle, &visit.card) }
    }
    let dongle = try look(options).one("that fits")
    var card = try dongle.visit()
    return try step(dongle) { () throws(CardError) in try body(dongle, &card) }
  }

  private static func step<Result>(
    _ dongle: Dongle, _ body: () throws(CardError) -> Result
  ) throws(Failure) -> Result {
    do throws(CardError) {
      return try body()
    } catch {
      throw Failure(error, dongle: dongle.name)
    }
  }

  /// The one dongle that fits; never a guess.
  /// - Parameters:
  ///   - what: what it has to be, as in "that can sign".
  ///   - advice: what to do with one that is there and doesn't fit.
  func one(
    _ what: String, advice: String = "", where fits: (Dongle) -> Bool = { _ in true }
  ) throws(Failure) -> Dongle {
    let fitting = found.filter(fits)
    if let only = fitting.first, fitting.count == 1 { return only }
    if fitting.isEmpty {
      // The only card there is refuses, as one in use does: that is what matters.
      if let other = others.first?.why, found.isEmpty, others.count == 1,
        other.status == .dongleRefuses
      {
        throw other
      }
      throw Failure(
        .noDongle,
        found.isEmpty ? "there is no dongle" : "there is no dongle \(what)",
        next: Self.next(found, others) + (found.isEmpty || advice.isEmpty ? "" : " " + advice))
    }
    throw Failure(
      .noDongle, "there are \(fitting.count) dongles \(what)",
      next: "Say which one: "
        + fitting.map { "--card \($0.serial) (\($0.model))" }.joined(separator: ", or ") + ".")
  }

  private static func next(_ found: [Dongle], _ others: [(place: String, why: Failure)]) -> String {
    var sentences: [String] = []
    if !found.isEmpty {
      sentences.append("There is \(found.map(\.name).joined(separator: ", ")).")
    }
    sentences += others.map { "In \($0.place): \($0.why.what). \($0.why.next)" }
    return sentences.isEmpty
      ? "Plug it in and run this again." : sentences.joined(separator: " ")
  }

  private static func identifiers(_ texts: [String]) throws(Failure) -> [CardIdentifier] {
    var identifiers: [CardIdentifier] = []
    for text in texts {
      guard let identifier = CardIdentifier(text: Array(text.utf8).span) else {
        throw Failure(
          .wrongUse, "\"\(Escaped.text(text))\" names no dongle",
          next: "It is MMMM:SSSSSSSS, as `latchkey card list` shows it.")
      }
      if !identifiers.contains(identifier) { identifiers.append(identifier) }
    }
    return identifiers
  }

  /// Every place that may hold a dongle: readers with a card, or the files that were named.
  static func places(_ options: GlobalOptions) throws(Failure) -> [Dongle.Place] {
    guard options.virtualCard.isEmpty else {
      return options.virtualCard.map { .file($0, pad: options.virtualPad) }
    }
    do throws(TransportError) {
      let service = try PCSCService()
      return try service.readers().filter(\.hasCard).map { .reader(service, $0) }
    } catch {
      throw Failure(Dongle.ConnectionError.card(.transport(error)), dongle: "the reader")
    }
  }
}
