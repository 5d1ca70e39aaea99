import BootEntries
import TestSupport
import Testing

@Suite("kernels' versions")
struct KernelVersionTests {
  private func version(_ text: String) -> KernelVersion { KernelVersion(Array(text.utf8)) }

  @Test(
    "are in dpkg's order",
    arguments: [
      ("6.1.0-9-amd64", "6.1.0-10-amd64"), ("6.1.0-42-amd64", "6.5.0-1-amd64"),
      ("5.15.0-91", "5.15.0-0101"), ("6.1~rc1", "6.1"), ("6.1", "6.1.1"),
      ("6.1-1~bpo12+1", "6.1-1"),
      ("6.5.6-200.fc38.x86_64", "6.5.6-300.fc39.x86_64"), ("1.0", "1.0+b1"),
      ("4.17.3+10", "4.17.3+36"),
    ])
  func order(older: String, newer: String) throws {
    #expect(version(older).isOlder(than: version(newer)))
    #expect(!version(newer).isOlder(than: version(older)))
    #expect(!version(older).isOlder(than: version(older)))
    let dpkg = try Program.run("dpkg", ["--compare-versions", older, "lt", newer])
    #expect(dpkg.status == 0)
  }

  @Test("a release candidate is older than its release, and a flavour is neither older nor newer")
  func kernels() {
    for (older, newer) in [
      ("6.1.0-rc7-amd64", "6.1.0-1-amd64"), ("6.10-rc2-amd64", "6.10-rc10-amd64"),
      ("6.10.0-rc4", "6.10.0"), ("6.6.8-arch1-1", "6.6.8-arch1-2"),
    ] {
      #expect(version(older).isOlder(than: version(newer)), "\(older)")
      #expect(!version(newer).isOlder(than: version(older)), "\(newer)")
    }
    for other in ["6.1.0-9-cloud-amd64", "6.1.0-9-rt-amd64"] {
      #expect(!version("6.1.0-9-amd64").isOlder(than: version(other)))
      #expect(!version(other).isOlder(than: version("6.1.0-9-amd64")))
    }
  }

  @Test("stand in the names of files")
  func names() {
    for (path, text) in [
      ("/vmlinuz-6.1.0-9-amd64", "6.1.0-9-amd64"),
      ("/initramfs-6.5.6-300.fc39.x86_64.img", "6.5.6-300.fc39.x86_64"),
      ("/xen-4.17-amd64.gz", "4.17-amd64"), ("/a-1/vmlinuz", nil), ("/memtest86+.bin", nil),
    ] {
      #expect(
        KernelVersion(ofFile: Array(path.utf8)).map { String(decoding: $0.text, as: UTF8.self) }
          == text)
    }
  }
}
