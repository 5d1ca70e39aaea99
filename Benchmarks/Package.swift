// swift-tools-version: 6.2
import PackageDescription

/// What measures within the process; the rest of Benchmarks/ is driven by scripts/bench.
let package = Package(
  name: "benchmarks",
  dependencies: [.package(name: "latchkey", path: "..")],
  targets: [
    .executableTarget(
      name: "inside",
      dependencies: [
        "BootManifest", "BootEntries", "OpenPGP", "OpenPGPCard", "Inflate", "SmartCard", "Secrets",
      ].map { .product(name: $0, package: "latchkey") },
      swiftSettings: [
        .strictMemorySafety(), .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableExperimentalFeature("Lifetimes"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
