import Foundation
import TestSupport
import Testing

/// A Debian 12 root with our hooks, a dongle in a reader of its pcscd, and a signed /boot; real apt and dpkg
/// work in it. A layer over what scripts/upgrade-root made: nothing of that is written.
final class DebianRoot {
  let folder: TemporaryFolder
  private let daemon: PCSCDaemon
  private let work = Repository.path(".build-boot/upgrades")

  static let pin = "271828"

  /// - Parameters:
  ///   - isSetUp: whether the owner has a dongle whose certificate is trusted.
  ///   - isSigned: whether /boot was signed with it.
  init(isSetUp: Bool = true, isSigned: Bool = true) throws {
    folder = try TemporaryFolder()
    guard FileManager.default.fileExists(atPath: work + "/made-of") else {
      throw TestSupportError("there is no .build-boot/upgrades: run scripts/upgrade-root")
    }
    try folder.write("pin", Self.pin + "\n")
    try folder.write("admin", "31415926\n")
    for path in ["layer/etc", "layer/srv", "scratch", "root", "run"] {
      try FileManager.default.createDirectory(
        atPath: folder.path(path), withIntermediateDirectories: true)
    }
    let card = folder.path("dongle.card")
    let place = folder.path
    func prepare(_ program: String, _ arguments: [String]) throws {
      let ran = try Program.run(Repository.product(program), arguments, folder: place)
      guard ran.status == 0 else { throw TestSupportError(ran.errorText) }
    }
    try prepare(
      "virtual-card", ["create", "--profile", Repository.path("cards/nitrokey-3.json"), card])
    if isSetUp {
      try prepare(
        "latchkey",
        [
          "provision", "--virtual-card", card, "--sysroot", "layer", "--name", "Ada", "--email",
          "ada@example.org", "--pin-file", "pin", "--admin-pin-file", "admin", "--export",
          "ada.asc", "--yes",
        ])
    }
    daemon = try PCSCDaemon(card: card)
    try FileManager.default.copyItem(
      atPath: folder.path("pin"), toPath: folder.path("layer/srv/pin"))
    try FileManager.default.copyItem(
      atPath: work + "/latchkey.deb", toPath: folder.path("layer/srv/latchkey.deb"))
    let sign = isSigned ? "latchkey sign --pin-file /srv/pin --names relative --yes" : ":"
    let ran = try run("dpkg -i /srv/latchkey.deb && \(sign)")
    guard ran.status == 0 else { throw TestSupportError(ran.text + ran.errorText) }
  }

  /// Pulls the dongle out.
  func pull() { daemon.remove() }

  /// Has pcscd hang.
  func hang() throws {
    let folder = daemon.socket.replacing("/run/pcscd/pcscd.comm", with: "")
    let ran = try Program.run("pkill", ["-STOP", "-f", "pcscd --foreground --config \(folder)/"])
    guard ran.status == 0 else { throw TestSupportError("no pcscd to stop") }
  }

  /// What enters the root and runs a shell's words there.
  /// - Parameter environment: beside that of a login.
  private func words(_ script: String, _ environment: [String]) -> [String] {
    let enter = """
      layer=$1 work=$2 system=$3 pcscd=$4 latchkey=$5 script=$6
      shift 6
      root=$layer/root
      mount -t overlay -o "lowerdir=$work/root:$system,upperdir=$layer/layer,workdir=$layer/scratch" \
        overlay "$root"
      mount --rbind /dev "$root/dev"
      mount -t proc proc "$root/proc"
      mount -t sysfs sys "$root/sys"
      mount --bind "$layer/run" "$root/run"
      mkdir -p "$root/srv/archive" "$root/run/pcscd"
      mount --bind "$work/archive" "$root/srv/archive"
      mount --bind "$pcscd" "$root/run/pcscd"
      mount --bind "$latchkey" "$root/usr/bin/latchkey"
      exec chroot "$root" env -i TERM=vt100 LC_ALL=C HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        "$@" sh -c "$script"
      """
    return [
      "unshare", "--mount", "sh", "-euc", enter, "-", folder.path, work,
      Repository.path(".build-boot/machine/system"),
      (daemon.socket as NSString).deletingLastPathComponent, Repository.product("latchkey"),
      script,
    ] + environment
  }

  /// Runs a shell's words with no terminal anywhere.
  @discardableResult
  func run(_ script: String, environment: [String] = []) throws -> Program {
    // A session of its own has no controlling terminal.
    try Program.run("setsid", ["-w"] + words(script, environment))
  }

