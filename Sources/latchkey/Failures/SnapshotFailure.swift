import BootChanges
import BootEntries
import Initramfs

extension SnapshotError {
  /// Why, in words.
  var words: String {
    switch self {
    case .storage(let error), .menu(.storage(let error)): Failure(error).what
    case .menu: "as the boot entries make no sense"
    case .image(let path, let error): Failure(error, image: path).what
    }
  }
}
