import LibCrypto

extension VirtualCard {
  /// How long the model takes for a command that it has done, in milliseconds: by what its profile's
  /// ``CardProfile/responseTimes`` say; nil where they don't.
  func responseTime(of command: [UInt8]) -> Int? {
    guard let times = state.profile.responseTimes, command.count >= 4, command[0] & 0x10 == 0
    else { return nil }
    switch (command[1], UInt16(command[2]) << 8 | UInt16(command[3])) {
    case (0xA4, _): return times["select"]
    case (0xCA, let tag):
      return times["get data " + Hex([UInt8(tag >> 8), UInt8(tag & 0xFF)]).text]
        ?? times["get data"]
    case (0xC0, _): return times["get response"]
    case (0x20, _): return times["verify"]
    case (0xDA, _): return times["put data"]
    case (0x2A, 0x9E9A): return times["sign " + name(of: .signing)]
    case (0x2A, 0x8086): return times["decipher " + name(of: .decryption)]
    case (0x47, 0x8000):
      // The template's tag says which key: B6, B8, A4.
      let slot = Slot.allCases.first { command.count > 5 && $0.template == UInt16(command[5]) }
      return slot.flatMap { times["generate " + name(of: $0)] }
    default: return nil
    }
  }

  /// A slot's algorithm, as people call it.
  private func name(of slot: Slot) -> String {
    switch AlgorithmAttributes(state[slot].attributes.bytes, for: slot)?.algorithm {
    case .rsa(let bits): "rsa\(bits)"
    case .ecdsa(let curve), .ecdh(let curve), .eddsa(let curve): String(describing: curve.name)
    case nil: ""
    }
  }
}
