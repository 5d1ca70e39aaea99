import Enrolment
import Input

/// `/etc/crypttab`: every entry that is read has a name and a source, without blanks.
@c(LLVMFuzzerTestOneInput)
public func fuzzCrypttab(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe fuzz(start, count) { input in
    for entry in Crypttab(parsing: [UInt8](copying: input)).entries {
      for field in [entry.name, entry.source, entry.key] {
        precondition(!field.isEmpty, "an empty field")
        precondition(!field.utf8.contains { $0 == 32 || $0 == 9 || $0 == 10 }, "a blank in it")
      }
      precondition(!entry.name.utf8.starts(with: "#".utf8), "a comment")
      _ = entry.keyscriptName
    }
  }
}

/// What libFuzzer starts from.
@c(LLVMFuzzerInitialize)
public func seedCrypttab(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>
) -> CInt {
  writeSeeds([
    Array(
      """
      # name source key options
      root UUID=6ec0b1d2-1b7c-4d27-9a53-0f3a5f6d7e8f none luks,discard
      home\t/dev/vda3 /etc/cryptkey.gpg luks,keyscript=decrypt_gnupg-sc

      """.utf8)
  ])
}
