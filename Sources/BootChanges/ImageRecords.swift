import BootManifest
import CSystem
import FoundationEssentials
import LibCrypto
public import Storage

/// Where it is written down which initramfs images were made on this system: below Latchkey's state, a folder
/// for each path of a /boot, in which only root writes, and in it a file for each image.
///
/// What is on /boot lies in the open while the machine is off; this does not. An image that is another than
/// the one that was made here was put there by somebody else.
public struct ImageRecords: Sendable {
  /// What is known of an image.
  public enum Found: Equatable, Sendable {
    /// Nothing, and nothing of any other: no hook has run here yet.
    case none
    /// Nothing, though others were written down: it was not made by a generator that runs the hook.
    case missing
    /// This.
    case record(ImageRecord)
    /// A file that can't be read, is damaged, or that others can write.
    case unreadable
  }

  /// Why an image was not written down.
  public enum Problem: Error, Equatable, Sendable {
    /// It is not a regular file of this /boot.
    case notOnBoot
    /// A file can't be read or written.
    case storage(StorageError)
    /// libcrypto failed.
    case crypto
  }

  private let folder: String
  private let boot: String

  /// An initramfs is smaller.
  private static let limit = 1 << 30

  /// - Parameters:
  ///   - state: as `/var/lib/latchkey`.
  ///   - boot: the /boot that the images lie on; its path without links counts.
  public init(state: String, boot: String) {
    self.boot = SignatureMemory(folder: state, boot: boot).boot
    let name = (try? digest(.sha256, of: Array(self.boot.utf8).span)) ?? []
    folder = state + "/made-" + Hexadecimal.text(name)
  }

  /// Whether a path below /boot is that of an initramfs, by its name.
  public static func isImage(_ path: some Sequence<UInt8>) -> Bool {
    BootImages.isOne(Array(path))
  }

  // MARK: Reading

  /// What is known of the image at a path below /boot.
  public func record(of path: [UInt8]) -> Found {
    do throws(StorageError) {
      guard
        let bytes = try DurableFile.read(
          file(path), limit: ImageRecord.maximumSize, isOurs: true)
      else { return names.isEmpty ? .none : .missing }
      return ImageRecord(bytes, of: path).map(Found.record) ?? .unreadable
    } catch {
      return .unreadable
    }
  }

  private func file(_ path: [UInt8]) -> String { folder + "/" + Self.name(path) }

  private static func name(_ path: [UInt8]) -> String {
    Hexadecimal.text((try? digest(.sha256, of: path.span)) ?? [])
  }

  /// The records' files.
  private var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
      $0.utf8.count == 64
    }
  }

  // MARK: Writing

  /// Writes down the image that was just made.
  /// - Parameters:
  ///   - image: its path, as the generator names it.
  ///   - maker: the generator, as `update-initramfs`.
  ///   - now: in seconds since 1970.
  public func write(
    _ image: String, madeBy maker: String, witness: ImageRecord.Witness, now: UInt32
  ) throws(Problem) {
    let path = try path(of: image)
    let content: [UInt8]?
    do throws(StorageError) {
      content = try DurableFile.read(image, limit: Self.limit)
    } catch {
      throw .storage(error)
    }
    guard let content else { throw .notOnBoot }
    let sum: [UInt8]
    do throws(CryptoError) { sum = try digest(.sha256, of: content.span) } catch { throw .crypto }
    let record = ImageRecord(path: path, maker: maker, witness: witness, time: now, digest: sum)
    do throws(StorageError) {
      try DurableFile.makeFolder(folder, mode: 0o755)
      try DurableFile.write(record.bytes, to: file(path), mode: 0o644)
      try removeStale()
    } catch {
      throw .storage(error)
    }
  }

  /// Removes the records of images that are gone: one that comes back is another. Not where none is there:
  /// then this /boot is not mounted.
  public func forgetGone() throws(Problem) {
    do throws(StorageError) { try removeStale() } catch { throw .storage(error) }
  }

  private func removeStale() throws(StorageError) {
    var gone: [String] = []
    var isMounted = false
    for name in names {
      guard let bytes = try? DurableFile.read(folder + "/" + name, limit: ImageRecord.maximumSize)
      else { continue }
      let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
      let path = boot + (lines.count > 1 ? String(decoding: lines[1], as: UTF8.self) : "")
      var status = stat()
      // Safe: a C string for the call; the structure is ours.
      if unsafe lstat(path, &status) == 0, status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG) {
        isMounted = true
      } else {
        gone.append(name)
      }
    }
    guard isMounted else { return }
    for name in gone { try DurableFile.remove(folder + "/" + name) }
  }

  /// The path below /boot of a regular file.
  private func path(of image: String) throws(Problem) -> [UInt8] {
    var status = stat()
    // Safe: a C string for the call; the structure is ours.
    guard unsafe lstat(image, &status) == 0, status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG),
      case let whole = SignatureMemory(folder: "", boot: image).boot, whole.hasPrefix(boot + "/")
    else { throw .notOnBoot }
    return Array(whole.utf8.dropFirst(boot.utf8.count))
  }
}
