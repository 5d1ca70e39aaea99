import Foundation
import MachineTestSupport
import TestSupport
import Testing

/// What one does with the installed package, on a machine whose disk is encrypted, from a new dongle to the first
/// boot of a newer kernel, and what is left when the package goes.
@Suite("the story of the installed package", .serialized)
struct StoryTests {
  static let card = "--virtual-card /root/dongle.card --pin-file /root/pin"

  @Test(
    "A dongle, a disk, a newer kernel, signed, booted by PIN, verified; and without the package by passphrase"
  )
  func story() throws {
    let root = try DebianRoot("machine", as: "story")
    defer { root.remove() }
    let volume = try LoopVolume()
    let before = try DebianRoot.kernel("previous")
    let newest = try DebianRoot.kernel("newest")
    func run(_ script: String) throws -> String { try root.expect(script, loop: volume) }
    _ = try run(
      """
      echo 'cryptroot UUID=\(LoopVolume.uuid) none luks,initramfs' >/etc/crypttab
      printf '271828\\n' >/root/pin
      printf '31415926\\n' >/root/admin
      printf '\(LoopVolume.passphrase)' >/root/passphrase
      """)

    // With all that it recommends. The initramfs is made anew by the trigger.
    let installed = try run(
      """
      apt-get -q -y install \(DebianRoot.package("latchkey")) \(DebianRoot.package("latchkey-virtual-card"))
      """)
    #expect(
      installed.contains("update-initramfs: Generating /boot/initrd.img-\(before)"), "\(installed)")
    _ = try run("test -x /usr/sbin/pcscd && test -e /usr/lib/pcsc/drivers/ifd-ccid.bundle")
    try completions(root)

    _ = try run(
      """
      virtual-card create --profile /usr/share/latchkey/cards/nitrokey-3.json --serial 00000D04 /root/dongle.card
      latchkey provision \(Self.card) --name Ada --email ada@example.org --admin-pin-file /root/admin \\
        --export /root/ada.asc --yes
      latchkey enroll \(volume.device) \(Self.card) --passphrase-file /root/passphrase --boot /boot --yes
      latchkey initramfs check /boot/initrd.img-\(before)
      latchkey sign \(Self.card) --names relative --yes
      latchkey verify
      """)

    // No terminal is there: apt is not held up, and the next step is named.
    let upgraded = try run("apt-get -q -y install linux-image-amd64")
    #expect(upgraded.contains("initrd.img-\(newest)"), "\(upgraded)")
    #expect(try run("/etc/update-motd.d/60-latchkey").contains("latchkey sign"))
    let changed = try root.run("latchkey verify", loop: volume)
    #expect(changed.status == 1, "\(changed.text)\(changed.errorText)")
    #expect((changed.text + changed.errorText).contains("vmlinuz-\(newest)"))
    let causes = try root.run("latchkey changes", loop: volume)
    #expect(causes.text.contains("linux-image-\(newest)"), "\(causes.text)\(causes.errorText)")
    _ = try run("latchkey initramfs check /boot/initrd.img-\(newest)")
    // Our hook has written down what update-initramfs made, and each file in it is a package's.
    #expect(causes.status == 0, "\(causes.text)\(causes.errorText)")
    #expect(causes.text.contains("made here by update-initramfs"))
    #expect(causes.text.contains("the same files, or all of them explained"))
    _ = try run("latchkey sign \(Self.card) --names relative --yes; latchkey verify")
    #expect(try run("/etc/update-motd.d/60-latchkey") == "")

    let machine = try boot(
      "package", root, newest, volume, Dongle("story", from: root.path + "/root/dongle.card"))
    try machine.see("PIN for cryptroot", "Nitrokey 000F:00000D04", "3 tries left", "PIN: ")
    try machine.type("271828")
    #expect(try machine.end().contains("the root that was enrolled"))
    #expect(!machine.console.contains("Please unlock disk"))
    _ = try run("latchkey verify; latchkey initramfs check")

