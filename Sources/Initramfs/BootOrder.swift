/// The scripts and units of an image, and which runs first.
enum BootOrder {
  static func faults(of tree: ImageTree, madeBy maker: ImageCheck.Maker) -> [ImageFault] {
    switch maker {
    case .initramfsTools: initramfsTools(tree)
    case .dracut: dracut(tree)
    case .mkinitcpio: mkinitcpio(tree)
    case .unknown: []
    }
  }

  /// The scripts run as `ORDER` in their folder lists them.
  private static func initramfsTools(_ tree: ImageTree) -> [ImageFault] {
    var faults: [ImageFault] = []
    for (folder, script, rivals) in [
      ("local-top", "latchkey", ["cryptroot"]), ("local-block", "00-latchkey", ["cryptroot"]),
      ("local-bottom", "latchkey", []),
    ] {
      let path = "scripts/\(folder)/\(script)"
      let order = (tree.text("scripts/\(folder)/ORDER") ?? "").split(separator: "\n")
        .compactMap { line in line.split(separator: " ").first.map(String.init) }
      guard tree.node(path) != nil, let place = order.firstIndex(of: "/" + path) else {
        faults.append(.missing(.script(path)))
        continue
      }
      for rival in rivals {
        guard let other = order.firstIndex(of: "/scripts/\(folder)/\(rival)") else { continue }
        if other < place { faults.append(.order(path, before: "scripts/\(folder)/\(rival)")) }
      }
      if folder == "local-top",
        let daemon = order.firstIndex(of: "/scripts/local-top/cryptopensc"), daemon > place
      {
        faults.append(.order("scripts/local-top/cryptopensc", before: path))
      }
    }
    return faults
  }

  /// Without systemd a hook; with it a unit that systemd-cryptsetup waits for.
  private static func dracut(_ tree: ImageTree) -> [ImageFault] {
    let paths =
      tree.node("usr/lib/systemd/systemd") != nil || tree.node("lib/systemd/systemd") != nil
      ? [
        "usr/lib/systemd/system/latchkey.service",
        "etc/systemd/system/sysinit.target.wants/latchkey.service",
      ]
      : ["usr/lib/dracut/hooks/initqueue/settled/10-latchkey.sh"]
    return (paths + ["usr/lib/latchkey/unlock-volumes"]).filter { tree.node($0) == nil }.map {
      .missing(.script($0))
    }
  }

  private static func mkinitcpio(_ tree: ImageTree) -> [ImageFault] {
    guard tree.node("hooks/latchkey") != nil else { return [.missing(.script("hooks/latchkey"))] }
    guard
      let line = tree.text("config")?.split(separator: "\n").first(where: { $0.hasPrefix("HOOKS=") }
      )
    else { return [] }
    let words = line.split(whereSeparator: { " \"'=()".contains($0) }).map(String.init)
    guard let place = words.firstIndex(of: "latchkey") else {
      return [.missing(.script("hooks/latchkey"))]
    }
    if let other = words.firstIndex(of: "encrypt"), other < place {
      return [.order("hooks/latchkey", before: "hooks/encrypt")]
    }
    return []
  }
}
