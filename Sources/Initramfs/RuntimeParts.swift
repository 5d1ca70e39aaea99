/// The programs and libraries that an image needs to ask a dongle.
enum RuntimeParts {
  static func faults(of tree: ImageTree) -> [ImageFault] {
    var faults: [ImageFault] = []
    func need(_ part: ImageFault.Part, isProgram: Bool = false, at paths: String...) {
      guard let path = paths.first(where: { tree.node($0)?.isFile == true }) else {
        faults.append(.missing(part))
        return
      }
      if isProgram, let node = tree.node(path), node.mode & 0o100 == 0 {
        faults.append(.notExecutable(path))
      }
    }
    need(.program, isProgram: true, at: "usr/lib/latchkey/latchkey-unlock")
    need(.functions, at: "usr/lib/latchkey/functions")
    need(.daemon, isProgram: true, at: "usr/sbin/pcscd", "usr/bin/pcscd")
    let bundle = "usr/lib/pcsc/drivers/ifd-ccid.bundle/Contents"
    need(.driver, at: bundle + "/Linux/libccid.so")
    need(.driverList, at: bundle + "/Info.plist")
    for library in libraries(of: tree) { faults.append(.missing(.library(library))) }
    return faults
  }

  /// The libraries that aren't there. libgcc_s is what pcscd aborts without and ldd does not show.
  private static func libraries(of tree: ImageTree) -> [String] {
    var missing = [
      "libc.so.", "libgcc_s.so.", "libpcsclite.so.", "libcryptsetup.so.", "libcrypto.so.",
      "libusb-1.0.so.",
    ]
    // Newer pcsc-lite has the library proper behind another one.
    for (path, node) in tree.nodes where path.contains("/libpcsclite.so.") && node.isFile {
      let behind = Array("libpcsclite_real.so.".utf8)
      if contains(node.content?[...] ?? [], behind) { missing.append("libpcsclite_real.so.") }
      break
    }
    for path in tree.nodes.keys where path.contains(".so") {
      guard let name = path.split(separator: "/").last else { continue }
      missing.removeAll { name.hasPrefix($0) && tree.node(path)?.isFile == true }
    }
    return missing
  }

  private static func contains(_ bytes: ArraySlice<UInt8>, _ text: [UInt8]) -> Bool {
    var rest = bytes
    while let start = rest.firstIndex(of: text[0]) {
      rest = rest[start...]
      if rest.starts(with: text) { return true }
      rest = rest.dropFirst()
    }
    return false
  }
}
