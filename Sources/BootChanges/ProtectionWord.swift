/// What a word of a command line means for what protects the machine: the kernel's own parameters, and those
/// of systemd, dracut, initramfs-tools, Xen and Latchkey (their `kernel-parameters.txt`, systemd(1),
/// systemd-debug-generator(8), dracut.cmdline(7), initramfs-tools(7), Xen's `xen-command-line`).
///
/// Settings of GRUB's never explain such a word: only that the entry had it when it was signed does.
enum ProtectionWord {
  /// The reason of a word that takes a protection away or decides over one; nil for any other, and where its
  /// value is one that protects.
  static func reason(of word: [UInt8]) -> EntryChange.Reason? {
    let (name, value) = parts(word)
    guard let parameter = parameter(name) else { return nil }
    if let value, parameter.safe.contains(value) { return nil }
    return value == nil && parameter.isSafeBare ? nil : parameter.reason
  }

  /// Whether it names one of them, whatever its value.
  static func isOne(_ word: [UInt8]) -> Bool { parameter(parts(word).name) != nil }

  /// Whether something is lost where it goes: it protected, or said which disk is opened and booted.
  static func isLost(_ word: [UInt8]) -> Bool {
    guard let reason = reason(of: word) else { return isOne(word) }
    return [.choosesRoot, .opensDisk, .changesInitramfs, .changesFirmware].contains(reason)
  }

  /// Whether each entry has one of its name, with a value of its own.
  static func isOrdinary(_ word: [UInt8]) -> Bool {
    parameter(parts(word).name)?.reason == .choosesRoot
  }

  /// The parameter's name, by which the last of several counts.
  static func name(of word: [UInt8]) -> String { parts(word).name }

  /// Dashes and underscores are alike, and quotes around all or the value are nothing (the kernel's
  /// `next_arg`, `parameq`).
  private static func parts(_ word: [UInt8]) -> (name: String, value: String?) {
    let text = word.filter { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "'") }
    let parts = text.split(
      separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(decoding: parts[0], as: UTF8.self)
    guard name != "--", !name.hasPrefix("-- ") else { return ("--", nil) }
    // `-s` and `-b` are init's own.
    let spelled = name.hasPrefix("-") ? name : name.replacing("-", with: "_")
    return (spelled, parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : nil)
  }

  private struct Parameter {
    let reason: EntryChange.Reason
    /// The values that protect.
    var safe: Set<String> = []
    /// Whether it protects without a value.
    var isSafeBare = false
  }

  private static func parameter(_ name: String) -> Parameter? {
    if let found = table[name] { return found }
    guard let prefix = prefixes.first(where: { name.hasPrefix($0.key) }) else { return nil }
    return harmless.contains(name) ? nil : Parameter(reason: prefix.value)
  }

  /// Families, of which new members come.
  private static let prefixes: [String: EntryChange.Reason] = [
    "systemd.": .runsAnother, "rd.": .changesInitramfs, "luks.": .opensDisk,
    "sysctl.": .loosensKernel,
    "ima_": .loosensIntegrity, "evm": .loosensIntegrity, "apparmor.": .loosensAccess,
    "selinux": .loosensAccess, "kgdb": .debugs, "kdb": .debugs, "random.trust_": .weakensRandomness,
    "acpi": .changesFirmware, "nospec": .loosensMitigations, "spec": .loosensMitigations,
    "dm_mod.": .opensDisk, "dm_crypt.": .opensDisk, "latchkey": .leavesLatchkeyOut,
    "ftrace": .debugs, "trace": .debugs, "trace_": .debugs, "kprobe": .debugs,
    "dom0": .loosensHypervisor,
  ]

  /// Members of them that change nothing.
  private static let harmless: Set<String> = [
    "systemd.show_status", "systemd.log_level", "systemd.log_target", "systemd.log_color",
    "systemd.log_location", "systemd.log_time", "systemd.journald.forward_to_console",
    "rd.udev.log_level",
    "rd.udev.log_priority", "rd.plymouth", "rd.vconsole.keymap", "rd.vconsole.font",
    "rd.locale.LANG",
    "acpi_backlight", "acpi_osi", "acpi_sleep", "acpi_enforce_resources", "dom0_max_vcpus",
  ]

  private static let protecting: Set<String> = ["on", "auto", "force", "1", "y", "yes", "full"]

