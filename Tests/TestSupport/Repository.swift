import Foundation

/// Where the project's files are, seen from a test.
public enum Repository {
  /// The folder of Package.swift.
  public static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// The folder of the programs built along with the tests.
  public static let products = URL(fileURLWithPath: "/proc/self/exe")
    .resolvingSymlinksInPath().deletingLastPathComponent().path

  /// A path in the project.
  public static func path(_ name: String) -> String { root + "/" + name }

  /// A program of ours, such as `virtual-card`.
  public static func product(_ name: String) -> String { products + "/" + name }
}
