public import BootEntries
public import BootManifest
import CSystem
import FoundationEssentials
public import Initramfs
import LibCrypto
public import Storage

/// Why a snapshot of a signed /boot could not be kept. The signing is as good without it.
public enum SnapshotError: Error, Equatable, Sendable {
  /// The folder under /var/lib/latchkey can't be read or written.
  case storage(StorageError)
  /// The menu can't be read.
  case menu(BootMenuError)
  /// An image can't be looked into: its path below /boot.
  case image(String, ImageError)
}

/// Where what is kept of a signed /boot lies: below Latchkey's state, a folder for each path of a /boot, that
/// only root may enter. In it `snapshot-` and the manifest's digest, and `image-` and the image's digest, so
/// that what is stale is known by its name.
public struct SnapshotFolder: Sendable {
  /// Its path.
  public let path: String
  private let boot: String

  /// - Parameters:
  ///   - state: as `/var/lib/latchkey`.
  ///   - memory: that of the /boot's last signature, by the same path.
  public init(state: String, of memory: SignatureMemory) {
    let name = (try? digest(.sha256, of: Array(memory.boot.utf8).span)) ?? []
    path = state + "/kept-" + Hexadecimal.text(name)
    boot = memory.boot
  }

  // MARK: Reading

  /// What was kept at the signing of that manifest; nil if nothing was, or if it is damaged.
  public func snapshot(of manifest: [UInt8]) -> BootSnapshot? {
    guard let bytes = read(snapshotName(manifest), BootSnapshot.maximumSize),
      let snapshot = try? BootSnapshot(parsing: bytes.span), snapshot.manifest == manifest
    else { return nil }
    return snapshot
  }

  /// What is in the image of that SHA-256; nil if it isn't kept, or damaged.
  public func listing(of image: [UInt8]) -> ImageListing? {
    guard let bytes = read(imageName(image), ImageListing.maximumSize) else { return nil }
    return try? ImageListing(parsing: bytes.span)
  }

  private func read(_ name: String, _ limit: Int) -> [UInt8]? {
    try? DurableFile.read(path + "/" + name, limit: limit, isOurs: true)
  }

  private func snapshotName(_ manifest: [UInt8]) -> String {
    "snapshot-" + Hexadecimal.text(manifest)
  }
  private func imageName(_ image: [UInt8]) -> String { "image-" + Hexadecimal.text(image) }

  // MARK: Keeping

  /// Keeps what a /boot is that was just signed, and removes what was kept of earlier signings. An image
  /// whose listing is there already is not looked into again.
  /// - Parameters:
  ///   - hashed: what was signed.
  ///   - manifest: SHA-256 of the signed list.
  /// - Throws: ``SnapshotError``; with an image that can't be looked into, all else is kept.
  public func keep(_ hashed: HashedBoot, manifest: [UInt8]) throws(SnapshotError) {
    let menu: BootMenu
    do throws(BootMenuError) { menu = try BootMenu(of: boot) } catch { throw .menu(error) }
    let images = BootImages.paths(in: hashed, menu).compactMap { path in
      hashed.digest(of: "." + path).map { BootSnapshot.File(path: Array(path.utf8), bytes: $0) }
    }
    let environments = BootImages.environments(in: hashed).compactMap { path in
      (try? DurableFile.read(boot + path, limit: GrubEnvironment.size)).map {
        BootSnapshot.File(path: Array(path.utf8), bytes: $0)
      }
    }
    let snapshot = BootSnapshot(
      manifest: manifest, entries: menu.entries, images: images, environments: environments,
      commands: menu.commands)
    guard snapshot.bytes.count <= BootSnapshot.maximumSize else {
      throw .menu(.storage(StorageError("keep", boot, code: EFBIG)))
    }
    var failure: SnapshotError?
    do throws(StorageError) {
      try DurableFile.makeFolder(path, mode: 0o700)
      for image in images {
        do throws(SnapshotError) { try keep(image) } catch { failure = failure ?? error }
      }
      try DurableFile.write(snapshot.bytes, to: path + "/" + snapshotName(manifest), mode: 0o600)
      try removeOthers(than: snapshot)
    } catch {
      throw .storage(error)
    }
    if let failure { throw failure }
  }

  private func keep(_ image: BootSnapshot.File) throws(SnapshotError) {
    guard listing(of: image.bytes) == nil else { return }
    let name = String(decoding: image.path, as: UTF8.self)
    let listing: ImageListing
    do throws(ImageError) {
      listing = try ImageListing(image: boot + name)
    } catch {
      throw .image(name, error)
    }
    let bytes = listing.bytes
    guard bytes.count <= ImageListing.maximumSize else { throw .image(name, .tooLarge) }
    do throws(StorageError) {
      try DurableFile.write(bytes, to: path + "/" + imageName(image.bytes), mode: 0o600)
    } catch {
      throw .storage(error)
    }
  }

  /// Old snapshots, listings of images that are gone, and what a cut left half-written.
  private func removeOthers(than snapshot: BootSnapshot) throws(StorageError) {
    let wanted = Set(
      snapshot.images.map { imageName($0.bytes) } + [snapshotName(snapshot.manifest)])
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in names
    where !wanted.contains(name) && (name.hasPrefix("snapshot-") || name.hasPrefix("image-")) {
      try DurableFile.remove(path + "/" + name)
    }
  }
}

/// Which files of a /boot are looked into.
enum BootImages {
  /// Initramfs images, by their paths below /boot: those that a menu's entries boot from, and Debian's.
  static func paths(in hashed: HashedBoot, _ menu: BootMenu) -> [String] {
    var named: Set<ArraySlice<UInt8>> = []
    for entry in menu.entries { named.formUnion(entry.initramfs.map { $0[...] }) }
    return files(in: hashed) { path in
      named.contains(path) || isOne(Array(path))
    }
  }

  /// Whether a path below /boot is that of an initramfs by its name: those of initramfs-tools, dracut and
  /// mkinitcpio, and in a folder for each kernel kernel-install's.
  static func isOne(_ path: [UInt8]) -> Bool {
    path.starts(with: "/initrd.img-".utf8) || path.starts(with: "/initramfs-".utf8)
      || path.suffix(7).elementsEqual("/initrd".utf8)
  }

  /// GRUB's environments.
  static func environments(in hashed: HashedBoot) -> [String] {
    files(in: hashed) { $0.suffix(8).elementsEqual("/grubenv".utf8) }
  }

  private static func files(
    in hashed: HashedBoot, _ matches: (ArraySlice<UInt8>) -> Bool
  ) -> [String] {
    var found: [String] = []
    for entry in hashed.scan.entries
    where entry.type == .file && found.count < BootSnapshot.maximumImages {
      let path = entry.path.dropFirst()
      if matches(path) { found.append(String(decoding: path, as: UTF8.self)) }
    }
    return found
  }
}

extension MenuEntry {
  /// The files that are not a kernel; Xen's last module.
  fileprivate var initramfs: [[UInt8]] {
    kind == .elf ? Array(files.dropFirst()) : Array(files.dropFirst(2))
  }
}
