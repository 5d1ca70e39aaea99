extension MenuEntry {
  /// An entry as it was read once, of its parts.
  public init(name: [UInt8], kind: Kind, line: Line, source: [UInt8]) {
    self.name = name
    self.kind = kind
    self.line = line
    self.source = source
  }
}
