import CSystem
import DiskKey
import OpenPGPCard
import SmartCard

/// Says why a volume gets no key here, and what to do.
/// - Returns: the code for libcryptsetup.
func explain(_ error: Volume.Refusal, to call: Call, as level: Call.Level) -> Int32 {
  switch error {
  case .token:
    call.say(level, "this token is damaged: run latchkey enroll; use the passphrase")
    return -EINVAL
  case .noUUID:
    call.say(level, "the header bears no UUID: use the passphrase")
    return -EINVAL
  case .noRecord:
    call.say(
      level, "this system has no record of this volume in /etc/latchkey: no PIN is asked for; ",
      "run latchkey enroll, or use the passphrase")
    return -ENOENT
  case .disagree:
    call.say(
      level, "the header's token is not as recorded in /etc/latchkey: no PIN was sent; ",
      "run latchkey enroll, or use the passphrase")
    return -ENOENT
  case .other(.header):
    call.say(
      level, "the header is not as recorded in /etc/latchkey: no PIN was sent; ",
      "latchkey status says what differs, and think twice before you type a passphrase")
    return -ENOENT
  case .other(.writableByOthers):
    call.say(level, "others than root may write the record in /etc/latchkey: no PIN is asked for")
    return -ENOENT
  case .other(.file(_, EACCES)):
    call.say(level, "the record in /etc/latchkey can't be read: run this as root")
    return -ENOENT
  case .other:
    call.say(
      level, "the record in /etc/latchkey can't be used: latchkey status says why; ",
      "use the passphrase")
    return -ENOENT
  }
}

/// Says that a dongle gets no PIN because of its tries.
func explainTries(_ tries: Int, of dongle: Record.Dongle, to call: Call) {
  if tries == 1 {
    call.say(
      .person, "only one try is left on ", .bytes(words(for: dongle)), ", and it is kept: ",
      "latchkey unlock asks before it spends it; or use the passphrase")
  } else {
    call.say(
      .person, "the PIN of ", .bytes(words(for: dongle)), " is blocked: use the passphrase; ",
      "latchkey card pin unblock gives it a new one")
  }
}

/// Says why a dongle's visit gave no key. What must not be tried again in a loop is -EPERM.
func explain(_ error: DiskKeyError, of dongle: Record.Dongle, to call: Call) -> Int32 {
  switch error {
  case .card(.wrongPIN(_, let left)):
    if let left {
      call.say(
        .person, "wrong PIN for ", .bytes(words(for: dongle)), ": ", .number(Int(left)),
        left == 1 ? " try is left" : " tries are left")
    } else {
      call.say(.person, "wrong PIN for ", .bytes(words(for: dongle)))
    }
    return -EPERM
  case .card(.blocked):
    explainTries(0, of: dongle, to: call)
    return -EPERM
  case .card(.failedBefore):
    call.say(
      .person, "this PIN already failed on ", .bytes(words(for: dongle)),
      " since the boot: it was not sent again; ",
      "if it was changed since: latchkey card pin forget")
    return -EPERM
  case .card(.unansweredBefore):
    call.say(
      .person, "this PIN was sent to ", .bytes(words(for: dongle)), " before, and no answer came: ",
      "it was not sent again; latchkey unlock asks whether to")
    return -EPERM
  case .card(.unanswered):
    call.say(
      .person, "the PIN was sent to ", .bytes(words(for: dongle)),
      ", and no answer came: it may have used a try")
    return -EPERM
  case .card(.impossiblePIN):
    call.say(
      .person, "no PIN of ", .bytes(words(for: dongle)), " has that length: it was not sent")
    return -EPERM
  case .card(.notThePinned):
    call.say(
      .person, "the card that says it is ", .bytes(words(for: dongle)), " isn't: no PIN was sent")
    return -EAGAIN
  case .card(.touchTimedOut):
    call.say(.person, .bytes(words(for: dongle)), " waited for a touch that did not come")
    return -EAGAIN
  case .card(.transport(let error)):
    return explain(error, to: call, as: .person)
  case .unproven:
    call.say(.person, "this card did not prove itself: change your PIN; use the passphrase")
    return -EPERM
  case .header:
    call.say(
      .person, "the keyslot does not hold the recorded volume key: the key was not handed out; ",
      "latchkey status says what differs")
    return -EPERM
  case .message:
    call.say(.person, "the token's message can't be read here: run latchkey enroll")
    return -EPERM
  default:
    call.say(
      .person, .bytes(words(for: dongle)),
      " refuses: use another dongle or the passphrase; latchkey card show says how it stands")
    return -EPERM
  }
}

/// Says what is wrong with the way to the dongle.
func explain(_ error: TransportError, to call: Call, as level: Call.Level) -> Int32 {
  switch error {
  case .noService: call.say(level, "pcscd does not answer: systemctl start pcscd.socket")
  case .inUse:
    call.say(level, "another program holds the reader: end it (gpgconf --kill scdaemon)")
  case .noReader, .noCard, .removed:
    call.say(level, "the dongle was pulled out: plug it in and try again")
  case .notPermitted: call.say(level, "this user may not use the reader: run this as root")
  default: call.say(level, "the dongle does not answer: plug it in again")
  }
  return -EAGAIN
}
