import BootManifest
import Foundation
import OpenPGP
import OpenPGPCard

extension Commands {
  /// `sign [--no-armor] [--as=binary] KEY…`: a signature by each key, made by a card.
  static func sign(_ arguments: inout Arguments) throws(SOPFailure) -> [UInt8] {
    let isArmored = !(try arguments.flag("--no-armor"))
    if let mode = try arguments.value("--as"), mode != "binary" {
      throw SOPFailure(.unsupportedOption, "only binary signatures are made here")
    }
    try arguments.end()
    guard !arguments.files.isEmpty else { throw SOPFailure(.missingArgument, "sign takes a KEY") }
    let data = input()
    guard !SignedListForm.appears(in: data.span) else {
      throw SOPFailure(
        .badData, "it has the form of a /boot's signed list, and Heads would take it for one")
    }
    var signatures: [UInt8] = []
    for path in arguments.files {
      let file = try secretKey(path)
      let able = file.certificate.keys(for: .signing, at: now)
      guard let key = able.first(where: { key in file.keys.contains { $0.key == key } }) else {
        throw SOPFailure(.cannotSign, "\(path) holds no key that can sign now")
      }
      var card = try InProcessCard(key, of: file, in: .signing)
      let draft: SignatureDraft
      do throws(OpenPGPError) {
        draft = try SignatureDraft.detached(over: data.span, by: key, at: now, for: .file)
      } catch {
        throw SOPFailure(error)
      }
      signatures += try card.sign(draft)
    }
    return isArmored ? Armor.encode(signatures.span, as: .signature) : signatures
  }

  /// `verify [--not-before=…] [--not-after=…] SIGNATURE CERT…`. Exactly one signature is taken, by the
  /// strict policy that /boot is verified with.
  static func verify(_ arguments: inout Arguments) throws(SOPFailure) -> [UInt8] {
    let notBefore = try time(try arguments.value("--not-before"), or: 0)
    let notAfter = try time(try arguments.value("--not-after"), or: .max)
    try arguments.end()
    guard arguments.files.count >= 2 else {
      throw SOPFailure(.missingArgument, "verify takes a SIGNATURE and a CERT")
    }
    let bytes = try Arguments.content(of: arguments.files[0])
    var certificates: [Certificate] = []
    for path in arguments.files.dropFirst() {
      let content = try Arguments.content(of: path)
      do throws(OpenPGPError) {
        certificates += try Keyring(parsing: content.span).certificates
      } catch {
        throw SOPFailure(error)
      }
    }
    let data = input()
    let verdict: Verdict
    do throws(SignatureError) {
      verdict = try DetachedSignature(parsing: bytes.span).verify(
        over: data.span, by: certificates, at: now, for: .file)
    } catch {
      if case .unreadable(let reason) = error { throw SOPFailure(.badData, "\(reason)") }
      throw SOPFailure(.noSignature, "\(error)")
    }
    guard (notBefore...max(notBefore, notAfter)).contains(verdict.creationTime) else {
      throw SOPFailure(.noSignature, "the signature was made at another time")
    }
    let made = Date(timeIntervalSince1970: TimeInterval(verdict.creationTime))
    return [UInt8](
      "\(made.formatted(.iso8601)) \(digits(verdict.signer)) \(digits(verdict.primary)) mode:binary\n"
        .utf8)
  }

  private static func digits(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
  }

  /// Seconds since 1970 of `-`, `now` or an ISO 8601 time.
  private static func time(_ text: String?, or none: UInt32) throws(SOPFailure) -> UInt32 {
    guard let text, text != "-" else { return none }
    if text == "now" { return now }
    guard let date = try? Date(text, strategy: .iso8601) else {
      throw SOPFailure(.unsupportedOption, "\(text) is no time such as 2026-01-31T12:00:00Z")
    }
    return UInt32(clamping: Int(date.timeIntervalSince1970))
  }

  /// The one secret key in a file.
  static func secretKey(_ path: String) throws(SOPFailure) -> SecretKeyFile {
    let bytes = try Arguments.content(of: path)
    do throws(OpenPGPError) {
      return try SecretKeyFile(parsing: bytes.span)
    } catch {
      throw SOPFailure(error)
    }
  }
}
