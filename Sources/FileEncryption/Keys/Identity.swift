/// What opens a file: an X25519 secret key or a passphrase.
///
/// Copies of a value share the one guarded copy of the secret. It has no description and no
/// encoding but ``withBech32(_:)``.
public struct Identity: Sendable {
    enum Kind: Sendable {
        case x25519(secret: SecureBytes, publicKey: [UInt8])
        case passphrase(SecureBytes)
    }

    let kind: Kind

    private init(_ kind: Kind) { self.kind = kind }

    private static let prefix = [UInt8]("age-secret-key-".utf8)

    /// Draws a new X25519 key pair.
    public static func generate() -> Identity {
        Identity(secret: SecureBytes(randomCount: 32))
    }

    init(secret: SecureBytes) {
        kind = .x25519(secret: secret, publicKey: Sodium.publicKey(of: secret))
    }

    /// Opens files that were encrypted to `passphrase`.
    public static func passphrase(_ passphrase: SecureBytes) -> Identity {
        Identity(.passphrase(passphrase))
    }

    /// Reads `AGE-SECRET-KEY-1…`, upper case as age writes it.
    ///
    /// - Throws: ``KeyError``; plugin and post-quantum keys are refused with a violation that says so.
    public init(bech32 text: SecureBytes) throws(KeyError) {
        self = try text.withBytes { (bytes) throws(KeyError) in try Identity(text: bytes) }
    }

    init(text: Span<UInt8>) throws(KeyError) {
        var decoded: (prefix: [UInt8], bytes: [UInt8])
        do throws(Bech32.Malformed) { decoded = try Bech32.decode(text) } catch {
            throw KeyError(.bech32(error.violation), at: error.offset)
        }
        defer { wipe(&decoded.bytes) }
        guard decoded.prefix == Self.prefix else {
            let other =
                decoded.prefix.starts(with: Self.prefix)
                || decoded.prefix.starts(with: "age-plugin-".utf8)
            throw KeyError(other ? .pluginUnsupported : .prefix)
        }
        guard text[0] == 0x41 else { throw KeyError(.letterCase) }
        guard decoded.bytes.count == 32 else { throw KeyError(.length(decoded.bytes.count)) }
        self.init(secret: SecureBytes(copying: decoded.bytes.span))
    }

    /// The public half; `nil` for a passphrase.
    public var recipient: Recipient? {
        guard case .x25519(_, let publicKey) = kind else { return nil }
        return Recipient(checkedPublicKey: publicKey)
    }

    /// Lends the key as `AGE-SECRET-KEY-1…` in guarded memory, to be written to a key file.
    ///
    /// - Returns: what `body` returns; `nil` for a passphrase.
    public func withBech32<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R? {
        guard case .x25519(let secret, _) = kind else { return nil }
        var text = secret.withBytes { Bech32.encodeBytes(prefix: Self.prefix, $0) }
        for i in text.indices where (0x61...0x7A).contains(text[i]) { text[i] -= 0x20 }
        let guarded = SecureBytes(wiping: &text)
        return try guarded.withBytes(body)
    }
}
