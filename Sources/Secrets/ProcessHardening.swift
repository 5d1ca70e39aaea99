import CSystem

/// Keeps this process's memory from core files and from other processes of the same user
/// (`PR_SET_DUMPABLE` 0, `RLIMIT_CORE` 0). Call it before the first secret is read.
/// - Returns: false if the kernel refused.
public func hardenProcess() -> Bool {
  system_harden()
}

/// Wipes what functions that have returned left on the stack: a hash function and a cipher keep pieces
/// of their input there, and libcrypto does not clear them. Call it where the work with secrets is
/// over, from the frame that began it.
public func wipeStack() {
  system_wipe_stack()
}
