import DiskKey
import Storage

extension Enrolment {
  /// Brings the LUKS2 token in step with the record that is installed now: written anew where there is
  /// one, else removed. The one place where this module touches tokens.
  func putToken(
    _ header: borrowing CryptDevice, _ uuid: VolumeUUID
  ) throws(EnrolmentError) {
    guard header.version == 2 else { return }
    guard let record = known(uuid) else { return try header.removeTokens() }
    let blob: [UInt8]?
    do throws(StorageError) {
      blob = try DurableFile.read(
        places.installedFolder(uuid) + "/key.pgp", limit: KeyBlob.maximumSize)
    } catch {
      throw .storage(error)
    }
    let token: VolumeToken
    do throws(DiskKeyError) {
      token = try VolumeToken(of: record, blob: blob ?? [])
    } catch {
      throw .diskKey(error)
    }
    try header.write(token)
  }
}
