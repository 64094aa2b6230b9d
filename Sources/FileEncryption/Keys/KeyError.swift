/// A text that is no key this module can use.
///
/// It never carries any of the text.
public struct KeyError: Error, Hashable, Sendable {
    /// The rule that was broken.
    @nonexhaustive
    public enum Violation: Hashable, Sendable {
        /// The text is no Bech32.
        case bech32(Bech32.Malformed.Violation)
        /// The human-readable part is not the one of this kind of key.
        case prefix
        /// The decoded key has another length than 32 bytes.
        case length(Int)
        /// A recipient must be lower case, a secret key upper case, as age writes them.
        case letterCase
        /// An `ssh-…` key; this module has none of SSH's key types.
        case sshUnsupported
        /// A key of an age plugin, or of a type of a later age (`age1pq…`).
        case pluginUnsupported
        /// The point has a low order: every secret shared with it would be zero.
        case lowOrder
        /// A line of a key file is longer than the limit, or there are too many.
        case limit
        /// A key file without a key.
        case empty
        /// A key file that is itself encrypted; it needs its passphrase.
        case passphraseNeeded
        /// A key file whose passphrase did not open it, or whose bytes are damaged.
        case passphraseRefused
    }

    /// The rule that was broken.
    public let violation: Violation
    /// Bytes from the start of the text, or lines from 1 in a key file.
    public let offset: Int

    init(_ violation: Violation, at offset: Int = 0) {
        self.violation = violation
        self.offset = offset
    }
}

extension KeyError: CustomStringConvertible {
    /// One sentence for a person; it holds no key.
    public var description: String {
        switch violation {
        case .bech32(let why): "not a Bech32 key (\(why), character \(offset + 1))"
        case .prefix: "another kind of key, or none"
        case .length(let count): "the key has \(count) bytes instead of 32"
        case .letterCase: "recipients are lower case, secret keys upper case"
        case .sshUnsupported: "SSH keys are not supported: use an X25519 key (age1…)"
        case .pluginUnsupported:
            "plugin and post-quantum keys are not supported: use an X25519 key (age1…)"
        case .lowOrder: "a public key of low order"
        case .limit: "the key file is too large (line \(offset))"
        case .empty: "no key in the file"
        case .passphraseNeeded: "the key file is encrypted: its passphrase is needed"
        case .passphraseRefused: "wrong passphrase for the key file, or it is damaged"
        }
    }
}
