/// The public Ed25519 key of a sender, `iotsign1…` in text.
public struct SenderKey: Hashable, Sendable {
    /// 32 bytes.
    public let bytes: [UInt8]

    private static let prefix = "iotsign"

    /// Takes a raw key.
    ///
    /// - Throws: ``KeyError`` for another length than 32.
    public init(bytes: [UInt8]) throws(KeyError) {
        guard bytes.count == 32 else { throw KeyError(.length(bytes.count)) }
        self.bytes = bytes
    }

    init(checked bytes: [UInt8]) { self.bytes = bytes }

    /// Reads `iotsign1…`.
    public init(bech32 text: String) throws(KeyError) {
        let decoded: (prefix: [UInt8], bytes: [UInt8])
        do throws(Bech32.Malformed) { decoded = try Bech32.decode([UInt8](text.utf8).span) } catch {
            throw KeyError(.bech32(error.violation), at: error.offset)
        }
        guard decoded.prefix == [UInt8](Self.prefix.utf8) else { throw KeyError(.prefix) }
        guard text.utf8.first == 0x69 else { throw KeyError(.letterCase) }
        try self.init(bytes: decoded.bytes)
    }

    /// `iotsign1…`.
    public var bech32: String { Bech32.encode(prefix: Self.prefix, bytes.span) }
}

/// A sender's Ed25519 secret key, `IOT-SIGNING-KEY-1…` in text.
public struct SigningIdentity: Sendable {
    let secret: SecureBytes
    private let seed: SecureBytes
    /// The public half.
    public let senderKey: SenderKey

    private static let prefix = [UInt8]("iot-signing-key-".utf8)

    /// Draws a new key pair.
    public static func generate() -> SigningIdentity {
        SigningIdentity(checkedSeed: SecureBytes(randomCount: 32))
    }

    /// Takes the seed of RFC 8032 §5.1.5.
    ///
    /// - Throws: ``KeyError`` for another length than 32 bytes.
    public init(seed: SecureBytes) throws(KeyError) {
        guard seed.count == 32 else { throw KeyError(.length(seed.count)) }
        self.init(checkedSeed: seed)
    }

    private init(checkedSeed seed: SecureBytes) {
        let pair = Sodium.signingKeyPair(seed: seed)
        self.seed = seed
        secret = pair.secret
        senderKey = SenderKey(checked: pair.publicKey)
    }

    /// Reads `IOT-SIGNING-KEY-1…`.
    public init(bech32 text: SecureBytes) throws(KeyError) {
        self = try text.withBytes { (text) throws(KeyError) in
            var decoded: (prefix: [UInt8], bytes: [UInt8])
            do throws(Bech32.Malformed) { decoded = try Bech32.decode(text) } catch {
                throw KeyError(.bech32(error.violation), at: error.offset)
            }
            defer { wipe(&decoded.bytes) }
            guard decoded.prefix == Self.prefix else { throw KeyError(.prefix) }
            guard text[0] == 0x49 else { throw KeyError(.letterCase) }
            return try SigningIdentity(seed: SecureBytes(copying: decoded.bytes.span))
        }
    }

    /// Lends the key as `IOT-SIGNING-KEY-1…`, to be written to a key file.
    public func withBech32<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        var text = seed.withBytes { Bech32.encodeBytes(prefix: Self.prefix, $0) }
        for i in text.indices where (0x61...0x7A).contains(text[i]) { text[i] -= 0x20 }
        let guarded = SecureBytes(wiping: &text)
        return try guarded.withBytes(body)
    }
}
