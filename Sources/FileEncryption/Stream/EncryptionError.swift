/// Why a file was not encrypted.
@nonexhaustive
public enum EncryptionError: Error, Hashable, Sendable {
    /// No recipient, or more than the format allows (64 for segmented files, 1 024 for age).
    case recipientCount(Int)
    /// A passphrase beside another recipient: the other one could impersonate who knows it.
    case passphraseNotAlone
    /// An empty passphrase.
    case emptyPassphrase
    /// A public key of low order.
    case lowOrderRecipient
    /// A passphrase cost outside the documented ranges.
    case passwordCost
    /// The system has less memory than the passphrase function needs.
    case memory
    /// The plaintext is shorter or longer than the size that was promised.
    case plaintextSize(promised: UInt64, actual: UInt64)
    /// More plaintext than the format can number chunks for.
    case tooLarge
    /// The caller's output has less room than ``Encryptor/outputBound(for:)``.
    case outputTooSmall(needed: Int, available: Int)
    /// Reading or writing failed.
    case system(SystemFailure)
    /// The file is finished; an encryptor writes one.
    case finished
    /// The caller asked to stop.
    case cancelled
}
