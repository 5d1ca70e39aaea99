import Foundation

/// `latchkey-sop`: the OpenPGP modules and the card client behind the Stateless OpenPGP command line, for
/// suites that compare OpenPGP programs. A development tool: keys come from files.
@main
enum Main {
  static func main() {
    do throws(SOPFailure) {
      var arguments = try Arguments(CommandLine.arguments.dropFirst())
      let output = try run(&arguments)
      FileHandle.standardOutput.write(Data(output))
    } catch {
      FileHandle.standardError.write(Data("latchkey-sop: \(error.text)\n".utf8))
      exit(error.status.rawValue)
    }
  }

  private static func run(_ arguments: inout Arguments) throws(SOPFailure) -> [UInt8] {
    switch arguments.command {
    case "version": try Commands.version(&arguments)
    case "sign": try Commands.sign(&arguments)
    case "verify": try Commands.verify(&arguments)
    case "encrypt": try Commands.encrypt(&arguments)
    case "decrypt": try Commands.decrypt(&arguments)
    case "extract-cert": try Commands.extractCertificate(&arguments)
    case "armor": try Commands.armor(&arguments)
    case "dearmor": try Commands.dearmor(&arguments)
    default:
      throw SOPFailure(.unsupportedCommand, "there is no command \(arguments.command) here")
    }
  }
}

/// The commands: each reads stdin, and gives what goes to stdout.
enum Commands {
  static func input() -> [UInt8] { [UInt8](FileHandle.standardInput.readDataToEndOfFile()) }

  /// Seconds since 1970.
  static var now: UInt32 { UInt32(clamping: Int(Date().timeIntervalSince1970)) }
}
