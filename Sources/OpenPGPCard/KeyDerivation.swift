public import LibCrypto
public import Secrets
internal import SmartCard

/// How a text becomes the PIN that goes to the card: the KDF-DO F9 (OpenPGP card 3.4.1 §4.3.2).
public struct KeyDerivation: Equatable, Sendable {
  /// The content of F9 without its own tag and length; empty where the card has none.
  public let encoded: [UInt8]
  /// How.
  public let method: Method
  private let salts: [[UInt8]]

  /// How a text becomes a PIN.
  public enum Method: Equatable, Sendable {
    /// As it is.
    case plain
    /// The hash of the first `count` bytes of salt ‖ PIN, repeated (RFC 4880 §3.7.1.3; `count` is the
    /// plain number here).
    case iteratedSalted(HashAlgorithm, count: Int)
  }

  /// The most bytes that are hashed for a PIN: gpg's greatest count. More is a card that wants time.
  public static let maximumCount = 65_011_712

  /// No derivation: the PIN is sent as it is.
  public static let plain = KeyDerivation(encoded: [], method: .plain, salts: [])

  private init(encoded: [UInt8], method: Method, salts: [[UInt8]]) {
    self.encoded = encoded
    self.method = method
    self.salts = salts
  }

  /// Reads the content of F9, with or without its own tag and length; none at all is ``plain``.
  /// - Throws: ``CardError/malformed(tag:)``; ``CardError/unsupported(_:)`` for a method, a hash or a
  ///   count that this library doesn't do.
  public init(parsing content: Span<UInt8>) throws(CardError) {
    var inner = content
    var identifier: UInt8 = 0
    var hash: UInt8 = 0
    var count = 0
    var salts: [[UInt8]] = [[], [], []]
    do throws(TLVError) {
      if !content.isEmpty, content[0] == 0xF9 {
        var outer = TLVReader(content)
        if let element = try outer.next(), outer.isAtEnd { inner = element.value }
      }
      var reader = TLVReader(inner)
      while let element = try reader.next() {
        switch (element.tag, element.value.count) {
        case (0x81, 1): identifier = element.value[0]
        case (0x82, 1): hash = element.value[0]
        case (0x83, 1...4):
          for index in element.value.indices { count = count << 8 | Int(element.value[index]) }
        case (0x84...0x86, _): salts[Int(element.tag - 0x84)] = [UInt8](copying: element.value)
        default: break
        }
      }
    } catch {
      throw .malformed(tag: 0xF9)
    }
    switch identifier {
    case 0x00:
      self.init(encoded: [UInt8](copying: inner), method: .plain, salts: [])
    case 0x03:
      let function: HashAlgorithm
      switch hash {
      case 0x08: function = .sha256
      case 0x0A: function = .sha512
      default: throw .unsupported(.keyDerivation)
      }
      guard count <= Self.maximumCount else { throw .unsupported(.keyDerivation) }
      guard !salts[0].isEmpty else { throw .malformed(tag: 0xF9) }
      self.init(
        encoded: [UInt8](copying: inner), method: .iteratedSalted(function, count: count),
        salts: salts)
    default:
      throw .unsupported(.keyDerivation)
    }
  }

  /// A derivation to be set up on a card: fresh salts of eight bytes, and the hashes of the PINs the
  /// card has at that moment.
  /// - Parameters:
  ///   - count: how many bytes are hashed, 1 to ``maximumCount``.
  ///   - user: the user PIN's text, for the initial hash 87.
  ///   - admin: the admin PIN's text, for the initial hash 88.
  /// - Throws: ``CardError/crypto(_:)``.
  public static func iteratedSalted(
    _ hash: HashAlgorithm, count: Int, initialUser user: borrowing SecretBytes,
    initialAdmin admin: borrowing SecretBytes
  ) throws(CardError) -> KeyDerivation {
    precondition(hash == .sha256 || hash == .sha512)
    precondition((1...maximumCount).contains(count))
    var salts: [[UInt8]] = []
    for _ in 0..<3 {
      do throws(CryptoError) { salts.append(try randomBytes(8)) } catch { throw .crypto(error) }
    }
    let big = UInt32(count)
    var content =
      TLVWriter.element(0x81, [0x03])
      + TLVWriter.element(0x82, [hash == .sha256 ? 0x08 : 0x0A])
      + TLVWriter.element(
        0x83,
        [UInt8(big >> 24), UInt8(big >> 16 & 0xFF), UInt8(big >> 8 & 0xFF), UInt8(big & 0xFF)]
      )
    for index in 0..<3 { content += TLVWriter.element(0x84 + UInt16(index), salts[index]) }
    let method = Method.iteratedSalted(hash, count: count)
    let derivation = KeyDerivation(encoded: content, method: method, salts: salts)
    for (tag, pin) in [(UInt16(0x87), PIN.user), (0x88, PIN.admin)] {
      var initial = SecretBytes(capacity: hash.digestSize)
      switch pin {
      case .admin: try derivation.derive(admin, for: pin, into: &initial)
      default: try derivation.derive(user, for: pin, into: &initial)
      }
      content += TLVWriter.element(tag, [UInt8](copying: initial.bytes))
    }
    return KeyDerivation(encoded: content, method: method, salts: salts)
  }

  /// Whether PINs are hashed.
  public var isActive: Bool { method != .plain }

  /// The bytes of a derived PIN; nil where it is sent as it is.
  public var derivedSize: Int? {
    switch method {
    case .plain: nil
    case .iteratedSalted(let hash, _): hash.digestSize
    }
  }

  /// Appends what goes to the card for `pin` to `out`, which must have the room: the PIN's own length,
  /// or ``derivedSize``.
  /// - Throws: ``CardError/crypto(_:)``.
  public func derive(
    _ pin: borrowing SecretBytes, for which: PIN, into out: inout SecretBytes
  ) throws(CardError) {
    guard case .iteratedSalted(let hash, let count) = method else {
      out.append(firstBytes: pin.count, of: pin)
      return
    }
    // A card with one salt uses it for all three (gpg's "single" set-up).
    let own = salts[which.index]
    let salt = own.isEmpty ? salts[0] : own
    var repeated = SecretBytes(capacity: salt.count + pin.count)
    repeated.append(salt.span)
    repeated.append(firstBytes: pin.count, of: pin)
    do throws(CryptoError) {
      var digest = try MessageDigest(hash)
      var left = max(count, repeated.count)
      while left > 0 {
        let length = min(left, repeated.count)
        digest.update(repeated.bytes.extracting(first: length))
        left -= length
      }
      digest.finish(into: &out)
    } catch {
      throw .crypto(error)
    }
  }

  /// Whether both turn every text into the same PIN, and say the same.
  public static func == (left: KeyDerivation, right: KeyDerivation) -> Bool {
    if !left.isActive && !right.isActive { return true }
    return left.encoded == right.encoded
  }
}
