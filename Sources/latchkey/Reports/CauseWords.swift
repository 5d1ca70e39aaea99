import BootChanges

/// A cause as reports have it: a word for JSON, a sentence for people, and the package's file if it is one.
struct CauseWords {
  let cause: String
  let words: String
  var file: PackageFile?

  /// As a package ships it.
  static func shipped(_ file: PackageFile) -> CauseWords {
    CauseWords(cause: "package", words: "as \(file.words) ships it", file: file)
  }

  /// A package ships it, with other content.
  static func notAsShipped(_ file: PackageFile) -> CauseWords {
    CauseWords(cause: "not-as-shipped", words: "NOT as \(file.words) ships it", file: file)
  }

  /// Nothing explains it.
  static func unknown(
    _ words: String = "nothing that this system knows of explains it"
  ) -> CauseWords {
    CauseWords(cause: "unknown", words: words)
  }
}
