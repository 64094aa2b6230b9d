/// Bytes that are no certificate, CRL, request or PEM text that this module reads.
///
/// The offset counts from the start of the bytes that were handed in; ``Violation/code`` is a stable
/// word for logs and metrics.
public struct MalformedDER: Error, Hashable, Sendable {
    /// The rule that was broken.
    @nonexhaustive
    public enum Violation: Hashable, Sendable {
        /// A length pointed past the end of its container. X.690 §8.1.3
        case truncated(needed: Int, available: Int)
        /// Bytes after the outermost element.
        case trailingData
        /// An element after the last field of its container.
        case superfluousElement
        /// The outermost value, or a counted part of it, is larger than the limit.
        case oversize(limit: Int)
        /// Another tag than the grammar allows here. X.690 §8.1.2
        case unexpectedTag(expected: UInt8, found: UInt8)
        /// A tag number of 31 or more, which no field of these structures has. X.690 §8.1.2.4
        case highTagNumber
        /// The indefinite form. X.690 §10.1
        case indefiniteLength
        /// A length in more bytes than it needs. X.690 §10.1
        case lengthNotMinimal
        /// A length of more than four bytes.
        case lengthTooLarge
        /// A BOOLEAN other than 00 and FF. X.690 §11.1
        case booleanNotCanonical
        /// A field that has the value of its DEFAULT was written. X.690 §11.5
        case defaultEncoded
        /// An INTEGER without content, or with a superfluous first byte. X.690 §8.3
        case integerNotMinimal
        /// An INTEGER outside the range of its field.
        case integerOutOfRange
        /// A BIT STRING with a wrong count of unused bits, or with unused bits set. X.690 §11.2
        case bitString
        /// An OBJECT IDENTIFIER that is empty or not in its shortest form. X.690 §8.19
        case objectIdentifier
        /// The elements of a SET OF are not in order. X.690 §11.6
        case setNotSorted
        /// A NULL with content. X.690 §8.8
        case null
        /// A version this module does not know, or fields that the version does not have.
        /// RFC 5280 §4.1.2.1
        case version
        /// A time that is no UTCTime or GeneralizedTime of RFC 5280 §4.1.2.5.
        case time
        /// A string that is not in its character set, or an empty RDN. RFC 5280 §4.1.2.4
        case name
        /// Parameters that the algorithm does not have. RFC 5758 §3.2, RFC 4055 §5
        case signatureAlgorithmParameters
        /// `signatureAlgorithm` differs from the field in the signed part. RFC 5280 §4.1.1.2
        case signatureAlgorithmMismatch
        /// The same extension twice. RFC 5280 §4.2
        case duplicateExtension
        /// An extension whose value does not follow its grammar. RFC 5280 §4.2.1
        case extensionValue
        /// A PEM boundary that is missing, or that does not match its partner. RFC 7468 §2
        case pemBoundary
        /// A byte that is not in the base64 alphabet, or wrong padding. RFC 7468 §3
        case base64

        /// A stable word for logs and metrics, such as `malformed_der` or `name_malformed`.
        public var code: String {
            switch self {
            case .trailingData: "trailing_data"
            case .oversize: "oversize"
            case .version: "version_unsupported"
            case .time: "time_malformed"
            case .name: "name_malformed"
            case .signatureAlgorithmParameters: "sig_alg_malformed"
            case .signatureAlgorithmMismatch: "sig_alg_mismatch"
            case .duplicateExtension: "duplicate_extension"
            case .extensionValue: "extension_malformed"
            case .pemBoundary, .base64: "pem_malformed"
            default: "malformed_der"
            }
        }
    }

    /// The rule that was broken.
    public let violation: Violation
    /// Bytes from the start of the input to the first byte of the field that is wrong.
    public let offset: Int

    /// A violation and where it is.
    @inlinable
    public init(_ violation: Violation, at offset: Int) {
        self.violation = violation
        self.offset = offset
    }

    /// A stable word for logs and metrics; see ``Violation/code``.
    public var code: String { violation.code }
}

extension MalformedDER: CustomStringConvertible {
    /// The rule and the offset; never bytes of the input.
    public var description: String { "\(violation) at byte \(offset)" }
}
