/// Why a file was not decrypted, and where.
///
/// What was released before the error had been authenticated chunk by chunk, but the file is not
/// whole: a caller discards it.
public struct DecryptionError: Error, Hashable, Sendable {
    /// The rule that was broken.
    @nonexhaustive
    public enum Failure: Hashable, Sendable {
        /// The header is malformed or not in canonical form.
        case header(HeaderViolation)
        /// The ASCII armor is malformed.
        case armor(ArmorViolation)
        /// No stanza opens with the identities at hand. For a segmented file with a passphrase it
        /// also covers a wrong commitment, so that no answer tells guesses apart.
        case noMatch
        /// age: the header's HMAC does not match the file key.
        case mac
        /// Segmented: the commitment does not match the file key; no other stanza is tried.
        case commitment
        /// Segmented: the file belongs to another context.
        case context(ContextViolation)
        /// The body does not decrypt to the end.
        case payload(PayloadViolation)
        /// Segmented: the seal does not match the body.
        case seal(SealViolation)
        /// Segmented: no accepted sender signed the file.
        case sender(SenderViolation)
        /// A limit of ``DecryptionLimits`` was reached, before the work it limits.
        case limit(LimitViolation)
        /// The caller's output has less room than ``Decryptor/outputBound(for:)``.
        case outputTooSmall(needed: Int, available: Int)
        /// Reading or writing failed.
        case system(SystemFailure)
        /// The file is finished; a decryptor reads one.
        case finished
        /// The caller asked to stop.
        case cancelled
    }

    /// What is wrong with a header.
    @nonexhaustive
    public enum HeaderViolation: Hashable, Sendable {
        /// The input ends before the header does.
        case truncated
        /// The first bytes are of neither format.
        case unknownFormat
        /// A version this module does not know.
        case unsupportedVersion
        /// A line does not have the form its place asks for.
        case line
        /// A stanza's arguments: empty, missing, too many, or a character outside 33...126.
        case arguments
        /// A body line is longer than 64 characters, or the last short line is missing.
        case bodyLine
        /// Not base64, or not in its canonical form.
        case base64
        /// A share, salt, box or MAC of another length than the format's.
        case length
        /// A number that is not in its shortest decimal form.
        case number
        /// A passphrase stanza beside another stanza.
        case passphraseNotAlone
        /// A share of low order: the shared secret would be zero.
        case lowOrderShare
        /// Segmented: segment size exponent other than 12, 14, 16, 17.
        case segmentSize
        /// Segmented: an unknown flag, or signed without sealed.
        case flags
        /// Segmented: the header takes more or fewer segments than its contents need.
        case headerSegments
        /// Segmented: zero stanzas or more than 64.
        case stanzaCount
        /// Segmented: a reserved byte or a padding byte is not zero.
        case padding
        /// Segmented: two stanzas carry the same ephemeral key.
        case repeatedShare
        /// Segmented: a sender key without the signed flag, or the other way round.
        case senderKey
        /// Segmented: a plaintext size that needs 2^40 segments or more.
        case plaintextSize
        /// Segmented: passphrase parameters below the primitive's minimum.
        case passwordCost
    }

    /// What is wrong with an armor.
    @nonexhaustive
    public enum ArmorViolation: Hashable, Sendable {
        /// The first line is not the BEGIN line.
        case beginLine
        /// The input ends before the END line.
        case truncated
        /// A line that is empty, longer than 64, or short before the last.
        case lineLength
        /// Not base64, or not in its canonical form.
        case base64
        /// Something other than white space after the END line.
        case trailingData
        /// More white space around the armor than the limit.
        case whitespace
    }

    /// What is wrong with a body.
    @nonexhaustive
    public enum PayloadViolation: Hashable, Sendable {
        /// The input ends before the final chunk.
        case truncated
        /// A chunk's tag does not match: damaged, moved, or of another file.
        case authentication
        /// Bytes follow the end of the file.
        case trailingData
        /// The final chunk is empty although others precede it.
        case emptyFinalChunk
        /// The file's length differs from the one its header promises.
        case length(expected: UInt64, actual: UInt64)
        /// More chunks than the format can number.
        case tooManyChunks
        /// A read past the end of the plaintext.
        case range
    }

    /// How a context differs.
    @nonexhaustive
    public enum ContextViolation: Hashable, Sendable {
        /// The caller names a context, the file has none.
        case absent
        /// The file has a context, the caller names none.
        case unexpected
        /// Both have one, and they differ.
        case mismatch
    }

    /// What is wrong with a seal.
    @nonexhaustive
    public enum SealViolation: Hashable, Sendable {
        /// The first eight bytes differ.
        case magic
        /// The plaintext size differs from what was decrypted or what the header says.
        case plaintextSize
        /// The segment count differs.
        case segmentCount
        /// The Merkle root differs from the one of the body.
        case root
        /// The signature does not verify, or is not zero in an unsigned file.
        case signature
    }

    /// Why the sender is not accepted.
    @nonexhaustive
    public enum SenderViolation: Hashable, Sendable {
        /// A sender is demanded and the file is not signed.
        case unsigned
        /// A sender is demanded and the format cannot carry one.
        case unsupportedFormat
        /// The sender is not among the accepted ones.
        case notAccepted
        /// A stream would release plaintext before its signature can be checked; see
        /// ``DecryptionPolicy/allowsProvisionalOutput``.
        case provisionalOutput
    }

    /// Which limit was reached.
    @nonexhaustive
    public enum LimitViolation: Hashable, Sendable {
        /// ``DecryptionLimits/headerBytes``.
        case headerBytes
        /// ``DecryptionLimits/recipients``.
        case recipients
        /// ``DecryptionLimits/scryptWorkFactor``.
        case scryptWorkFactor(Int)
        /// ``DecryptionLimits/argon2Passes``.
        case argon2Passes(UInt32)
        /// ``DecryptionLimits/argon2Kibibytes``.
        case argon2Kibibytes(UInt32)
        /// The system has less memory than the passphrase function needs.
        case memory
    }

    /// The rule that was broken.
    public let failure: Failure
    /// Bytes from the start of the input, armor included, to what is wrong.
    public let offset: UInt64

    init(_ failure: Failure, at offset: some BinaryInteger) {
        self.failure = failure
        self.offset = UInt64(offset)
    }
}

extension DecryptionError {
    /// A failed system call, outside of any byte of the input.
    public static func system(_ failure: SystemFailure) -> DecryptionError {
        DecryptionError(.system(failure), at: 0)
    }
}

/// A failed system call, with the number the system gave.
public struct SystemFailure: Error, Hashable, Sendable {
    /// What was attempted.
    public enum Operation: Hashable, Sendable {
        /// Opening or creating.
        case open
        /// Reading.
        case read
        /// Writing.
        case write
        /// Changing the length.
        case truncate
    }

    /// What was attempted.
    public let operation: Operation
    /// The system's `errno`.
    public let code: Int32

    /// Describes a failed call.
    public init(_ operation: Operation, code: Int32) {
        self.operation = operation
        self.code = code
    }
}
