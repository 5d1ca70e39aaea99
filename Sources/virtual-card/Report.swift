import ArgumentParser
import Glibc
import VirtualCard

/// What the program says to people, on stderr: what happened, and what to do next.
enum Report {
  /// A remark.
  static func note(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    // Safe: the bytes are borrowed for the call. Nobody can be told that nobody listens.
    _ = unsafe write(2, bytes, bytes.count)
  }

  /// Says it, and gives the exit code 5.
  static func failure(_ error: CardFileError) -> ExitCode {
    switch error {
    case .unreadable(let path):
      note("Can't read \(quoted(path)). Check the path and that you may read it.")
    case .damaged(let path, let what):
      note(
        """
        \(quoted(path)) is not what it should be: \(quoted(what)).
        Make a new card with: virtual-card create --profile cards/nitrokey-3.json FILE
        """)
    case .tooNew(let path):
      note("\(quoted(path)) was made by a newer virtual-card. Use that one.")
    case .exists(let path):
      note("\(quoted(path)) exists and is left alone. Choose another name, or delete it first.")
    case .inUse(let path):
      note("\(quoted(path)) is in use by another process. End that one first.")
    case .unwritable(let path, let reason):
      note("Can't write \(quoted(path)): \(quoted(reason)). Check the disk and the permissions.")
    }
    return ExitCode(5)
  }

  /// Says it, and gives the exit code 3 or 5.
  static func failure(
    _ error: VPCDConnection.Failure, host: String, port: UInt16
  ) -> ExitCode {
    switch error {
    case .unknownHost(let host):
      note("There is no host \(quoted(host)). Check --host.")
      return ExitCode(2)
    case .noReader(let reason):
      note(
        """
        No virtual reader at \(quoted(host)):\(port) (\(quoted(reason))).
        Install vsmartcard-vpcd and start pcscd, or give --host and --port.
        """)
      return ExitCode(3)
    case .broken(let reason):
      note("The connection to vpcd broke: \(quoted(reason)). Start the card again.")
      return ExitCode(5)
    }
  }

  /// Says it, and gives the exit code 2, 3 or 5.
  static func failure(_ error: MachineFailure) -> ExitCode {
    switch error {
    case .noMachine(let path, let reason):
      note(
        """
        No machine at \(quoted(path)) (\(quoted(reason))).
        Start QEMU with -chardev socket,id=card,path=\(quoted(path)),server=on,wait=off, or give --patience.
        """)
      return ExitCode(3)
    case .pathTooLong(let path):
      note("No socket can have so long a path: \(quoted(path)). Choose one of at most 107 bytes.")
      return ExitCode(2)
    case .broken(let reason):
      note("The connection to the machine broke: \(quoted(reason)). Start the card again.")
      return ExitCode(5)
    case .nonsense(let name):
      note("What came from the machine isn't \(name). Check which of its sockets this is.")
      return ExitCode(5)
    }
  }

  /// A text from outside, without what would move the cursor.
  private static func quoted(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
      scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
        ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }.joined()
  }
}
