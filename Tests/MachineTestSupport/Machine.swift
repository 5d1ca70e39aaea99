import Foundation
public import TestSupport

/// A whole machine in QEMU: a kernel, an initramfs and disks, its console on a serial line, and a USB place that a ``Dongle`` can be plugged into and pulled out of.
///
/// Nothing is written to the images. The machine ends with this value's life; its console stays in a file
/// until the next run of the same test.
public final class Machine {
  /// What the console showed, in a file.
  public let log: String

  private let name: String
  private let folder: TemporaryFolder
  private let process = Process()
  private let keyboard = Pipe()
  private let start = Date()
  private var card: Process?
  /// Whatever was plugged in: its files stay for as long as this.
  private var dongles: [Dongle] = []
  /// How much of the console has been looked at.
  private var position = 0
  private var milestones: [String] = []

  /// How many seconds ago it was switched on.
  public var seconds: Double { Date().timeIntervalSince(start) }

  /// Switches one on.
  /// - Parameters:
  ///   - name: the log's name, below `.build-boot/machine/logs`.
  ///   - kernel: its ELF image, or a bzImage, which unpacks itself for half a minute.
  ///   - initrd: the initramfs image.
  ///   - disks: images of volumes, in the order in which the machine sees them.
  ///   - root: the mapped root volume.
  ///   - options: more of the kernel's command line.
  ///   - port: the port here behind which is SSH's there; nil for a machine without a network.
  ///   - dongle: what is plugged in from the start.
  public init(
    _ name: String, kernel: String, initrd: String, disks: [String],
    root: String = "/dev/mapper/cryptroot", options: String = "", port: UInt16? = nil,
    dongle: Dongle? = nil
  ) throws {
    self.name = name
    folder = try TemporaryFolder()
    log = Repository.path(".build-boot/machine/logs/\(name).log")
    for file in [kernel, initrd] + disks where !FileManager.default.fileExists(atPath: file) {
      throw TestSupportError("there is no \(file): run scripts/boot-images")
    }
    var arguments = [
      "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-M",
      "q35", "-m", "512",
      "-smp", "1", "-nodefaults", "-display", "none", "-no-reboot", "-nic",
      port.map { "user,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:\($0)-:22" } ?? "none",
      "-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
      "-kernel", kernel, "-initrd", initrd, "-append",
      // On a machine with much else to do, the kernel's check of its timer fails.
      "console=ttyS0 panic=-1 no_timer_check random.trust_cpu=on quiet ro root=\(root) \(options)",
      "-device", "qemu-xhci", "-chardev",
      "socket,id=card,path=\(folder.path("usb")),server=on,wait=off",
      "-device", "usb-redir,chardev=card",
    ]
    for (index, disk) in disks.enumerated() {
      arguments += [
        "-drive",
        "file=\(disk),format=raw,if=none,id=disk\(index),snapshot=on",
        "-device", "virtio-blk-pci,drive=disk\(index)",
      ]
    }
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    guard let console = FileHandle(forWritingAtPath: log) else {
      throw TestSupportError("can't write \(log)")
    }
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardInput = keyboard
    process.standardOutput = console
    process.standardError = console
    try process.runWatched()
    if let dongle { try plug(dongle) }
  }

  deinit {
    pull()
    // It has nothing to lose.
    process.endGroup()
  }

  /// Plugs a dongle in.
  public func plug(_ dongle: Dongle) throws {
    pull()
    dongles.append(dongle)
    card = try Program.start(
      Repository.product("virtual-card"),
      ["run", "--usb-redir", folder.path("usb"), "--trace", dongle.trace, dongle.file],
      errors: log + ".card")
    note("plugged in \(dongle.name)")
  }

  /// Pulls the dongle out.
  public func pull() {
    guard let plugged = card else { return }
    Program.end(plugged)
    card = nil
    note("pulled the dongle out")
  }

  /// Waits until the console shows each of these texts, one after the other.
  /// - Returns: what it showed up to the end of the last one, from the end of what was seen before.
  @discardableResult
  public func see(_ texts: String...) throws -> String {
    var shown = ""
    for text in texts { shown += try next(text) }
    return shown
  }

  /// Waits for the end of the machine, which its root file system brings about.
  /// - Returns: all that its root said.
  public func end() throws -> String {
    let said = try see("ROOT: ", "ROOT: end")
    guard Program.wait(until: { !process.isRunning }) else {
      throw failure("the machine did not end")
    }
    return said
  }

  /// Types a line, and the key that ends it: Enter, which a terminal in raw mode takes as a return.
  public func type(_ line: String, end: String = "\n") throws {
    // Whoever asks shows the prompt first, then makes the terminal ready and drops what was typed before.
    Thread.sleep(forTimeInterval: 0.3)
    try keyboard.fileHandleForWriting.write(contentsOf: Data((line + end).utf8))
    note("typed a line")
  }

  /// Everything on the console until now.
  public var console: String {
    String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
      .replacing("\r\n", with: "\n")
  }

  /// The failure of this boot, with what happened when, and where the console's log is.
  public func failure(_ words: String) -> TestSupportError {
    TestSupportError(
      """
      \(name): \(words); the console's log is \(log)
      \(milestones.joined(separator: "\n"))
      The console's end:
      \(console.suffix(1500))
      """)
  }

  private func next(_ text: String) throws -> String {
    var found: String?
    let inTime = Program.wait {
      let isOver = !process.isRunning
      let unseen = console.dropFirst(position)
      if let range = unseen.firstRange(of: text) {
        found = String(unseen[..<range.upperBound])
        return true
      }
      Thread.sleep(forTimeInterval: 0.05)
      return isOver || unseen.contains("Kernel panic")
    }
    guard let found else {
      throw failure(inTime ? "no “\(text)” before the end" : "waited for “\(text)”")
    }
    position += found.count
    note("saw “\(text)”")
    return found
  }

  private func note(_ what: String) {
    milestones.append("\((seconds * 10).rounded() / 10) s  \(what)")
  }
}
