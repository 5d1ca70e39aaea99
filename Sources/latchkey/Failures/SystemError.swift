import CSystem

/// An errno value in the system's own words.
struct SystemError: CustomStringConvertible {
  let description: String

  init(_ number: Int32) {
    // Safe: strerror gives a C string that is copied at once.
    description = unsafe String(cString: strerror(number))
  }
}
