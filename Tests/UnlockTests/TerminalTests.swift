import Foundation
import TestSupport
import Testing
import VolumeTestSupport

@Suite("latchkey-unlock at a terminal", .serialized)
struct TerminalTests {
  /// Talks to the program on a terminal of its own; gives what the terminal showed.
  private func talk(_ scene: Scene, _ build: Build, _ conversation: String) throws -> Program {
    let folder = scene.volume.folder
    let script = try folder.write(
      "script",
      """
      set timeout 300
      spawn sh -c {\(build.path ?? "") --run \(folder.path("run")) \(scene.folder) \
      >\(folder.path("key")); echo "ended $?"; stty -a | grep -o -E -e "-?echo "}
      \(conversation)
      expect eof
      """)
    return try Program.run("expect", [script], environment: scene.daemon.environment)
  }

  private func key(_ scene: Scene) -> [UInt8] {
    [UInt8](FileManager.default.contents(atPath: scene.volume.folder.path("key")) ?? Data())
  }

  @Test(
    "a PIN is typed unseen, Backspace takes a character back, a wrong one is asked for again",
    arguments: Build.built)
  func typed(build: Build) throws {
    let scene = try Scene()
    let shown = try talk(
      scene, build,
      """
      expect "PIN: " ; send "654321\\r"
      expect "wrong PIN" ; expect "2 tries left" ; expect "PIN: " ; send "12345x\\1776\\r"
      """)
    #expect(key(scene) == scene.key, "\(shown.text)")
    #expect(shown.text.contains("ended 0"))
    #expect(!shown.text.contains("123456") && !shown.text.contains("654321"))
  }

  @Test("Ctrl-C at the prompt leaves a terminal that echoes, and no key", arguments: Build.built)
  func interrupted(build: Build) throws {
    let scene = try Scene()
    let shown = try talk(
      scene, build,
      """
      expect "PIN: " ; send "123" ; exec kill -INT [exec pgrep -n -f \(scene.folder)]
      """)
    #expect(key(scene).isEmpty)
    #expect(shown.text.contains("ended 6"), "\(shown.text)")
    #expect(!shown.text.contains("-echo "), "\(shown.text)")
    #expect(!scene.instructions.contains("20"))
  }

  @Test("the last try takes a clear yes", arguments: [("no", 4), ("yes", 0)])
  func lastTry(answer: String, code: Int) throws {
    let scene = try Scene()
    _ = try scene.unlock(pin: "111111")
    _ = try scene.unlock(pin: "222222")
    let shown = try talk(
      scene, .ordinary,
      """
      expect "Type yes" ; send "\(answer)\\r"
      \(code == 0 ? #"expect "PIN: " ; send "123456\r""# : "")
      """)
    #expect(shown.text.contains("ended \(code)"), "\(shown.text)")
    #expect(key(scene) == (code == 0 ? scene.key : []), "\(shown.text)")
  }
}
