import Glibc

/// Writes a target's seeds, and ends the process: if `LATCHKEY_FUZZ_SEEDS` names a folder. For
/// `LLVMFuzzerInitialize`.
///
/// Seeds are what the library itself writes or reads in its tests, so they are made rather than kept.
/// - Returns: 0, for libFuzzer to go on.
public func writeSeeds(_ seeds: @autoclosure () -> [[UInt8]]) -> CInt {
  // Safe: the environment isn't changed; a C string lives there.
  guard let folder = unsafe getenv("LATCHKEY_FUZZ_SEEDS").map({ unsafe String(cString: $0) }) else {
    return 0
  }
  for (number, seed) in seeds().enumerated() { write(seed, to: "\(folder)/seed-\(number)") }
  exit(0)
}

/// Replaces a file's content. Traps where that fails.
public func write(_ bytes: [UInt8], to path: String) {
  // Safe: a C string for the call.
  let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  // Safe: the array is borrowed for the call.
  let written = unsafe bytes.withUnsafeBytes { bytes in
    unsafe Glibc.write(file, bytes.baseAddress, bytes.count)
  }
  precondition(written == bytes.count, "cannot write")
  close(file)
}

/// A file of this repository. Traps if it isn't there.
/// - Parameter path: from the top, as in `testkeys/ed25519/public.asc`.
public func repositoryFile(_ path: String) -> [UInt8] {
  read(repositoryPath(path))
}

/// The whole path of a file of this repository.
public func repositoryPath(_ path: String) -> String {
  let here = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
  return "/\(here)/\(path)"
}

/// A file's bytes. Traps if it can't be read.
public func read(_ path: String) -> [UInt8] {
  // Safe: a C string for the call.
  let file = unsafe open(path, O_RDONLY)
  precondition(file >= 0, "cannot read")
  defer { close(file) }
  var bytes: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    // Safe: the array is exclusively ours for the call.
    let count = unsafe piece.withUnsafeMutableBytes { room in
      unsafe Glibc.read(file, room.baseAddress, room.count)
    }
    precondition(count >= 0, "cannot read")
    if count == 0 { return bytes }
    bytes += piece[..<count]
  }
}
