import DiskKey
import OpenPGPCard

/// A token in words, by `cryptsetup luksDump`: whose it is, and whether this system would act on it.
func describe(_ json: [UInt8], for call: Call) {
  let token: VolumeToken
  do throws(VolumeToken.Fault) {
    token = try VolumeToken(json: json)
  } catch {
    call.say(.result, "\tdamaged: no PIN is asked for; run latchkey enroll")
    return
  }
  var record: Record?
  if let uuid = call.header.uuid {
    do throws(DiskKeyError) { record = try Volume.record(of: uuid).record } catch { record = nil }
  }
  for (index, dongle) in token.dongles.enumerated() {
    let known = record?.dongles.first { $0.pinned.fingerprint == dongle.fingerprint }
    call.say(
      .result, index == 0 ? "\tDongles:    " : "\t            ",
      known.map { .bytes(words(for: $0)) } ?? "an OpenPGP card that is not recorded here", ", key ",
      .hexadecimal(dongle.fingerprint))
  }
  call.say(
    .result, "\tVolume key: OpenPGP message of ", .number(token.blob.count), " bytes to them")
  var agrees = false
  if let record {
    do throws(DiskKeyError) { agrees = try token.matches(record) } catch { agrees = false }
    call.say(
      .result,
      agrees
        ? "\tTrusted:    yes, as recorded in /etc/latchkey"
        : "\tTrusted:    no, another one is recorded in /etc/latchkey: run latchkey enroll")
  } else {
    call.say(.result, "\tTrusted:    no, nothing is recorded in /etc/latchkey: no PIN is asked for")
  }
}
