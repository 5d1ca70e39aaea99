import BootEntries
import BootManifest
import Storage

/// Whether the firmware starts the default entry by itself.
struct DefaultEntryLook {
  let step: FirmwareReport.Step

  /// - Parameter boot: the folder that is /boot.
  init(of boot: String) {
    let chosen: DefaultEntry?
    var lines: [[UInt8]?]
    do throws(BootMenuError) {
      chosen = try DefaultEntry(of: boot)
      lines = try BootMenu(of: boot).entries.map { entry in
        if case .heads(let line) = entry.line { line } else { nil }
      }
    } catch {
      step = .init("asks", "the boot entries can't be read", next: "latchkey entries list")
      return
    }
    guard let chosen else {
      step = .init(
        "asks", "no default is set: it shows the menu",
        next: "To choose one: latchkey entries default NUMBER, then latchkey sign.")
      return
    }
    // A menu that lies there, signed with the rest, counts in place of what the configurations say.
    if let saved = try? DurableFile.read(boot + "/kexec_menu.txt", limit: 1 << 20) {
      lines = saved.split(separator: 0x0A).map { Array($0) }
    }
    // Beyond the end, Heads takes the last entry.
    let place = min(chosen.number, lines.count)
    guard place > 0, lines[place - 1] == chosen.line else {
      step = .init(
        "asks",
        "entry \(chosen.number) is not what was chosen: it says that the boot entry has changed",
        next: "Choose again: latchkey entries default NUMBER, then latchkey sign.")
      return
    }
    let name = EscapedName(Array(chosen.line.prefix { $0 != UInt8(ascii: "|") }))
    step = .init("accepts", "entry \(chosen.number), '\(name)', is what was chosen")
  }
}
