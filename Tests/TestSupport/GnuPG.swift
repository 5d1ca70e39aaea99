import Foundation
import Glibc

/// gpg with a home of its own, its agent and scdaemon, for a card in a ``PCSCDaemon``.
///
/// PINs come from ``pins`` by way of a pinentry of ours, which knows by gpg's own words which one is
/// asked for and never answers a second time after an error.
public final class GnuPG {
  /// What the pinentry answers.
  public enum PIN: String, CaseIterable, Sendable {
    /// PW1.
    case user
    /// PW3.
    case admin
    /// The reset code.
    case reset
    /// The PW1 to set.
    case newUser
    /// The PW3 to set.
    case newAdmin
    /// The reset code to set.
    case newReset
  }

  private let folder: TemporaryFolder
  private let release: GPG.Release
  private let environment: [String: String]

  /// The home folder.
  public var home: String { folder.path }

  /// A new home, with the factory's PINs.
  public init(_ daemon: PCSCDaemon? = nil, release: GPG.Release = .system) throws {
    self.release = release
    folder = try TemporaryFolder()
    environment = ["GNUPGHOME": folder.path, "LC_ALL": "C.UTF-8", "GPG_TTY": ""]
      .merging(daemon?.environment ?? [:]) { $1 }
    try folder.write("pinentry", Self.pinentry)
    // Safe: the path is a terminated copy for the call.
    _ = unsafe chmod(folder.path("pinentry"), 0o700)
    try folder.write("gpg-agent.conf", "pinentry-program \(folder.path("pinentry"))\n")
    try folder.write("scdaemon.conf", "disable-ccid\n")
    try set(.user, "123456")
    try set(.admin, "12345678")
  }

  deinit { releaseCard() }

  /// What the pinentry answers from now on.
  public func set(_ pin: PIN, _ value: String) throws {
    try folder.write("pin-\(pin.rawValue)", value)
  }

  /// Lines for gpg.conf.
  public func configure(_ lines: String) throws { try folder.write("gpg.conf", lines + "\n") }

  /// Runs gpg.
  /// - Parameter commands: the lines that it reads for its prompts (`--command-fd 0`).
  public func run(
    _ arguments: [String], commands: [String] = [], timeout: Double = Program.patience
  ) throws -> Program {
    let batch = commands.isEmpty ? ["--batch"] : ["--command-fd", "0", "--expert"]
    return try Program.run(
      release.program("gpg"), ["--no-tty", "--yes", "--status-fd", "1"] + batch + arguments,
      text: commands.map { $0 + "\n" }.joined(), environment: environment, timeout: timeout)
  }

  /// Runs a program that calls gpg by itself.
  public func program(_ path: String, _ arguments: [String]) throws -> Program {
    try Program.run(path, arguments, environment: environment)
  }

  /// Runs gpg on some input, and gives what comes out.
  public func filter(_ arguments: [String], _ input: [UInt8]) throws -> Program {
    try Program.run(
      release.program("gpg"),
      ["--no-tty", "--yes", "--batch", "--trust-model", "always"] + arguments,
      input: input, environment: environment)
  }

  /// Runs gpg's card editor with admin commands.
  public func editCard(_ commands: [String], timeout: Double = Program.patience) throws -> Program {
    try run(["--edit-card"], commands: ["admin"] + commands + ["quit"], timeout: timeout)
  }

  /// What `--card-status --with-colons` says, by its first field.
  public func cardStatus() throws -> [String: [String]] {
    let result = try Program.run(
      release.program("gpg"), ["--no-tty", "--batch", "--with-colons", "--card-status"],
      environment: environment)
    guard result.status == 0 else { throw TestSupportError(result.errorText) }
    var status: [String: [String]] = [:]
    for line in result.text.split(separator: "\n") {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      status[fields[0]] = Array(fields.dropFirst())
    }
    return status
  }

  /// Ends agent and scdaemon, so that the reader is free; gpg starts them again when it needs them.
  public func releaseCard() {
    // Killing scdaemon alone leaves the agent with a broken pipe for a while.
    _ = try? Program.run(
      release.program("gpgconf"), ["--kill", "all"], environment: environment)
    _ = Program.wait(upTo: 10) {
      !FileManager.default.fileExists(atPath: folder.path("S.gpg-agent"))
        && !FileManager.default.fileExists(atPath: folder.path("S.scdaemon"))
    }
  }

  /// What the pinentry was asked, a line each.
  public var prompts: [String] {
    let data = FileManager.default.contents(atPath: folder.path("asked")) ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private static let pinentry = """
    #!/bin/sh
    home=${0%/*}
    description='' prompt='' error=''
    echo 'OK ready'
    while IFS= read -r line; do
      case $line in
      SETDESC*) description=${line#SETDESC }; echo OK ;;
      SETPROMPT*) prompt=${line#SETPROMPT }; echo OK ;;
      SETERROR*) error=${line#SETERROR }; echo OK ;;
      GETPIN)
        echo "$description | $prompt | $error" >> "$home/asked"
        case "$description $prompt" in
        *Repeat*) name=$(cat "$home/last") ;;
        *New*Reset*) name=newReset ;;
        *New*Admin*) name=newAdmin ;;
        *New*PIN*) name=newUser ;;
        *Reset*) name=reset ;;
        *Admin*) name=admin ;;
        *PIN*) name=user ;;
        *) name=none ;;
        esac
        echo "$name" > "$home/last"
        if [ -n "$error" ] || [ ! -e "$home/pin-$name" ]; then
          echo 'ERR 83886179 cancelled'
        else
          echo "D $(cat "$home/pin-$name")"
          echo OK
        fi
        error='' ;;
      BYE) echo OK; exit 0 ;;
      *) echo OK ;;
      esac
    done

    """
}
