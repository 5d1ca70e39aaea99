public import LibCrypto

/// What a list of checksums says of one file: all that is strong enough to count.
public struct ListedFile: Equatable, Sendable {
  /// At least one; each function once.
  public let checksums: [Checksum]
  /// Functions the list has for it as well, that prove nothing any more.
  public let ignored: [ChecksumFunction]

  /// What the file must hash to.
  public struct Checksum: Equatable, Sendable {
    /// What computes it.
    public let algorithm: HashAlgorithm
    /// Its bytes.
    public let digest: [UInt8]
    /// The line of the list, from 1.
    public let line: Int
  }

  /// Why a list says nothing of a file that counts.
  public enum Fault: Error, Equatable, Sendable {
    /// Its name isn't there.
    case notListed
    /// It is there more than once, with different checksums of one function: the lines.
    case contradiction(lines: [Int])
    /// It is there with functions only that prove nothing any more.
    case weak([ChecksumFunction])
  }

  /// Looks a file up: by the last part of the names, as lists of a server's folder name files below it.
  public init(_ name: [UInt8], in list: ChecksumList) throws(Fault) {
    var checksums: [Checksum] = []
    var ignored: [ChecksumFunction] = []
    for entry in list.entries where entry.fileName.elementsEqual(name) {
      guard let algorithm = entry.function.algorithm else {
        if !ignored.contains(entry.function) { ignored.append(entry.function) }
        continue
      }
      if let other = checksums.first(where: { $0.algorithm == algorithm }) {
        guard other.digest == entry.digest else {
          throw .contradiction(lines: [other.line, entry.line])
        }
        continue
      }
      checksums.append(Checksum(algorithm: algorithm, digest: entry.digest, line: entry.line))
    }
    guard !checksums.isEmpty else { throw ignored.isEmpty ? .notListed : .weak(ignored) }
    self.checksums = checksums
    self.ignored = ignored
  }
}

extension ChecksumList.Entry {
  /// The name without the folders before it.
  var fileName: ArraySlice<UInt8> {
    guard let slash = name.lastIndex(of: UInt8(ascii: "/")) else { return name[...] }
    return name[(slash + 1)...]
  }
}
