import ArgumentParser
import CSystem
import DiskKey
import FoundationEssentials
import Initramfs
import OpenPGPCard
import Storage

/// `latchkey initramfs`
struct InitramfsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "initramfs",
    abstract: "Look into what the machine boots from.",
    subcommands: [Check.self])

  /// `latchkey initramfs check`
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "Whether a built initramfs will open the volumes, and with which dongles.",
      discussion: """
        Looks into the image: the program, pcscd and its driver, libraries, scripts and their order, kernel \
        modules, and each volume's record and key.pgp, held against /etc/latchkey. It asks no dongle. Exit \
        code 1 means that a volume won't open by its dongle; its passphrase does.
        """)

    @OptionGroup var options: GlobalOptions

    @Option(
      help: ArgumentHelp(
        "Check a volume's folder instead, as the hooks do: /etc/latchkey/UUID.",
        valueName: "folder"), completion: .directory)
    var volume: String?

    @Argument(
      help: "The image; the running kernel's in /boot if left out, else the newest there.",
      completion: .file())
    var image: String?

    func run() throws {
      if let volume {
        guard image == nil else {
          throw Failure(
            .wrongUse, "an image and --volume don't go together", next: "Give one of them.")
        }
        try check(volume: volume)
        return
      }
      let path = try image ?? newest()
      let tree: ImageTree
      do throws(ImageError) {
        tree = try ImageTree(image: path)
      } catch {
        throw Failure(error, image: path)
      }
      let report = InitramfsReport(
        ImageCheck(of: tree, installed: options.folders.configuration), image: path)
      if options.json {
        try Output.document("initramfs check", report)
      } else {
        report.lines.forEach(Output.result)
      }
      guard report.opens else {
        throw Failure(.doesNotHold, "", next: report.advice)
      }
    }

    /// A folder's record and blob, before they go into an image: what can't work is said on stderr.
    private func check(volume: String) throws(Failure) {
      var faults: [ImageFault] = []
      do throws(DiskKeyError) {
        _ = try TrustedRecord.installed(in: Array(volume.utf8))
      } catch {
        if case .writableByOthers = error { faults.append(.writableByOthers(.record)) }
      }
      func read(_ name: String) throws(Failure) -> [UInt8]? {
        do throws(StorageError) {
          return try DurableFile.read(volume + "/" + name, limit: Record.maximumSize)
        } catch {
          throw Failure(error)
        }
      }
      let name = URL(fileURLWithPath: volume).lastPathComponent
      let check = VolumeCheck(
        of: VolumeUUID(Array(name.utf8).span) == nil ? nil : name, record: try read("record"),
        blob: try read("key.pgp"))
      faults += check.faults
      for fault in faults {
        Output.note("latchkey: volume \(Escaped.text(name)): \(fault.words).")
        Output.note("  " + fault.next)
      }
      for dongle in check.dongles { Output.result(InitramfsReport.Dongle(dongle).line) }
      guard faults.allSatisfy(\.isNote) else {
        throw Failure(.doesNotHold, "", next: "The volume's passphrase still opens it.")
      }
    }

    /// The image that the machine most likely boots next.
    private func newest() throws(Failure) -> String {
      let boot = SystemFolders(root: options.sysroot).boot
      let release =
        (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8))?
        .split(separator: "\n").first.map(String.init) ?? ""
      let names = ((try? FileManager.default.contentsOfDirectory(atPath: boot)) ?? []).filter {
        ($0.hasPrefix("initrd.img-") || $0.hasPrefix("initramfs-")) && !$0.contains("fallback")
          && !$0.hasSuffix(".bak") && !$0.hasSuffix(".dpkg-bak") && !$0.hasSuffix(".old-dkms")
      }
      for name in ["initrd.img-\(release)", "initramfs-\(release).img"] where names.contains(name) {
        return boot + "/" + name
      }
      func changed(_ name: String) -> Date {
        let attributes = try? FileManager.default.attributesOfItem(atPath: boot + "/" + name)
        return attributes?[.modificationDate] as? Date ?? .distantPast
      }
      guard let name = names.max(by: { changed($0) < changed($1) }) else {
        throw Failure(
          .system, "there is no initramfs in \(Escaped.text(boot))",
          next: "Name the image: latchkey initramfs check IMAGE.")
      }
      return boot + "/" + name
    }
  }
}
