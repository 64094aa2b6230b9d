/// Someone a file is encrypted to: an X25519 public key, or whoever knows a passphrase.
public struct Recipient: Sendable {
    enum Kind: Sendable {
        case x25519([UInt8])
        case passphrase(SecureBytes, PasswordCost)
    }

    let kind: Kind

    private init(_ kind: Kind) { self.kind = kind }

    /// Reads `age1…`.
    ///
    /// - Throws: ``KeyError``; SSH and plugin recipients are refused with a violation that says so.
    public init(bech32 text: String) throws(KeyError) {
        if text.hasPrefix("ssh-") || text.hasPrefix("ecdsa-") || text.hasPrefix("sk-") {
            throw KeyError(.sshUnsupported)
        }
        let decoded: (prefix: [UInt8], bytes: [UInt8])
        do throws(Bech32.Malformed) { decoded = try Bech32.decode([UInt8](text.utf8).span) } catch {
            throw KeyError(.bech32(error.violation), at: error.offset)
        }
        guard decoded.prefix == [UInt8]("age".utf8) else {
            // Plugin recipients are age1NAME1…, so their prefix starts with age1.
            throw KeyError(
                decoded.prefix.starts(with: "age1".utf8) ? .pluginUnsupported : .prefix
            )
        }
        guard text.utf8.first == 0x61 else { throw KeyError(.letterCase) }
        try self.init(publicKey: decoded.bytes)
    }

    /// Takes a raw X25519 public key.
    ///
    /// - Parameter publicKey: 32 bytes, little-endian u-coordinate (RFC 7748 §5).
    /// - Throws: ``KeyError`` for another length or a point of low order.
    public init(publicKey: [UInt8]) throws(KeyError) {
        guard publicKey.count == 32 else { throw KeyError(.length(publicKey.count)) }
        let probe = SecureBytes(randomCount: 32)
        guard Sodium.sharedSecret(secret: probe, publicKey: publicKey) != nil else {
            throw KeyError(.lowOrder)
        }
        kind = .x25519(publicKey)
    }

    init(checkedPublicKey: [UInt8]) { kind = .x25519(checkedPublicKey) }

    /// Whoever knows `passphrase`; must be a file's only recipient.
    ///
    /// - Parameters:
    ///   - passphrase: UTF-8, not empty.
    ///   - cost: what one guess costs.
    /// - Returns: a recipient that must stand alone.
    public static func passphrase(
        _ passphrase: SecureBytes,
        cost: PasswordCost = .default
    ) -> Recipient {
        Recipient(.passphrase(passphrase, cost))
    }

    /// `age1…`; `nil` for a passphrase.
    public var bech32: String? {
        guard case .x25519(let key) = kind else { return nil }
        return Bech32.encode(prefix: "age", key.span)
    }

    /// The raw X25519 public key; `nil` for a passphrase.
    public var publicKey: [UInt8]? {
        guard case .x25519(let key) = kind else { return nil }
        return key
    }
}

/// What one guess at a passphrase costs.
public struct PasswordCost: Hashable, Sendable {
    /// log2 of scrypt's N for age files: 1...22, memory is 1 KiB · 2^value.
    public var scryptWorkFactor: Int
    /// Argon2id passes for segmented files, 1...10.
    public var argon2Passes: UInt32
    /// Argon2id memory for segmented files in KiB, 8...262 144.
    public var argon2Kibibytes: UInt32

    /// scrypt 2^18 (256 MiB, what age writes); Argon2id 3 passes over 64 MiB.
    public static let `default` = PasswordCost()

    /// Chooses the costs.
    public init(
        scryptWorkFactor: Int = 18,
        argon2Passes: UInt32 = 3,
        argon2Kibibytes: UInt32 = 65_536
    ) {
        self.scryptWorkFactor = scryptWorkFactor
        self.argon2Passes = argon2Passes
        self.argon2Kibibytes = argon2Kibibytes
    }
}
