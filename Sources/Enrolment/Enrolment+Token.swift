import DiskKey

extension Enrolment {
  /// Brings the LUKS2 token in step with the record that is installed now: written anew where there is
  /// one, else removed. The one place where this module touches tokens.
  func putToken(
    _ header: borrowing CryptDevice, _ uuid: VolumeUUID
  ) throws(EnrolmentError) {
    guard header.version == 2 else { return }
  }
}
