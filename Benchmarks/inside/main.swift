import BootEntries
import BootManifest
import Foundation
import Inflate
import OpenPGP
import OpenPGPCard
import Secrets
import SmartCard

// usage: inside REPOSITORY FOLDER SECONDS: a line of JSON an operation; FOLDER is hashed as /boot is.
let arguments = CommandLine.arguments
guard arguments.count == 4, let seconds = Double(arguments[3]) else {
  fatalError("usage: inside REPOSITORY FOLDER SECONDS")
}

func file(_ path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: arguments[1] + "/" + path)))
}

/// Everything in a TLV, and in what is constructed of it.
func walk(_ bytes: Span<UInt8>) throws(TLVError) {
  var reader = TLVReader(bytes)
  while let element = try reader.next() {
    if element.isConstructed { try walk(element.value) }
  }
}

/// What a Yubikey answered for 6E, in capabilities, keys and PINs, as Tests/Transcripts has it.
func applicationData() throws -> [UInt8] {
  let text = String(
    decoding: try file("Tests/Transcripts/yubikey-5.4.3/TestApplicationRelated.txt"), as: UTF8.self)
  for line in text.split(separator: "\n") {
    let words = line.split(separator: " ")
    guard words.count == 6, words[4].hasPrefix("00ca006e"), words[5].hasSuffix("9000") else {
      continue
    }
    return hexadecimal(words[5].dropLast(4))
  }
  fatalError("no 6E in the transcript")
}

func hexadecimal(_ text: some StringProtocol) -> [UInt8] {
  let digits = text.utf8.map { UInt8(String(UnicodeScalar($0)), radix: 16) ?? 0 }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

let digest = String(repeating: "0123456789abcdef", count: 4)
let hashes = Array(
  (0..<1000).map { "\(digest)  ./folder/file\($0)\n" }.joined().utf8)
let tree =
  Array(
    "./\0./folder\0".utf8)
  + (0..<1000).map { "./folder/file\($0)" }.sorted().flatMap { Array($0.utf8) + [0] }
let related = try applicationData()
let message = try file("testkeys/ed25519/message.pgp")
let armored = try file("testkeys/ed25519/public.asc")
// What the card gives for that message: its shared secret (see Fuzz/Sources/FuzzEncryptedMessage).
let shared = hexadecimal("b0e4fe9f42b83f59550c0e55ca81091c304a90ef4c9961af0d4661ca01ad0e5b")
guard
  let recipient = try Certificate(parsing: armored.span).subkeys.first?.key.recipientKey
else { fatalError("no test key") }
let folder = try BootFolder(path: arguments[2])
let boot = arguments[1] + "/Tests/BootEntriesTests/Cases/made-debian-xen/boot"

let operations = [
  Operation(name: "TLV of an application's data", bytes: related.count) { try walk(related.span) },
  Operation(name: "a certificate, armored", bytes: armored.count) {
    _ = try Certificate(parsing: armored.span)
  },
  Operation(name: "a message: PKESK, SEIPD, decompression", bytes: message.count) {
    let read = try EncryptedMessage(parsing: message.span)
    guard let packet = read.recipients.first else { fatalError("no recipient") }
    _ = try read.cryptogram(for: packet, with: recipient)
    let found = try read.decrypt(
      with: SecretBytes(copying: shared.span), by: recipient, for: packet,
      decompressing: ZlibDecompression())
    precondition(found.count > 0)
  },
  Operation(name: "kexec_hashes.txt of 1000 files", bytes: hashes.count) {
    let list = try HashList(parsing: hashes.span)
    precondition(list.entries.count == 1000)
  },
  Operation(name: "kexec_tree.txt of 1000 files", bytes: tree.count) {
    let list = try TreeList(parsing: tree.span)
    precondition(list.paths.count > 1000)
  },
  Operation(name: "boot entries, Debian with Xen", bytes: 0) {
    let menu = try BootMenu(of: boot)
    precondition(menu.entries.count == 17)
  },
  Operation(name: "scan and hash of a folder", bytes: 0) {
    _ = try folder.hash(folder.scan())
  },
]
for operation in operations { print(try operation.measure(seconds: seconds)) }
