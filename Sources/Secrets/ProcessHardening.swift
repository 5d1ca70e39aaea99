import CSystem

/// Keeps this process's memory from core files and from other processes of the same user
/// (`PR_SET_DUMPABLE` 0, `RLIMIT_CORE` 0). Call it before the first secret is read.
/// - Returns: false if the kernel refused.
public func hardenProcess() -> Bool {
  system_harden()
}
