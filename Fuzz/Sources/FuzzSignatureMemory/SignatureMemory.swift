import BootManifest
import Input
import LibCrypto

/// The memory of the last signature: what can be read says a time and a digest. The secret of a system's id:
/// what can be read is what would be written.
@c(LLVMFuzzerTestOneInput)
public func fuzzSignatureMemory(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    folder.replace(name, with: [UInt8](copying: input))
    do throws(BootError) {
      let last = try SignatureMemory(folder: folder.path, boot: "/").last()
      precondition(last?.digest.count == 32, "what lies there was not read")
      precondition(last.map { $0.systems.count <= SignedSystem.maximum } ?? true)
    } catch .damagedMemory {
      // No reason to accept anything.
    } catch .newerMemory {
      // Nor this.
    } catch {
      preconditionFailure("another error")
    }
    if let own = try? OwnSystem(parsing: input) {
      precondition(own.bytes == [UInt8](copying: input), "not what was read")
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedSignatureMemory(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  let digest = String(repeating: "0123456789abcdef", count: 4)
  return writeSeeds(
    [
      "latchkey-memory 1\n/\n1735689600\n\(digest)\n", "latchkey-memory 1\n/\n-1\n\(digest)\n",
      "latchkey-memory 2\n/\n1735689600\n\(digest)\nown \(digest.prefix(32)) 1\n"
        + "system \(digest.prefix(32)) desk\n", "latchkey-system 1\n\(digest)\n",
    ]
    .map { Array($0.utf8) })
}

private let folder = InputFolder()

/// The file for a /boot at `/`.
private let name: String = {
  let path = Array("/".utf8)
  guard let digest = try? digest(.sha256, of: path.span) else { preconditionFailure("no SHA-256") }
  let digits = Array("0123456789abcdef")
  return "signed-" + String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}()
