import CSystem
import DiskKey
import Secrets

// What libcryptsetup calls (libcryptsetup.h, "External token handlers"), under the symbol version that
// it asks for: scripts/build-embedded links with token.map.

/// The plugin's version, for `cryptsetup --debug`.
@c(cryptsetup_token_version)
public func version() -> UnsafePointer<CChar> {
  // Safe: a static string lives forever.
  unsafe StaticString("latchkey 0.1.0").cString
}

/// Tries the token without a PIN, as every `cryptsetup open` does: says only whether a recorded dongle
/// is there, and nothing on the screen.
/// - Returns: -ENOANO if one is there, as it needs a PIN; -EAGAIN if none is; -ENOENT or -EINVAL if this
///   volume gets no key here.
@c(cryptsetup_token_open)
public func open(
  _ device: OpaquePointer?, _ token: Int32,
  _ buffer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
  _ length: UnsafeMutablePointer<Int>?, _ context: UnsafeMutableRawPointer?
) -> Int32 {
  guard let call = unsafe Call(device, token) else { return -EINVAL }
  return look(call)
}

/// Opens the token with a PIN.
/// - Returns: 0, with the key in `buffer`; -EPERM for a wrong PIN and for whatever must not be tried
///   again in a loop; else as ``open(_:_:_:_:_:)``. A message says what to do.
@c(cryptsetup_token_open_pin)
public func openWithPIN(
  _ device: OpaquePointer?, _ token: Int32, _ pin: UnsafePointer<CChar>?, _ pinSize: Int,
  _ buffer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
  _ length: UnsafeMutablePointer<Int>?, _ context: UnsafeMutableRawPointer?
) -> Int32 {
  guard let call = unsafe Call(device, token) else { return -EINVAL }
  guard let pin = unsafe pin else { return look(call) }
  guard let buffer = unsafe buffer, let length = unsafe length else { return -EINVAL }
  // Safe: the caller's PIN, of that many bytes, for the length of this call.
  let bytes = unsafe UnsafeRawBufferPointer(start: pin, count: max(0, pinSize))
  let code = unsafe answer(call, bytes, buffer, length)
  wipeStack()
  return code
}

/// Wipes and frees a key.
@c(cryptsetup_token_buffer_free)
public func freeBuffer(_ buffer: UnsafeMutableRawPointer?, _ length: Int) {
  // Safe: pages that ``answer(_:_:_:_:)`` mapped, as long as it said.
  if let buffer = unsafe buffer { unsafe system_unmap_secret(buffer, length) }
}

/// Whether a JSON text is a token of this type: asked before one is stored or used.
@c(cryptsetup_token_validate)
public func validate(_ device: OpaquePointer?, _ json: UnsafePointer<CChar>?) -> Int32 {
  do throws(VolumeToken.Fault) {
    _ = unsafe try VolumeToken(json: copy(of: json))
    return 0
  } catch {
    return -EINVAL
  }
}

/// Says in words what a token holds, for `cryptsetup luksDump`.
@c(cryptsetup_token_dump)
public func dump(_ device: OpaquePointer?, _ json: UnsafePointer<CChar>?) {
  guard let call = unsafe Call(device, 0) else { return }
  unsafe describe(copy(of: json), for: call)
}

/// A C string's bytes; none for NULL.
func copy(of text: UnsafePointer<CChar>?) -> [UInt8] {
  guard let text = unsafe text else { return [] }
  var bytes: [UInt8] = []
  var index = 0
  // Safe: a C string ends with a zero. What is longer than any token is refused anyway.
  while index <= VolumeToken.maximumSize, unsafe text[index] != 0 {
    bytes.append(UInt8(bitPattern: unsafe text[index]))
    index += 1
  }
  return bytes
}
