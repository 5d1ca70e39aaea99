import ArgumentParser
import VirtualCard

/// `virtual-card show`.
struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints a card's model, serial number, keys and tries left.")

  @Argument(help: "The card's file.", completion: .file())
  var file: String

  func run() throws {
    do throws(CardFileError) {
      print(try VirtualCard(at: file).summary.text)
    } catch {
      throw Report.failure(error)
    }
  }
}

extension CardSummary {
  /// Lines for a person.
  var text: String {
    let names = ["signing", "decryption", "authentication"]
    let keys = zip(names, fingerprints).map { name, fingerprint in
      "  \(name): \(fingerprint ?? "none")"
    }
    return
      ([
        "Model: \(model)",
        "Card: \(identifier)" + (isTerminated ? " (terminated: it must be activated)" : ""),
        "Tries left: PIN \(tries[0]), reset code \(tries[1]), admin PIN \(tries[2])",
        "Keys:",
      ] + keys).joined(separator: "\n")
  }
}