  private static let table: [String: Parameter] = {
    var table: [String: Parameter] = [:]
    func add(
      _ reason: EntryChange.Reason, safe: Set<String> = [], bare: Bool = false, _ names: String...
    ) {
      for name in names { table[name] = Parameter(reason: reason, safe: safe, isSafeBare: bare) }
    }
    add(.runsAnother, "init", "rdinit", "--", "keyscript")
    add(
      .opensShell, "single", "emergency", "rescue", "1", "s", "S", "-s", "-b", "break")
    add(
      .changesInitramfs, "initrd", "noinitrd", "ip", "nfsroot", "nfsaddrs",
      "netroot", "modprobe.blacklist", "module_blacklist", "initcall_blacklist",
      "cryptopts", "overlayroot", "boot", "modules_load")
    add(.opensDisk, "cryptdevice", "cryptkey")
    add(
      .choosesRoot, "root", "rootfstype", "rootflags", "resume", "resume_offset", "ro", "rw",
      "mount.usr", "mount.usrfstype", "mount.usrflags")
    add(.loosensModules, safe: ["1", "y", "Y", "on"], bare: true, "module.sig_enforce")
    add(.loosensKernel, safe: ["integrity", "confidentiality"], "lockdown")
    add(.loosensAccess, safe: ["1"], "apparmor", "selinux", "enforcing")
    add(.loosensAccess, safe: ["apparmor", "selinux"], "security")
    add(.loosensAccess, safe: ["0"], "checkreqprot")
    add(.loosensAccess, "lsm")
    add(.loosensAccess, safe: ["1", "on"], "audit")
    add(.loosensIntegrity, safe: ["1"], "fips")
    add(.loosensMitigations, safe: ["auto", "auto,nosmt"], "mitigations")
    add(.loosensMitigations, safe: ["on", "auto"], bare: false, "pti")
    add(.loosensMitigations, safe: ["on", "auto", "retpoline", "eibrs", "ibrs"], "spectre_v2")
    add(
      .loosensMitigations, safe: protecting.union(["prctl", "seccomp", "ibpb"]), "spectre_v2_user",
      "spec_store_bypass_disable", "spectre_bhi", "ssbd")
    add(
      .loosensMitigations,
      safe: protecting.union(["full,nosmt", "full,force", "flush", "flush,nosmt"]), "mds",
      "l1tf", "tsx_async_abort", "mmio_stale_data", "retbleed", "gather_data_sampling",
      "reg_file_data_sampling", "srbds", "spec_rstack_overflow", "indirect_target_selection", "tsa",
      "l1d_flush", "vmscape", "kvm_intel.vmentry_l1d_flush", "kvm.nx_huge_pages", "its")
    add(.loosensMitigations, safe: ["off"], "tsx")
    add(.loosensMitigations, safe: ["none", "xonly"], "vsyscall")
    add(
      .loosensMitigations, "nopti", "nokpti", "nospectre_v1", "nospectre_v2", "nospectre_bhb",
      "no_stf_barrier", "no_entry_flush", "no_uaccess_flush", "nosmep", "nosmap", "noexec",
      "noexec32",
      "nokaslr", "norandmaps", "no_hash_pointers", "clearcpuid", "nopku", "dis_ucode_ldr",
      "nousershstk")
    add(.loosensMitigations, safe: ["on", "full"], "rodata", "hardened_usercopy", "ibt", "shstk")
    add(.loosensMitigations, safe: ["auto", "kcfi", "fineibt"], "cfi")
    add(
      .loosensMemory, safe: ["on", "force", "strict", "1"], "iommu", "intel_iommu",
      "amd_iommu", "iommu.strict", "arm_smmu.disable_bypass")
    add(.loosensMemory, safe: ["1", "on"], "init_on_alloc", "init_on_free", "page_alloc.shuffle")
    add(.loosensMemory, bare: true, "slab_nomerge")
    add(
      .loosensMemory, "iommu.passthrough", "slub_debug", "slab_merge", "slub_merge")
    add(.loosensMemory, safe: ["on", "1"], "randomize_kstack_offset")
    add(.loosensMemory, "memmap", "mem")
    add(.loosensUSB, safe: ["0", "2"], "usbcore.authorized_default")
    add(.loosensUSB, "usbcore.quirks")
    add(
      .changesFirmware, "noefi", "dtb",
      "efivar_ssdt", "efi_fake_mem")
    add(.changesFirmware, safe: ["disable_early_pci_dma"], "efi")
    add(.weakensRandomness, "nordrand")
    add(
      .debugs, "netconsole", "earlyprintk", "earlycon", "sysrq_always_enabled", "nmi_debug",
      "ohci1394_dma", "kmemleak")
    add(.debugs, safe: ["off", "no_mount"], "debugfs")
    // initramfs-tools has no shell where the kernel reboots by itself.
    add(.opensShell, safe: Set((-1...3600).map(String.init)).subtracting(["0"]), "panic")
    add(
      .loosensHypervisor, "xsm", "flask", "xpti", "smep", "smap", "pv_l1tf", "pv_linear_pt",
      "ucode",
      "allow_unsafe", "gdb", "bti_thunk", "tboot", "dma_unsafe", "spec_ctrl")
    return table
  }()
}
