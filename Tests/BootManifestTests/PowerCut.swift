import BootManifest
import Glibc
import Synchronization

/// A disk whose power fails at a given call: that call is done wholly, halfway or not at all, and
/// nothing after it.
final class PowerCut: Sendable {
  /// What becomes of the call at which the power fails.
  enum Last: CaseIterable, Sendable {
    case undone
    case torn
    case done
  }

  private let state: Mutex<(calls: Int, names: [String])>
  private let limit: Int
  private let last: Last

  /// Fails at the call of that number, counted from 0.
  init(at limit: Int, _ last: Last) {
    self.limit = limit
    self.last = last
    state = Mutex((0, []))
  }

  /// The calls that were made, by name.
  var names: [String] { state.withLock { $0.names } }

  var calls: FileCalls {
    let kernel = FileCalls.kernel
    var calls = kernel
    calls.create = { folder, name in
      let number = self.turn("create \(String(decoding: name, as: UTF8.self))")
      if number > self.limit || number == self.limit && self.last == .undone { return -EIO }
      let file = kernel.create(folder, name)
      if number == self.limit {
        if file >= 0 { close(file) }
        return -EIO
      }
      return file
    }
    calls.write = { file, bytes in
      let number = self.turn("write")
      if number < self.limit {
        // In pieces, so that there is something between them to cut.
        return kernel.write(file, bytes.extracting(first: min(bytes.count, 100)))
      }
      if number == self.limit, self.last == .torn {
        _ = kernel.write(file, bytes.extracting(first: bytes.count / 2))
      } else if number == self.limit, self.last == .done {
        _ = kernel.write(file, bytes)
      }
      return -Int(EIO)
    }
    calls.sync = { descriptor in
      self.turn("sync") < self.limit ? kernel.sync(descriptor) : -EIO
    }
    calls.syncAll = { folder in
      self.turn("sync all") < self.limit ? kernel.syncAll(folder) : -EIO
    }
    calls.rename = { folder, old, new in
      let number = self.turn("rename \(String(decoding: new, as: UTF8.self))")
      if number < self.limit { return kernel.rename(folder, old, new) }
      if number == self.limit, self.last == .torn {
        // On FAT the old entry goes before the new one comes.
        _ = kernel.remove(folder, new)
      } else if number == self.limit, self.last == .done {
        _ = kernel.rename(folder, old, new)
      }
      return -EIO
    }
    calls.remove = { folder, name in
      let number = self.turn("remove \(String(decoding: name, as: UTF8.self))")
      if number < self.limit { return kernel.remove(folder, name) }
      if number == self.limit, self.last != .undone { _ = kernel.remove(folder, name) }
      return -EIO
    }
    return calls
  }

  private func turn(_ name: String) -> Int {
    state.withLock {
      $0.calls += 1
      if $0.calls <= limit + 1 { $0.names.append(name) }
      return $0.calls - 1
    }
  }
}
