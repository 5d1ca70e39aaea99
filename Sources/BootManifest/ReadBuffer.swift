/// Room to read a file in pieces, apart from arrays so that nothing is initialized or copied twice.
@safe
struct ReadBuffer: ~Copyable {
  /// Bytes of the room.
  let size: Int
  private let room: UnsafeMutableRawBufferPointer

  /// Large enough that a system call costs nothing beside the hashing of what it brought.
  init(size: Int = 256 << 10) {
    self.size = size
    // Safe: freed in deinit and nowhere else.
    unsafe room = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
    // Safe: within the room, so that a span of it is always of initialized bytes.
    unsafe room.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit {
    // Safe: no borrow of self is left.
    unsafe room.deallocate()
  }

  /// Reads from where the last read of the file ended: how many bytes, 0 at the end.
  mutating func read(_ file: borrowing Descriptor, path: [UInt8]) throws(BootError) -> Int {
    // Safe: the room is exclusively ours while self is borrowed for mutation.
    unsafe try file.read(into: room, path: path)
  }

  /// The first `count` bytes, borrowed. Traps if there is less room.
  @_lifetime(borrow self)
  borrowing func first(_ count: Int) -> Span<UInt8> {
    precondition(count >= 0 && count <= size)
    // Safe: the span cannot outlive the borrow of self, and self owns the room.
    return unsafe _overrideLifetime(
      Span(
        _unsafeElements: UnsafeRawBufferPointer(rebasing: room[..<count])
          .assumingMemoryBound(to: UInt8.self)), borrowing: self)
  }
}
