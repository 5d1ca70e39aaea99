import CSystem

/// Bytes that nobody else may see: a PIN, a passphrase, a session key, a disk key.
///
/// They lie in pages of their own that are locked into memory, left out of core dumps, emptied in a
/// forked child, and wiped when the value's life ends. The value cannot be copied, so there is one
/// place to wipe. `exit()` and traps run no deinit: end the scope first.
@safe
public struct SecretBytes: ~Copyable, @unchecked Sendable {
  private let storage: UnsafeMutableBufferPointer<UInt8>
  private let mappedSize: Int

  /// How many bytes are in use, at most ``capacity``.
  public private(set) var count = 0
  /// How many bytes may hold anything since they were last wiped: at least ``count``.
  private var touched = 0

  /// Whether the kernel granted the lock that keeps the pages out of swap (see `RLIMIT_MEMLOCK`).
  public let isLocked: Bool

  /// Room for `capacity` bytes, none in use yet. Traps when the system has no memory left.
  public init(capacity: Int) {
    let page = 4096
    mappedSize = max(1, (capacity + page - 1) / page) * page
    var locked = false
    // Safe: the mapping is ours alone, zeroed, and lives until deinit.
    guard let start = unsafe system_map_secret(mappedSize, &locked) else {
      fatalError("no memory left for a secret")
    }
    isLocked = locked
    unsafe storage = UnsafeMutableBufferPointer(
      start: start.bindMemory(to: UInt8.self, capacity: mappedSize), count: capacity)
  }

  /// A copy of `bytes`, with room for no more.
  public init(copying bytes: Span<UInt8>) {
    self.init(capacity: bytes.count)
    append(bytes)
  }

  deinit {
    // Safe: nothing can borrow the bytes any longer, and the pages are ours.
    unsafe explicit_bzero(storage.baseAddress.unsafelyUnwrapped, touched)
    unsafe munmap(storage.baseAddress, mappedSize)
  }

  /// How many bytes it can hold.
  public var capacity: Int { unsafe storage.count }

  /// Whether no byte is in use.
  public var isEmpty: Bool { count == 0 }

  /// The bytes in use, borrowed.
  public var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get {
      // Safe: the span cannot outlive the borrow of self, and self owns the pages.
      unsafe _overrideLifetime(
        Span(_unsafeElements: UnsafeBufferPointer(storage).extracting(0..<count)), borrowing: self)
    }
  }

  /// Lends the bytes in use to `body`. For a secret that is a class's property, whose ``bytes`` the
  /// compiler cannot borrow.
  public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(bytes)
  }

  /// The bytes in use, to be changed in place.
  public var mutableBytes: MutableSpan<UInt8> {
    @_lifetime(&self)
    mutating get {
      // Safe: as `bytes`, and exclusive while self is borrowed for mutation.
      unsafe _overrideLifetime(
        MutableSpan(_unsafeElements: storage.extracting(0..<count)), mutating: &self)
    }
  }

  /// Adds one byte. Traps beyond ``capacity``.
  public mutating func append(_ byte: UInt8) {
    precondition(count < capacity, "a secret grew beyond its room")
    // Safe: the index was just checked.
    unsafe storage[count] = byte
    count += 1
    touched = max(touched, count)
  }

  /// Adds bytes. Traps beyond ``capacity``.
  public mutating func append(_ bytes: Span<UInt8>) {
    precondition(bytes.count <= capacity - count, "a secret grew beyond its room")
    for index in bytes.indices {
      // Safe: count + bytes.count is within the room, as just checked.
      unsafe storage[count + index] = bytes[index]
    }
    count += bytes.count
    touched = max(touched, count)
  }

  /// Adds the first `length` bytes of another secret. Traps beyond ``capacity``, or if there are fewer.
  public mutating func append(firstBytes length: Int, of other: borrowing SecretBytes) {
    append(other.bytes.extracting(first: length))
  }

  /// Lets `body` write into the room behind the bytes in use; it returns how many bytes it wrote.
  /// For C functions that fill a buffer: read(2), SCardTransmit, EVP_….
  public mutating func append<Failure: Error>(
    writing body: (UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Int
  ) throws(Failure) {
    // C functions may write beyond what they report.
    touched = capacity
    // Safe: the room behind `count` is ours, and what body says it wrote is checked.
    let written = unsafe try body(storage.extracting(count..<capacity))
    precondition(written >= 0 && written <= capacity - count, "a secret grew beyond its room")
    count += written
  }

  /// Adds `size` random bytes, at most 256, of the kernel's: for what must not be guessed and is no key.
  /// Traps beyond ``capacity``.
  /// - Returns: false where the kernel gave none.
  public mutating func appendKernelRandom(_ size: Int) -> Bool {
    precondition(size <= capacity - count, "a secret grew beyond its room")
    let before = count
    // Safe: the room was just checked.
    unsafe append { room in unsafe max(0, getrandom(room.baseAddress, size, 0)) }
    return count - before == size
  }

  /// Keeps the first `newCount` bytes and wipes the rest. Traps if there are fewer.
  public mutating func truncate(to newCount: Int) {
    precondition(newCount >= 0 && newCount <= count)
    // Safe: the range lies within the bytes in use.
    unsafe explicit_bzero(storage.baseAddress.unsafelyUnwrapped + newCount, count - newCount)
    count = newCount
  }

  /// Drops the first `length` bytes, moves the rest to the front and wipes behind it.
  public mutating func removeFirst(_ length: Int) {
    precondition(length >= 0 && length <= count)
    // Safe: both ranges lie within the bytes in use; memmove allows them to overlap.
    unsafe memmove(
      storage.baseAddress.unsafelyUnwrapped, storage.baseAddress.unsafelyUnwrapped + length,
      count - length)
    truncate(to: count - length)
  }

  /// Wipes all, and is empty then.
  public mutating func wipe() {
    // Safe: what was touched lies within the room.
    unsafe explicit_bzero(storage.baseAddress.unsafelyUnwrapped, touched)
    touched = 0
    count = 0
  }
}
