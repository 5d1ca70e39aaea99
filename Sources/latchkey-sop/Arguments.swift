import Foundation

/// A command line as the draft has them: a command, options `--name` or `--name=value`, then files.
struct Arguments {
  let command: String
  private(set) var files: [String] = []
  private var options: [(name: String, value: String?)] = []

  init(_ words: some Collection<String>) throws(SOPFailure) {
    guard let command = words.first else {
      throw SOPFailure(
        .unsupportedCommand,
        "usage: latchkey-sop version|sign|verify|encrypt|decrypt|extract-cert|armor|dearmor")
    }
    self.command = command
    var isBehindOptions = false
    for word in words.dropFirst() {
      if isBehindOptions || !word.hasPrefix("-") || word == "-" {
        files.append(word)
      } else if word == "--" {
        isBehindOptions = true
      } else {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        options.append((String(parts[0]), parts.count > 1 ? String(parts[1]) : nil))
      }
    }
  }

  /// Takes an option without a value out.
  mutating func flag(_ name: String) throws(SOPFailure) -> Bool {
    guard let index = options.firstIndex(where: { $0.name == name }) else { return false }
    guard options.remove(at: index).value == nil else {
      throw SOPFailure(.unsupportedOption, "\(name) takes no value")
    }
    return true
  }

  /// Takes an option with its value out; nil if it wasn't given.
  mutating func value(_ name: String) throws(SOPFailure) -> String? {
    guard let index = options.firstIndex(where: { $0.name == name }) else { return nil }
    guard let value = options.remove(at: index).value else {
      throw SOPFailure(.missingArgument, "\(name) takes a value: \(name)=…")
    }
    return value
  }

  /// Says that every option is one that is known.
  func end() throws(SOPFailure) {
    guard let option = options.first else { return }
    throw SOPFailure(.unsupportedOption, "\(command) has no option \(option.name) here")
  }

  /// What is in one of the files.
  static func content(of path: String) throws(SOPFailure) -> [UInt8] {
    guard !path.hasPrefix("@") else {
      throw SOPFailure(.unsupportedPrefix, "\(path): only files are read here")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw SOPFailure(.missingInput, "\(path) can't be read")
    }
    return [UInt8](data)
  }
}
