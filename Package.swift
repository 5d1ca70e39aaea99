// swift-tools-version: 6.2
import PackageDescription

// The floors, from the ground up; a target depends only on those above it in this list.
// What `latchkey-unlock` links is Embedded-clean: it builds both as ordinary Swift and with `scripts/build-embedded`.
let package = Package(
  name: "latchkey",
  products: [
    .executable(name: "latchkey", targets: ["latchkey"]),
    .executable(name: "latchkey-unlock", targets: ["latchkey-unlock"]),
    .executable(name: "virtual-card", targets: ["virtual-card"]),
    // The name makes the file's: libcryptsetup-token-openpgp-card.so.
    .library(name: "cryptsetup-token-openpgp-card", type: .dynamic, targets: ["CryptsetupToken"]),
    .library(name: "Secrets", targets: ["Secrets"]),
    .library(name: "LibCrypto", targets: ["LibCrypto"]),
    .library(name: "SmartCard", targets: ["SmartCard"]),
    .library(name: "OpenPGPCard", targets: ["OpenPGPCard", "PCSC"]),
    .library(name: "OpenPGP", targets: ["OpenPGP"]),
    .library(name: "Inflate", targets: ["Inflate"]),
    .library(name: "DiskKey", targets: ["DiskKey", "CLate"]),
    .library(name: "Enrolment", targets: ["Enrolment", "CLate"]),
    .library(name: "Provisioning", targets: ["Provisioning"]),
    .library(name: "BootManifest", targets: ["BootManifest"]),
    .library(name: "BootChanges", targets: ["BootChanges", "CLate"]),
    .library(name: "BootEntries", targets: ["BootEntries"]),
    .library(name: "BootMedia", targets: ["BootMedia"]),
    .library(name: "Keyring", targets: ["Keyring"]),
    .library(name: "VirtualCard", targets: ["VirtualCard"]),
    .library(name: "Initramfs", targets: ["Initramfs", "CLate"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0")
  ],
  targets: [
    // C
    .target(name: "CSystem"),
    .target(name: "CForeground"),
    // libcryptsetup and GPGME for what links neither: loaded when they are first needed.
    .target(name: "CLate"),
    .systemLibrary(name: "CPCSC", pkgConfig: "libpcsclite", providers: [.apt(["libpcsclite-dev"])]),
    .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    // No pkgConfig: it is linked by what says so, or comes late.
    .systemLibrary(name: "CCryptsetup", providers: [.apt(["libcryptsetup-dev"])]),
    .systemLibrary(name: "CJSONC", pkgConfig: "json-c", providers: [.apt(["libjson-c-dev"])]),
    .systemLibrary(name: "CGPGME", providers: [.apt(["libgpgme-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    // The ground: Embedded-clean
    .target(name: "Secrets", dependencies: ["CSystem"]),
    .target(name: "LibCrypto", dependencies: ["Secrets", "CLibCrypto"]),
    .target(name: "SmartCard", dependencies: ["Secrets"]),

    // The card and the messages: Embedded-clean
    .target(name: "PCSC", dependencies: ["SmartCard", "Secrets", "CPCSC", "CSystem"]),
    .target(name: "OpenPGPCard", dependencies: ["SmartCard", "LibCrypto", "Secrets"]),
    .target(name: "OpenPGP", dependencies: ["LibCrypto", "Secrets"]),
    .target(
      name: "DiskKey",
      dependencies: [
        "OpenPGP", "OpenPGPCard", "SmartCard", "LibCrypto", "Secrets", "CCryptsetup", "CJSONC",
        "CSystem",
      ]),

    // What stands on them
    .target(name: "Storage", dependencies: ["CSystem"]),
    .target(name: "Inflate", dependencies: ["OpenPGP", "Secrets", "CZlib", "CSystem"]),
    .target(
      name: "Provisioning",
      dependencies: [
        "OpenPGP", "OpenPGPCard", "SmartCard", "LibCrypto", "Secrets", "Storage", "CSystem",
      ]),
    .target(name: "VirtualCard", dependencies: ["SmartCard", "LibCrypto", "Secrets", "CSystem"]),
    .target(name: "BootManifest", dependencies: ["OpenPGP", "LibCrypto", "CSystem"]),
    .target(name: "BootEntries", dependencies: ["Storage", "LibCrypto", "CSystem"]),
    .target(
      name: "BootMedia",
      dependencies: ["BootManifest", "OpenPGP", "LibCrypto", "Storage", "CSystem"]),
    .target(name: "Keyring", dependencies: ["CGPGME", "CLate", "CSystem"]),
    .target(
      name: "Enrolment",
      dependencies: [
        "DiskKey", "OpenPGP", "OpenPGPCard", "SmartCard", "LibCrypto", "Secrets", "Storage",
        "CCryptsetup", "CSystem",
      ]),
    .target(
      name: "Initramfs",
      dependencies: ["DiskKey", "OpenPGP", "Inflate", "LibCrypto", "Storage", "CSystem"]),
    .target(
      name: "BootChanges",
      dependencies: [
        "BootManifest", "BootEntries", "DiskKey", "Initramfs", "Inflate", "LibCrypto", "Storage",
        "CSystem",
      ]),

    // For tests only
    .target(
      name: "TestSupport",
      dependencies: ["OpenPGP", "OpenPGPCard", "SmartCard", "LibCrypto", "Secrets"],
      path: "Tests/TestSupport"),
    .executableTarget(name: "CMemoryScan", path: "Tests/CMemoryScan"),
    .target(
      name: "VolumeTestSupport",
      dependencies: [
        "Enrolment", "DiskKey", "OpenPGP", "OpenPGPCard", "VirtualCard", "SmartCard", "LibCrypto",
        "Secrets", "TestSupport",
      ], path: "Tests/VolumeTestSupport"),

    .target(
      name: "MachineTestSupport", dependencies: ["VirtualCard", "TestSupport"],
      path: "Tests/MachineTestSupport"),

    // For scripts/bench only: what is measured within the process
    .executableTarget(
      name: "inside",
      dependencies: [
        "BootManifest", "BootEntries", "OpenPGP", "OpenPGPCard", "Inflate", "SmartCard", "Secrets",
      ], path: "Benchmarks/inside"),

    // The programs
    .executableTarget(
      name: "latchkey",
      dependencies: [
        "BootManifest", "BootChanges", "BootEntries", "BootMedia", "Enrolment", "Initramfs",
        "Keyring", "Provisioning", "VirtualCard",
        "Inflate",
        "Storage",
        "DiskKey",
        "OpenPGP", "OpenPGPCard",
        "PCSC", "SmartCard", "LibCrypto", "Secrets", "CSystem",
        "CForeground", "CLate",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(
      name: "latchkey-unlock",
      dependencies: [
        "DiskKey", "OpenPGP", "OpenPGPCard", "PCSC", "SmartCard", "LibCrypto", "Secrets", "CSystem",
      ],
      linkerSettings: [.linkedLibrary("m"), .linkedLibrary("cryptsetup")]),
    .target(
      name: "CryptsetupToken",
      dependencies: [
        "DiskKey", "OpenPGP", "OpenPGPCard", "PCSC", "SmartCard", "Secrets", "CCryptsetup",
        "CSystem",
      ],
      exclude: ["token.map"], linkerSettings: [.linkedLibrary("m"), .linkedLibrary("cryptsetup")]),
    .executableTarget(
      name: "latchkey-sop",
      dependencies: [
        "VirtualCard", "Inflate", "BootManifest", "OpenPGP", "OpenPGPCard", "SmartCard",
        "LibCrypto", "Secrets",
      ]),
    .executableTarget(
      name: "virtual-card",
      dependencies: [
        "VirtualCard", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)

/// A test target a module, beside it by name.
let tests: [(name: String, dependencies: [Target.Dependency])] = [
  ("BootEntriesTests", ["BootEntries", "latchkey"]),
  ("BootMediaTests", ["BootMedia", "OpenPGP", "LibCrypto"]),
  ("BootManifestTests", ["BootManifest", "OpenPGP", "LibCrypto"]),
  ("BootChangesTests", ["BootChanges", "BootEntries", "BootManifest", "Initramfs"]),
  ("SecretsTests", ["Secrets", "CSystem"]),
  ("SmartCardTests", ["SmartCard", "Secrets"]),
  (
    "OpenPGPCardTests",
    [
      "OpenPGPCard", "PCSC", "VirtualCard", "virtual-card", "SmartCard", "LibCrypto", "Secrets",
      "CPCSC",
    ]
  ),
  (
    "ProvisioningTests",
    [
      "Provisioning", "OpenPGPCard", "OpenPGP", "VirtualCard", "SmartCard", "LibCrypto", "Secrets",
      "Storage",
    ]
  ),
  ("LibCryptoTests", ["LibCrypto", "Secrets"]),
  ("StorageTests", ["Storage", "CSystem"]),
  (
    "LatchkeyTests",
    [
      "latchkey", "latchkey-unlock", "virtual-card", "CMemoryScan", "DiskKey", "OpenPGP",
      "LibCrypto", "PCSC", "Secrets", "SmartCard",
    ]
  ),
  ("KeyringTests", ["Keyring", "VirtualCard", "virtual-card", "latchkey", "latchkey-unlock"]),
  ("GnuPGTests", ["VirtualCard", "virtual-card"]),
  ("ClientTests", ["VirtualCard", "virtual-card", "latchkey"]),
  (
    "CardModelTests",
    [
      "Provisioning", "OpenPGPCard", "OpenPGP", "VirtualCard", "virtual-card", "latchkey",
      "SmartCard", "LibCrypto", "Secrets",
    ]
  ),
  ("VirtualCardTests", ["VirtualCard", "SmartCard", "LibCrypto", "Secrets", "virtual-card"]),
  ("OpenPGPTests", ["OpenPGP", "Inflate", "LibCrypto", "Secrets", "CZlib"]),
  (
    "DiskKeyTests",
    [
      "DiskKey", "OpenPGP", "OpenPGPCard", "VirtualCard", "SmartCard", "LibCrypto", "Secrets",
      "VolumeTestSupport",
    ]
  ),
  (
    "EnrolmentTests",
    [
      "Enrolment", "DiskKey", "OpenPGP", "OpenPGPCard", "LibCrypto", "Secrets", "Storage",
      "VolumeTestSupport",
    ]
  ),
  (
    "UnlockTests",
    [
      "Enrolment", "DiskKey", "OpenPGP", "OpenPGPCard", "VirtualCard", "virtual-card",
      "latchkey-unlock", "CMemoryScan", "LibCrypto", "Secrets", "VolumeTestSupport",
    ]
  ),
  ("BootTests", ["VirtualCard", "virtual-card", "MachineTestSupport"]),
  ("UpgradeTests", ["virtual-card", "latchkey"]),
  ("PackageTests", ["virtual-card", "latchkey", "MachineTestSupport"]),
  ("SOPTests", ["latchkey-sop", "OpenPGP"]),
  (
    "InitramfsTests",
    [
      "Initramfs", "DiskKey", "OpenPGP", "OpenPGPCard", "Storage", "latchkey", "latchkey-unlock",
      "VolumeTestSupport",
    ]
  ),
  ("InflateTests", ["Inflate", "OpenPGP", "Secrets", "CZlib"]),
  ("TestSupportTests", []),
]
/// What lies beside tests and isn't Swift.
let standIns = [
  "ClientTests": ["Cards", "Drivers"], "InitramfsTests": ["StandIns"],
  "BootEntriesTests": ["Cases"],
]
for test in tests {
  package.targets.append(
    .testTarget(
      name: test.name, dependencies: test.dependencies + ["TestSupport"],
      exclude: standIns[test.name] ?? []))
}

/// Strict settings, once for every Swift target.
let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
  .treatAllWarnings(as: .error),
]
for target in package.targets where target.type != .system && !target.name.hasPrefix("C") {
  target.swiftSettings = (target.swiftSettings ?? []) + strict
}
