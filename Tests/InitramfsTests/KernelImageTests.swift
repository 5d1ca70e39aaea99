import Foundation
import Initramfs
import TestSupport
import Testing

/// Our reader of images beside the kernel that unpacks them.
@Suite("initramfs images as the kernel has them")
struct KernelImageTests {
  @Test("a real kernel has what is listed, and no other image is listed", arguments: TriedImage.all)
  func tried(image: TriedImage) throws {
    let folder = try TemporaryFolder()
    let bytes = try image.make()
    let path = try folder.write("image", bytes: bytes)
    let kernel = try KernelProbe.listing(of: bytes)
    #expect(kernel.said == image.kernel)
    let listing = try? ImageListing(image: path)
    #expect((listing != nil) == image.isListed)
    if let listing { #expect(kernel.differences(from: listing) == []) }
    if KernelUnpacker.program != nil {
      let other = try KernelUnpacker().listing(of: path)
      #expect(other.isSame(as: kernel), "the unpacker says: \(other)")
    }
  }

  @Test("docs/changes.md has each of them, with what came of it")
  func documented() throws {
    let text = try String(contentsOfFile: Repository.path("docs/changes.md"), encoding: .utf8)
    for image in TriedImage.all {
      let kernel = image.kernel == "ok" ? "unpacks it" : "stops: \(image.kernel)"
      let row = "| \(image.name) | \(kernel) | \(image.isListed ? "listed" : "**unexplained**") |"
      #expect(text.contains(row), "\(row)")
    }
  }

  /// Thousands, by `scripts/compare-kernel`.
  @Test(
    "of images by chance, changed and whole, none is listed otherwise than the kernel has it",
    .enabled(if: KernelUnpacker.program != nil))
  func byChance() throws {
    let environment = ProcessInfo.processInfo.environment
    let count = environment["LATCHKEY_IMAGES"].flatMap(Int.init) ?? 300
    let seed = environment["LATCHKEY_SEED"].flatMap(UInt64.init) ?? 1
    let folder = try TemporaryFolder()
    let unpacker = try KernelUnpacker()
    var (equal, refused, stopped, different) = (0, 0, 0, 0)
    var reasons: [String: Int] = [:]
    for number in 0..<count {
      var chance = Chance(seed: seed &* 1_000_003 &+ UInt64(number))
      let path = try folder.write("image", bytes: try RandomImage.bytes(&chance))
      let kernel = try unpacker.listing(of: path)
      let listing: ImageListing
      do { listing = try ImageListing(image: path) } catch {
        if kernel.said == "ok" { refused += 1 } else { stopped += 1 }
        reasons["\(error)".replacing(/at: \d+/, with: "at: …"), default: 0] += 1
        continue
      }
      let differences = kernel.differences(from: listing)
      if kernel.said == "ok", differences.isEmpty {
        equal += 1
        continue
      }
      different += 1
      let kept = "/tmp/latchkey-image-\(seed)-\(number)"
      try Data(contentsOf: URL(fileURLWithPath: path)).write(to: URL(fileURLWithPath: kept))
      Issue.record("\(kept): the kernel said \(kernel.said); \(differences)")
    }
    print(
      """
      \(count) images: \(equal) listed as the kernel has them, \(different) otherwise; not listed: \
      \(refused) that it unpacks, \(stopped) that it stops at
      """)
    for (reason, number) in reasons.sorted(by: { $0.value > $1.value }) {
      print("  \(number) \(reason)")
    }
    #expect(different == 0)
    // A reader that refuses all of them would have no other.
    #expect(equal * 5 >= count)
  }
}
