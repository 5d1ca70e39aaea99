/// The kernel modules of an image.
struct KernelModules {
  /// The kernels whose modules are in it.
  let versions: [String]
  private let names: Set<String>

  init(of tree: ImageTree) {
    var names: Set<String> = []
    var versions: Set<String> = []
    for path in tree.nodes.keys {
      let parts = path.split(separator: "/")
      guard let folder = parts.firstIndex(of: "modules"), folder > 0, parts[folder - 1] == "lib",
        parts.count > folder + 2, let file = parts.last
      else { continue }
      versions.insert(String(parts[folder + 1]))
      if file.contains(".ko") { names.insert(Self.name(file)) }
      if file == "modules.builtin", let text = tree.text(path) {
        for line in text.split(separator: "\n") {
          line.split(separator: "/").last.map { _ = names.insert(Self.name($0)) }
        }
      }
    }
    self.names = names
    self.versions = versions.sorted()
  }

  /// What is missing of the drivers that reading a dongle and mapping a volume takes. A kernel without any
  /// modules in the image has them built in, or so its maker thought.
  func faults(isLUKS2: Bool) -> [ImageFault] {
    guard !names.isEmpty else { return [] }
    var faults: [ImageFault] = []
    let controllers = [
      "xhci_pci", "xhci_hcd", "xhci_plat_hcd", "ehci_pci", "ehci_hcd", "uhci_hcd", "ohci_pci",
      "ohci_hcd", "dwc2", "dwc3",
    ]
    if names.isDisjoint(with: controllers) { faults.append(.noUSB) }
    // Keyslots of LUKS2 are decrypted through the kernel.
    for name in ["dm_mod", "dm_crypt", "xts"] + (isLUKS2 ? ["algif_skcipher"] : [])
    where !names.contains(name) {
      faults.append(.noModule(name))
    }
    return faults
  }

  /// As lsmod shows it: without folder and suffixes, with underscores.
  private static func name(_ file: Substring) -> String {
    String(file.split(separator: ".").first ?? "").split(separator: "-").joined(separator: "_")
  }
}
