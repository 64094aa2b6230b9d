/// Why a file command failed, in words for a person; it holds no key and no content.
public struct FileToolError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure, for exit codes.
    public enum Kind: Int32, Hashable, Sendable {
        /// The options do not fit together, or a key cannot be read.
        case usage = 2
        /// The input could not be decrypted or verified.
        case refused = 3
        /// The system said no: missing files, permissions, full disks.
        case system = 4
        /// The output exists.
        case exists = 5
    }

    /// What kind.
    public let kind: Kind
    /// One sentence.
    public let description: String

    /// Describes a failure.
    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