    // crypttab names a file of the package: without it Debian would leave the volume out of the initramfs.
    let removed = try run(
      """
      sed -i 's#luks,initramfs#&,keyscript=/usr/lib/latchkey/keyscript#' /etc/crypttab
      apt-get -q -y remove latchkey
      test ! -e /usr/bin/latchkey
      lsinitramfs /boot/initrd.img-\(newest)
      """)
    #expect(removed.contains("one that asks for the passphrase stays"), "\(removed)")
    #expect(
      removed.contains("update-initramfs: Generating /boot/initrd.img-\(newest)"), "\(removed)")
    #expect(!removed.contains("usr/lib/latchkey/latchkey-unlock\n"), "\(removed)")
    let without = try boot("package-removed", root, newest, volume, nil)
    try without.see("Passphrase for cryptroot")
    try without.type(LoopVolume.passphrase)
    #expect(try without.end().contains("the root that was enrolled"))
  }

  /// A machine with that root's kernel and initramfs, and the volume as it is now.
  private func boot(
    _ name: String, _ root: DebianRoot, _ kernel: String, _ volume: LoopVolume, _ dongle: Dongle?
  ) throws -> Machine {
    let unpacked = root.path + "/root/vmlinux"
    if !FileManager.default.fileExists(atPath: unpacked) {
      let ran = try Program.run(
        Repository.path("scripts/vmlinux"), [root.path + "/boot/vmlinuz-\(kernel)", unpacked])
      guard ran.status == 0 else { throw TestSupportError(ran.errorText) }
    }
    return try Machine(
      name, kernel: unpacked, initrd: root.path + "/boot/initrd.img-\(kernel)",
      disks: [volume.image],
      dongle: dongle)
  }

  /// What is typed, and what the shells make of it.
  private func completions(_ root: DebianRoot) throws {
    // As an interactive bash does it: by the loader of bash-completion, in a folder with two files.
    let bash = """
      mkdir -p /tmp/files && cd /tmp/files && touch volume.img other.txt && mkdir -p folder
      cat >/tmp/complete <<'EOF'
      . /usr/share/bash-completion/bash_completion
      COMP_LINE=$1; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
      eval "COMP_WORDS=($COMP_LINE)"
      case $COMP_LINE in *' ') COMP_WORDS+=('') ;; esac
      COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
      _completion_loader "${COMP_WORDS[0]}" || [ $? = 124 ]
      function=$(complete -p "${COMP_WORDS[0]}" | sed 's/.*-F \\([^ ]*\\).*/\\1/')
      "$function" "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
      printf '%s\\n' "${COMPREPLY[@]}"
      EOF
      bash /tmp/complete
      """
    let cases: [(typed: String, completed: [String], not: [String])] = [
      ("latchkey ", ["sign", "verify", "enroll", "card"], ["volume.img"]),
      ("latchkey ver", ["verify"], ["sign"]),
      ("latchkey card p", ["pin", "private"], ["verify"]),
      ("latchkey sign --pin-", ["--pin-file", "--pin-fd"], ["--card"]),
      ("latchkey enroll vol", ["volume.img"], ["other.txt"]),
      ("latchkey sign --pin-file ot", ["other.txt"], ["volume.img"]),
      ("latchkey verify --boot fo", ["folder"], ["other.txt"]),
      ("latchkey sign ot", ["other.txt"], ["volume.img"]),
      ("latchkey card generate s", ["signature"], ["other.txt"]),
      ("virtual-card show vol", ["volume.img"], ["other.txt"]),
    ]
    for (typed, completed, not) in cases {
      let said = try root.expect("\(bash) '\(typed)'")
      let words = said.split(separator: "\n").map {
        $0.trimmingCharacters(in: .whitespaces).replacing("/", with: "")
      }
      for word in completed { #expect(words.contains(word), "\(typed): \(said)") }
      for word in not { #expect(!words.contains(word), "\(typed): \(said)") }
    }
    // fish completes without a terminal; zsh is told to load the function that is in its path.
    let fish = try root.expect("cd /tmp/files && fish -c 'complete -C \"latchkey ver\"'")
    #expect(fish.hasPrefix("verify\t"), "\(fish)")
    #expect(
      try root.expect("cd /tmp/files && fish -c 'complete -C \"latchkey enroll vol\"'").contains(
        "volume.img"))
    let zsh = try root.expect(
      "zsh -fc 'autoload -Uz compinit && compinit -u -d /tmp/dump && print -- $_comps[latchkey] && "
        + "autoload +X _latchkey && zsh -n /usr/share/zsh/vendor-completions/_latchkey'")
    #expect(zsh == "_latchkey\n", "\(zsh)")
  }
}
