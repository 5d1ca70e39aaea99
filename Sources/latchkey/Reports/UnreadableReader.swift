/// A reader whose card could not be looked at, for JSON.
struct UnreadableReader: Encodable {
  /// The reader's name.
  let place: String
  let problem: String
  let advice: String
  /// Who may hold it, the likeliest first; left out where that isn't why.
  let holders: [Holder]?

  /// A process.
  struct Holder: Encodable {
    let name: String
    let process: Int
  }

  init(_ place: String, _ why: Failure) {
    self.place = place
    problem = why.what
    advice = why.next
    holders =
      why.holders.isEmpty
      ? nil : why.holders.map { Holder(name: $0.name, process: $0.process) }
  }
}
