/// What `echo $(eval "echo \"$entry\"")` of Heads' parser prints, for the texts of which that can be told
/// without running anything: quotes go, unset variables are empty, space is single.
///
/// Heads runs what stands in such a text. Here nothing is run: a text that has anything to run is refused.
enum EvaluatedText {
  /// Why what Heads prints can't be told.
  enum Refusal: Error, Equatable {
    /// `$(…)`, backquotes or an operator outside of quotes: Heads would run it.
    case command
    /// A variable of Heads' own scripts or environment.
    case variable([UInt8])
    /// Quotes that don't match: Heads prints an empty line, or what is worse.
    case quotes
  }

  /// Names that are set while Heads' parsers run.
  private static let ownNames: Set<String> = [
    "append", "appenddir", "blsdir", "bootdir", "bootlen", "checkpath", "cmd", "cmd2", "entry", "f",
    "file", "filedir", "firstval", "grubenv", "init", "initrd", "kernel", "kernelopts", "kexectype",
    "line", "modules", "name", "newappend", "param", "path", "splitval", "state", "trimcmd", "val",
  ]

  static func printed(_ entry: [UInt8]) throws(Refusal) -> [UInt8] {
    var out: [UInt8] = []
    var isQuoted = true
    var index = 0
    while index < entry.count {
      let byte = entry[index]
      index += 1
      switch byte {
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: "`"): throw .command
      case UInt8(ascii: "$"): try dollar(entry, &index, isQuoted, &out)
      case UInt8(ascii: "\\"):
        guard index < entry.count else { throw .quotes }
        let next = entry[index]
        if isQuoted, !Array("$`\"\\".utf8).contains(next) { out.append(byte) }
        out.append(next)
        index += 1
      case UInt8(ascii: "'") where !isQuoted:
        guard let end = entry[index...].firstIndex(of: byte) else { throw .quotes }
        out += entry[index..<end]
        index = end + 1
      case _ where !isQuoted && Array(";&|<>(){}~#\n".utf8).contains(byte): throw .command
      default: out.append(byte)
      }
    }
    guard isQuoted else { throw .quotes }
    // Escaped here, it is text; whoever evaluates the printed line once more runs it.
    guard !out.contains(UInt8(ascii: "`")), !out.contains(Array("$(".utf8)) else { throw .command }
    return ShellText.echo(out)
  }

  /// What stands behind a `$`.
  private static func dollar(
    _ entry: [UInt8], _ index: inout Int, _ isQuoted: Bool, _ out: inout [UInt8]
  ) throws(Refusal) {
    guard index < entry.count else { return out.append(UInt8(ascii: "$")) }
    let isBraced = entry[index] == UInt8(ascii: "{")
    let start = isBraced ? index + 1 : index
    var end = start
    if end < entry.count, entry[end].beginsName {
      while end < entry.count, entry[end].continuesName { end += 1 }
      if isBraced {
        guard end < entry.count, entry[end] == UInt8(ascii: "}") else { throw .command }
      }
      let name = String(decoding: entry[start..<end], as: UTF8.self)
      // The environment has capitals.
      guard !ownNames.contains(name), name.contains(where: \.isLowercase) else {
        throw .variable(Array(entry[start..<end]))
      }
      index = isBraced ? end + 1 : end
      return
    }
    let next = entry[index]
    if isBraced || Array("([".utf8).contains(next) { throw .command }
    if !isQuoted, Array("\"'".utf8).contains(next) { throw .quotes }
    if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next)
      || Array("?$#-!*@".utf8).contains(next)
    {
      throw .variable([next])
    }
    out.append(UInt8(ascii: "$"))
  }
}