  /// Runs a shell's words on a terminal of their own, with somebody there who does as the lines of expect
  /// say, and answers nothing else.
  /// - Parameter meanwhile: what expect's `exec {*}$meanwhile` runs, with no terminal.
  /// - Returns: all that was on the terminal, at its end `status=` and the exit code.
  func talk(
    _ script: String, _ lines: String, environment: [String] = [], meanwhile: String = ":"
  ) throws -> String {
    var talk = "set timeout 300\n"
    for (name, words) in [
      ("words", words(script + "; echo status=$?", environment)),
      ("meanwhile", words(meanwhile, [])),
    ] {
      for word in words {
        let data = Data(word.utf8).base64EncodedString()
        talk += "lappend \(name) [encoding convertfrom utf-8 [binary decode base64 {\(data)}]]\n"
      }
    }
    talk += """
      spawn -noecho {*}$words
      proc see {text} {
        expect {
          -ex $text {}
          timeout { puts "\\nNOT SEEN: $text"; exit 9 }
          eof { puts "\\nENDED BEFORE: $text"; exit 9 }
        }
      }
      # Whoever asks makes the terminal ready, and drops what was typed before.
      proc type {text} { after 300; send -- $text }
      # From the question on, with the right PIN.
      proc sign {} {
        see "sign it now? "
        type "\\r"
        expect {
          -ex "type yes to go on: " { type "yes\\r"; exp_continue }
          -ex "as it is now? " {}
          timeout { puts "\\nNOT SEEN: the last question"; exit 9 }
          eof { puts "\\nENDED BEFORE: the last question"; exit 9 }
        }
        type "y\\r"
        see "tries left): "
        type "\(Self.pin)\\r"
      }
      \(lines)
      expect {
        timeout { puts "\\nNOT ENDED"; exit 9 }
        eof {}
      }
      exit [lindex [wait] 3]

      """
    let ran = try Program.run(
      "setsid", ["-w", "expect", try folder.write("talk", talk)])
    let shown = ran.text.replacing("\r\n", with: "\n")
    guard ran.status == 0 else { throw TestSupportError("\(shown)\n\(ran.errorText)") }
    return shown
  }

  /// The note, if one is left.
  var note: String? {
    FileManager.default.contents(atPath: folder.path("layer/var/lib/latchkey/boot-notice"))
      .map { String(decoding: $0, as: UTF8.self) }
  }

  /// Whether a hook's mark is there still.
  var isMarked: Bool {
    FileManager.default.fileExists(atPath: folder.path("run/latchkey/boot-changed"))
  }

  /// `latchkey verify` there.
  func verify() throws -> Program { try run("latchkey verify") }

  /// How often the dongle has signed, by its own counter, and how many tries its PIN has left.
  func card() throws -> (signatures: Int, tries: Int) {
    struct Document: Decodable { let result: Card }
    struct Card: Decodable {
      let signatures: Int
      let triesLeft: [String: Int]
    }
    let shown = try run("latchkey card show --json")
    let card = try JSONDecoder().decode(Document.self, from: Data(shown.output)).result
    return (card.signatures, card.triesLeft["user"] ?? -1)
  }

  /// A package with one file, `/srv/NAME.deb`.
  /// - Parameters:
  ///   - path: the file.
  ///   - content: what stands in it.
  ///   - postinst: a shell's words, run when it is configured.
  func makePackage(
    _ name: String, path: String = "/boot/firmware.bin", content: String = "new",
    postinst: String = ":"
  ) throws {
    let ran = try run(
      """
      tree=/srv/tree-\(name)
      mkdir -p $tree/DEBIAN "$tree$(dirname \(path))"
      echo '\(content)' >$tree\(path)
      printf '%s\\n' 'Package: \(name)' 'Version: 1' 'Architecture: all' 'Description: x' \
        'Maintainer: x <x@localhost>' >$tree/DEBIAN/control
      printf '%s\\n' '#!/bin/sh' '\(postinst)' >$tree/DEBIAN/postinst
      chmod 755 $tree/DEBIAN/postinst
      dpkg-deb -Znone -b $tree /srv/\(name).deb
      """)
    guard ran.status == 0 else { throw TestSupportError(ran.errorText) }
  }

  /// Has the hook of apt wait no longer than that.
  func limit(to seconds: Int) throws {
    try run("sed -i 's/after-upgrade/& --limit \(seconds)/' /etc/apt/apt.conf.d/80latchkey")
  }
}
