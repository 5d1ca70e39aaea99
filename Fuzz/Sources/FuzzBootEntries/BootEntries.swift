import BootEntries
import Input

/// A configuration and an entry file: whatever is in them, a line is one line of printable parts, and
/// nothing that a shell would run is left in it.
@c(LLVMFuzzerTestOneInput)
public func fuzzBootEntries(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    var file: [UInt8] = []
    for index in input.indices { file.append(input[index]) }
    let menu = BootMenu(
      entries: MenuEntry.reading(configuration: file) + MenuEntry.reading(entryFile: file))
    _ = DefaultEntry(number: 1, line: file).renewal(in: menu)
    for (index, entry) in menu.entries.enumerated() {
      guard case .heads(let line) = entry.line else { continue }
      precondition(
        DefaultEntry(number: index + 1, line: line).renewal(in: menu) == .same(index + 1),
        "an entry that isn't itself")
      precondition(!line.contains(0x0A) && !line.contains(0x60), "more than a line")
      for path in entry.files { precondition(!path.contains(0x20), "more than a path") }
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedBootEntries(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  writeSeeds(
    [
      "menuentry 'A' --class a {\n\tlinux /vmlinuz root=\"a b\" ro --- quiet\n\tinitrd /initrd\n}\n",
      "menuentry 'X' {\n multiboot2 /xen.gz placeholder ${xen_rm_opts}\n module2 --nounzip /initrd\n}\n",
      "label a\nmenu label ^A\nkernel mboot.c32\nappend xen.gz x --- vmlinuz y --- initrd\n\n",
      "title F\nlinux /vmlinuz\ninitrd /initrd $tuned_initrd\noptions $kernelopts\n",
    ].map { Array($0.utf8) })
}
