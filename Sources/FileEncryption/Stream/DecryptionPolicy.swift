/// What a caller demands of a file before it trusts it.
public struct DecryptionPolicy: Sendable {
    /// The context the file must belong to; `nil` accepts only files without one.
    public var context: FileContext?
    /// The senders of whom one must have signed; `nil` demands no signature.
    public var senders: Set<SenderKey>?
    /// Lets a stream release plaintext of a signed file before its signature was seen.
    ///
    /// Each chunk is authenticated against the file's key even so, but any recipient could have
    /// made it: the caller must not act on it before ``Decryptor/finish(into:)`` returns.
    public var allowsProvisionalOutput: Bool
    /// Which encoding the input has.
    public var encoding: Encoding
    /// What a hostile file may cost.
    public var limits: DecryptionLimits

    /// How the bytes arrive.
    public enum Encoding: Hashable, Sendable {
        /// Armor where the input starts with white space or a dash, else binary.
        case detected
        /// Never armor.
        case binary
        /// Always armor.
        case armored
    }

    /// No context, no sender demanded, any encoding, default limits.
    public static let `default` = DecryptionPolicy()

    /// Chooses.
    public init(
        context: FileContext? = nil,
        senders: Set<SenderKey>? = nil,
        allowsProvisionalOutput: Bool = false,
        encoding: Encoding = .detected,
        limits: DecryptionLimits = .default
    ) {
        self.context = context
        self.senders = senders
        self.allowsProvisionalOutput = allowsProvisionalOutput
        self.encoding = encoding
        self.limits = limits
    }
}

/// What a hostile file may cost; each limit is checked before the work it limits.
public struct DecryptionLimits: Hashable, Sendable {
    /// The longest age header in bytes.
    public var headerBytes: Int
    /// The most stanzas of an age header.
    ///
    /// Each costs one X25519 per identity.
    public var recipients: Int
    /// The highest log2(N) of scrypt; memory is 1 KiB · 2^value.
    public var scryptWorkFactor: Int
    /// The most Argon2id passes.
    public var argon2Passes: UInt32
    /// The most Argon2id memory in KiB.
    public var argon2Kibibytes: UInt32

    /// 1 MiB, 1 024 stanzas, scrypt 2^22 (4 GiB, as age), Argon2id 10 passes over 256 MiB.
    public static let `default` = DecryptionLimits()

    /// Chooses.
    public init(
        headerBytes: Int = 1_048_576,
        recipients: Int = 1_024,
        scryptWorkFactor: Int = 22,
        argon2Passes: UInt32 = 10,
        argon2Kibibytes: UInt32 = 262_144
    ) {
        self.headerBytes = headerBytes
        self.recipients = recipients
        self.scryptWorkFactor = scryptWorkFactor
        self.argon2Passes = argon2Passes
        self.argon2Kibibytes = argon2Kibibytes
    }
}

/// What a finished decryption proved.
public struct VerifiedFile: Hashable, Sendable {
    /// The format it had.
    public enum Format: Hashable, Sendable {
        /// age version 1.
        case age
        /// IOTSEG version 1.
        case segmented
    }

    /// The format it had.
    public let format: Format
    /// Bytes of plaintext, all of them released.
    public let plaintextSize: UInt64
    /// The sender whose signature covers every byte; present only when
    /// ``DecryptionPolicy/senders`` names it.
    public let verifiedSender: SenderKey?
}
