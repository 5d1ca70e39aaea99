/// Why bytes are no record.
public enum RecordFault: Error, Equatable, Sendable {
  /// They don't begin as a record does.
  case notARecord
  /// A later version of Latchkey wrote it.
  case version(UInt16)
  /// They end too early.
  case truncated
  /// Something follows the end, of the record or of a part of it.
  case trailingBytes
  /// No dongle, or more than ``Record/maximumDongles``.
  case dongleCount(Int)
  /// A dongle's part makes no sense.
  case dongle
  /// The volume's part makes no sense.
  case volume
}
