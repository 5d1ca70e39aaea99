// swift-tools-version: 6.2
import PackageDescription

/// The parsers, and the modules each needs. A target, and its program, is called as the parser behind
/// `Fuzz`.
let parsers: [(name: String, modules: [String])] = [
  ("TLV", ["SmartCard"]),
  ("CardAnswers", ["SmartCard", "Secrets"]),
  ("CardScript", ["Dongle", "OpenPGPCard", "OpenPGP", "SmartCard", "LibCrypto", "Secrets"]),
  (
    "UnlockScript",
    ["Dongle", "DiskKey", "OpenPGPCard", "OpenPGP", "SmartCard", "LibCrypto", "Secrets"]
  ),
  ("ApplicationData", ["Dongle", "OpenPGPCard", "SmartCard"]),
  ("KeyDerivation", ["OpenPGPCard", "SmartCard", "Secrets"]),
  ("Armor", ["OpenPGP"]),
  ("Certificate", ["OpenPGP"]),
  ("DetachedSignature", ["OpenPGP"]),
  ("CleartextMessage", ["OpenPGP"]),
  ("ChecksumList", ["BootMedia", "LibCrypto"]),
  ("EncryptedMessage", ["OpenPGP", "Inflate", "LibCrypto", "Secrets"]),
  ("Inflate", ["Inflate", "OpenPGP", "Secrets"]),
  ("Gzip", ["Inflate"]),
  ("Record", ["Dongle", "DiskKey", "OpenPGPCard", "OpenPGP", "LibCrypto"]),
  ("VolumeToken", ["DiskKey"]),
  ("FailedPINs", ["DiskKey", "OpenPGPCard", "Secrets"]),
  ("ManifestLists", ["BootManifest"]),
  ("RootHashes", ["BootManifest", "Secrets"]),
  ("BootEntries", ["BootEntries"]),
  ("Snapshot", ["BootChanges", "Initramfs", "Secrets"]),
  ("GrubEnvironment", ["BootChanges", "Secrets"]),
  ("ImageCrypttab", ["BootChanges"]),
  ("GeneratedFile", ["BootChanges", "Initramfs", "Secrets"]),
  ("SignatureMemory", ["BootManifest", "LibCrypto"]),
  ("KnownDongle", ["Provisioning", "OpenPGPCard"]),
  ("Journal", ["Enrolment"]),
  ("Crypttab", ["Enrolment"]),
  ("Image", ["Initramfs"]),
  ("VirtualCard", ["VirtualCard"]),
  ("CardFile", ["VirtualCard"]),
  ("CardProfile", ["VirtualCard"]),
  ("USBRedir", ["VirtualCard"]),
  ("CCIDMessages", ["VirtualCard"]),
  ("VSCARD", ["VirtualCard"]),
  ("ReaderFeatures", ["OpenPGPCard"]),
]

/// What Swift calls the package above, whose `package` declarations some targets need: it goes by the
/// folder's name.
let above = String(
  (Context.packageDirectory.split(separator: "/").dropLast().last ?? "latchkey").lowercased()
    .map { $0.isLetter || $0.isNumber ? $0 : "_" })

let package = Package(
  name: "fuzz",
  dependencies: [.package(name: "latchkey", path: "..")],
  targets: [
    .target(
      name: "Input",
      dependencies: ["SmartCard", "Secrets"].map { .product(name: $0, package: "latchkey") }),
    .target(
      name: "Dongle",
      dependencies: ["Input"]
        + ["OpenPGPCard", "OpenPGP", "SmartCard", "LibCrypto", "Secrets"].map {
          .product(name: $0, package: "latchkey")
        }),
  ],
  swiftLanguageModes: [.v6]
)
for parser in parsers {
  package.targets.append(
    .executableTarget(
      name: "Fuzz\(parser.name)",
      dependencies: parser.modules.map { module in
        ["Input", "Dongle"].contains(module)
          ? .target(name: module) : .product(name: module, package: "latchkey")
      } + ["Input"],
      packageAccess: false,
      // libFuzzer brings main().
      swiftSettings: [.unsafeFlags(["-parse-as-library", "-package-name", above])]))
}
for target in package.targets {
  target.swiftSettings =
    (target.swiftSettings ?? []) + [
      .strictMemorySafety(),
      .enableUpcomingFeature("ExistentialAny"),
      .enableUpcomingFeature("InternalImportsByDefault"),
      .enableUpcomingFeature("MemberImportVisibility"),
      .enableExperimentalFeature("Lifetimes"),
    ]
}
