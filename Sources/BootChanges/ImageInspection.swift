public import Initramfs
import LibCrypto

/// What changed inside an initramfs, and whether each file is an installed package's.
public struct ImageInspection: Sendable {
  /// Its path below /boot, beginning with a slash.
  public let path: String
  /// Whether it was compared with what it held at the signing, or as a new one with those that there were.
  public let isCompared: Bool
  /// How many files, folders and links are in it.
  public let count: Int
  /// What changed, or with nothing kept all that is there; what nothing explains first.
  public let changes: [ImageChange]
  /// Why it could not be looked into; nil if it could.
  public let failure: ImageError?

  /// Whether each file in it that isn't as it was at the signing has a cause; with nothing kept of that
  /// signing, each file.
  public var isAccountedFor: Bool {
    failure == nil && count > 0 && changes.allSatisfy(\.cause.explains)
  }

  /// What initramfs-tools writes itself is small.
  private static let largestText = 64 << 10
  /// No more than so many bytes are kept of an image; what is left out has no cause.
  private static let allTexts = 48 << 20

  /// Looks into an image.
  /// - Parameters:
  ///   - path: its path below /boot.
  ///   - boot: the folder that is /boot.
  ///   - old: what it held at the signing.
  ///   - others: what the images held that were there at the signing.
  init(
    _ path: String, in boot: String, since old: ImageListing?, others: [ImageListing],
    root: String, _ packages: PackageDatabase
  ) {
    self.path = path
    isCompared = old != nil || !others.isEmpty
    var sums: [[UInt8]: [UInt8]] = [:]
    var texts: [[UInt8]: [UInt8]] = [:]
    var room = Self.allTexts
    let listing: ImageListing
    do throws(ImageError) {
      listing = try ImageListing(image: boot + path) { path, size in
        size <= room && (size <= Self.largestText || ImageOrigin.isLong(path, size: size))
      } look: { file in
        sums[file.digest] = file.checksum
        guard let bytes = file.bytes, texts[file.digest] == nil else { return }
        room -= bytes.count
        texts[file.digest] = bytes
      }
    } catch {
      failure = error
      changes = []
      count = 0
      return
    }
    failure = nil
    count = listing.entries.count
    let differences = listing.differences(since: old)
    let origins = ImageOrigin(
      listing, sums, texts, packages, of: differences.map(\.entry.path), since: old,
      root: root)
    let found = differences.map { entry, kind in
      var cause = kind == .deleted ? .gone : origins.cause(of: entry, kind)
      if !cause.explains, [.added, .present, .overlaid].contains(kind),
        others.contains(where: { $0.has(entry) })
      {
        cause = .asBefore
      }
      return ImageChange(path: entry.path, kind: kind, cause: cause)
    }
    let missing = LatchkeyParts.missing(
      from: listing, since: old.map { [$0] } ?? others, root: root
    ) {
      guard case .file(let digest)? = listing[$0]?.content else { return nil }
      return texts[digest]
    }.map { ImageChange(path: $0, kind: .deleted, cause: .partMissing) }
    let known = found.filter { change in !missing.contains { $0.path == change.path } }
    changes =
      missing + known.filter { !$0.cause.explains } + known.filter(\.cause.explains)
  }
}

extension ImageListing {
  fileprivate func has(_ entry: Entry) -> Bool {
    self[entry.path] == entry || overlaid.contains(entry)
  }
}
