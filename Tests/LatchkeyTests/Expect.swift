import TestSupport
import Testing

/// Holds a program's exit code, and words of what it told the person.
func expect(
  _ result: Program, _ status: Int32, _ words: [String],
  _ location: SourceLocation = #_sourceLocation
) {
  #expect(result.status == status, "\(result.errorText)", sourceLocation: location)
  for word in words {
    #expect(
      result.errorText.contains(word), "\(word): \(result.errorText)", sourceLocation: location)
  }
}
