extension StaticString {
  /// The text as a C function takes it. A `String` in its place would bring Unicode's tables into the
  /// initramfs program.
  @unsafe package var cString: UnsafePointer<CChar> {
    // Safe: a static string lives forever and ends with a zero.
    unsafe UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
  }
}
