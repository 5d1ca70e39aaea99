/// Why a card's file can't be used.
public enum CardFileError: Error, Equatable, Sendable {
  /// It isn't there, or may not be read: its path.
  case unreadable(String)
  /// It is no virtual card's file, or a damaged one: its path, and what is wrong.
  case damaged(String, String)
  /// It was made by a newer version of the program: its path.
  case tooNew(String)
  /// There already is a file: its path.
  case exists(String)
  /// Another process runs this card: its path.
  case inUse(String)
  /// It can't be written: its path, and the system's reason.
  case unwritable(String, String)
}
