import Foundation
import MachineTestSupport
import TestSupport
import Testing

/// What opening the root volume with a dongle costs at boot, beside Debian's own `decrypt_gnupg-sc`: the
/// same image, the same dongle, the same machine, one after the other.
@Suite(.serialized) struct CostTests {
  /// One way to open the volume, as it was measured.
  private struct Cost {
    let name: String
    /// Bytes that the initramfs holds beyond Debian's, unpacked and compressed.
    let raw: Int
    let compressed: Int
    /// From power-on to the question for the PIN.
    let toPrompt: Double
    /// From the PIN to the first program of the root volume.
    let toRoot: Double
    /// Peak memory of each program, in kilobytes.
    let memory: [(program: String, kilobytes: Int)]
    /// How many APDUs the dongle ran.
    let exchanges: Int

    var row: String {
      func tenths(_ number: Double) -> String { String(format: "%.1f", number) }
      let programs = memory.map { "\($0.program) \(tenths(Double($0.kilobytes) / 1000))" }
      return "| \(name) | \(raw) | \(compressed) | \(tenths(toPrompt)) | \(tenths(toRoot)) "
        + "| \(programs.joined(separator: ", ")) | \(exchanges) |"
    }
  }

  @Test("A boot adds less and asks the dongle less than with gpg; the table is written down")
  func table() throws {
    let ours = try measure(
      "latchkey", "one", prompt: "PIN: ", end: "\n", programs: ["latchkey-unlock", "pcscd"])
    let gnupg = try measure(
      "decrypt_gnupg-sc", "gnupg", prompt: "Cancel>", end: "\r",
      programs: ["gpg", "gpg-agent", "scdaemon"])
    let text = """
      | | added, bytes | with zstd -9 | power-on to prompt, s | PIN to root, s | peak memory, MB | APDUs |
      |---|---|---|---|---|---|---|
      \(ours.row)
      \(gnupg.row)

      """
    try text.write(
      toFile: Repository.path(".build-boot/machine/boot-cost.md"), atomically: true,
      encoding: .utf8)
    print(text)
    #expect(try ours.raw <= limit() && ours.raw < gnupg.raw)
    #expect(ours.compressed < gnupg.compressed)
    #expect(ours.exchanges < gnupg.exchanges)
  }

  /// What may be added, in bytes: below the design's budget of 3.2 MB, as it hasn't grown.
  private func limit() throws -> Int {
    struct Limits: Decodable { let bytes: [String: Int] }
    let file = try Data(contentsOf: URL(fileURLWithPath: Repository.path("Benchmarks/limits.json")))
    return try #require(
      JSONDecoder().decode(Limits.self, from: file).bytes["added to the initramfs"])
  }

  private func measure(
    _ name: String, _ image: String, prompt: String, end: String, programs: [String]
  ) throws -> Cost {
    let dongle = try Dongle("cv25519")
    let machine = try Machine("cost-" + image, initrd: image + "-measured", dongle: dongle)
    try machine.see(prompt)
    let asked = machine.seconds
    try machine.type(Dongle.pin, end: end)
    let typed = machine.seconds
    try machine.see("ROOT: ")
    let opened = machine.seconds
    let root = try machine.see("ROOT: end")
    var peaks: [String: Int] = [:]
    for line in root.split(separator: "\n") where line.hasPrefix("MEASURED: ") {
      // `MEASURED: PROGRAM KILOBYTES`, or four times as many and `/ 4`.
      let words = line.split(separator: " ")
      guard words.count >= 3, let number = Int(words[2]) else { continue }
      peaks[String(words[1]), default: 0] = max(
        peaks[String(words[1]), default: 0], words.count == 3 ? number : number / 4)
    }
    let memory = try programs.map { program in
      (program, try #require(peaks[program], "\(program): \(root)"))
    }
    let debian = try sizes("debian")
    let sizes = try sizes(image)
    return Cost(
      name: name, raw: sizes.raw - debian.raw, compressed: sizes.compressed - debian.compressed,
      toPrompt: asked, toRoot: opened - typed, memory: memory,
      exchanges: dongle.exchanges().filter { !$0.hasPrefix("#") }.count)
  }

  /// The size of an initramfs, unpacked and compressed as Debian does by default.
  private func sizes(_ image: String) throws -> (raw: Int, compressed: Int) {
    let script = """
      set -eu
      zstd -dcq "$1" > "$2"; wc -c < "$2"; zstd -9 -cq "$2" | wc -c
      """
    let folder = try TemporaryFolder()
    let result = try Program.run(
      "sh",
      [
        "-c", script, "-", Repository.path(".build-boot/machine/initrd/\(image).img"),
        folder.path("cpio"),
      ])
    let numbers = result.text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    guard result.status == 0, numbers.count == 2 else { throw TestSupportError(result.errorText) }
    return (numbers[0], numbers[1])
  }
}
