public import CBORCodec

/// Why something that was received, stored or asked for is refused.
///
/// A refusal changes no state and makes no slot bootable. ``code`` is what a device reports.
public struct FirmwareError: Error, Hashable, Sendable {
    /// The rule that was broken.
    @nonexhaustive
    public enum Violation: Hashable, Sendable {
        // Encoding
        /// The bytes break a rule of CBOR.
        case cbor(CBORError.Violation)
        /// A structure has another tag than the one that stands here.
        case unexpectedTag(UInt64)
        /// An array has another number of items than its definition.
        case unexpectedCount(Int)
        /// A map has no member with this label.
        case missingMember(Int64)
        /// A map has a member that this version does not know.
        case unknownMember(Int64)
        /// A value is outside of its documented range.
        case valueOutOfRange
        /// Text contains a character that has no place in it (NUL, controls).
        case forbiddenCharacter
        /// A named limit was exceeded.
        case limitExceeded(FirmwareLimit)
        /// A manifest that depends on other manifests.
        case dependenciesNotSupported
        /// A format version this implementation does not know.
        case unsupportedVersion(UInt64)
        /// A document of another kind than the one asked for.
        case wrongDocumentType

        // COSE
        /// No signature at all.
        case notSigned
        /// The protected header names no algorithm, or the unprotected one does.
        case algorithmNotProtected
        /// No key is pinned to this algorithm. RFC 9053
        case unsupportedAlgorithm(Int64)
        /// A message authentication code where only signatures are allowed.
        case authenticationCode(tag: UInt64)
        /// A critical header that is not understood. RFC 9052 §3.1
        case criticalHeader
        /// One header label in both the protected and the unprotected header. RFC 9052 §3
        case headerInBothMaps(Int64)
        /// A signature has another length than its algorithm.
        case signatureLength(Int)
        /// A payload is attached where it must be detached, or the other way round.
        case payloadPlacement

        // Keys and roles
        /// A public key that is no canonical encoding of its algorithm.
        case malformedKey
        /// Fewer distinct keys of the role signed than its threshold.
        case thresholdNotMet(valid: Int, needed: Int)
        /// The valid signatures are by keys of another role.
        case keyOfAnotherRole
        /// The valid signatures are by keys that a newer root took away.
        case keyRevoked
        /// A role whose threshold is zero, or above the number of its distinct keys.
        case impossibleRole(UInt64)
        /// No delegation lets the signers speak for this component.
        case notDelegated(ComponentIdentifier)
        /// The trust documents belong to another environment.
        case wrongEnvironment
        /// A root version that is not the next one.
        case rootVersionGap(expected: UInt64, found: UInt64)

        // Freshness
        /// The document is past its expiry.
        case expired(at: UInt64, now: UInt64)
        /// A sequence number or a version below the floor, or equal with other contents.
        case rollback(floor: UInt64, found: UInt64)
        /// The security counter is below the floor.
        case securityCounter(floor: UInt64, found: UInt64)
        /// The manifest is not the one the release set names for this component.
        case notInReleaseSet(ComponentIdentifier)
        /// A component of the release set is neither installed nor part of the transaction.
        case incompleteRelease(ComponentIdentifier)
        /// A release set is demanded and was not given.
        case releaseSetMissing

        // Digests
        /// A digest algorithm other than SHA-256.
        case unsupportedDigestAlgorithm(Int64)
        /// The authentication wrapper is about another manifest.
        case manifestDigestMismatch
        /// A severed member is not the one that was signed.
        case severedMemberMismatch(Int64)
        /// A severed member is needed and absent.
        case severedMemberMissing(Int64)

        // Commands
        /// A command or a parameter this implementation does not know.
        case unknownCommand(Int64)
        /// A parameter this implementation does not know.
        case unknownParameter(Int64)
        /// A command that may not stand in this sequence.
        case commandNotAllowed(Int64)
        /// A command needs a parameter that was not set.
        case parameterMissing(Int64)
        /// Another vendor or another class of hardware.
        case otherHardware
        /// No vendor or class condition: the manifest would fit any hardware.
        case applicabilityNotChecked
        /// Another device, or no device named where one is demanded.
        case otherDevice
        /// The manifest names a component that the device does not have.
        case unknownComponent(ComponentIdentifier)
        /// A component index that points past the list of components.
        case componentIndex(UInt64)
        /// A condition failed, or an abort was reached.
        case aborted
        /// A command would change what the device runs from.
        case runningSlot(ComponentIdentifier)
        /// A command that the policy of the device forbids.
        case forbiddenByPolicy(Int64)

        // Payload
        /// Fewer or more bytes than were signed.
        case payloadSize(expected: UInt64, found: UInt64)
        /// The bytes are not the ones that were signed; the chunk where that showed.
        case payloadDigestMismatch(chunk: UInt64?)
        /// A node of the chunk tree does not belong to the signed root.
        case chunkTreeMismatch(node: UInt64)
        /// The caller gave what was not asked for (a node instead of bytes, or the reverse).
        case unexpectedInput
        /// The image does not fit into the slot.
        case imageTooLarge(capacity: UInt64)
        /// The base of a delta is not the one it was made for.
        case baseMismatch
        /// The transfer is slower than its policy allows.
        case tooSlow
        /// A location that leaves its folder.
        case unsafePath
        /// A stored state that was not written by this implementation, or was changed.
        case malformedState

        // Installation
        /// The event does not fit the state of the installation.
        case invalidTransition
        /// The stored state has another revision than the one to replace.
        case revisionConflict(stored: UInt64)
        /// Reading or writing of stored state failed.
        case storage
        /// A signer did not sign.
        case signerFailed
    }

    /// The rule that was broken.
    public let violation: Violation
    /// Bytes from the start of the document to the item that is wrong; `nil` where no item is.
    public let offset: Int?

    /// Notes a violation and where it is.
    public init(_ violation: Violation, at offset: Int? = nil) {
        self.violation = violation
        self.offset = offset
    }

    init(_ error: CBORError) { self.init(.cbor(error.violation), at: error.offset) }
}

/// What has a limit; the values stand in ``FirmwareLimits``.
public enum FirmwareLimit: Hashable, Sendable {
    /// Bytes of a document.
    case documentBytes
    /// Signatures of a document.
    case signatures
    /// Signature verifications for a document.
    case verifications
    /// Components of a manifest.
    case components
    /// Commands of a manifest, or steps of its evaluation.
    case steps
    /// Nested command sequences.
    case nesting
    /// Keys, roles, entries of a trust document.
    case entries
    /// Visits while delegations are resolved.
    case delegations
    /// Bytes of one identifier or text.
    case text
}

/// What documents may cost; every value has a default that fits a small device.
public struct FirmwareLimits: Hashable, Sendable {
    /// Bytes of an envelope, its integrated payloads included.
    ///
    /// Default 1 MiB.
    public var envelopeBytes = 1 << 20
    /// Bytes of a trust document.
    ///
    /// Default 512 KiB, the customary limit of a root.
    public var trustDocumentBytes = 512 << 10
    /// Signatures of one document.
    ///
    /// Default 16.
    public var signatures = 16
    /// Signature verifications for one document.
    ///
    /// Default 64.
    public var verifications = 64
    /// Components of one manifest.
    ///
    /// Default 16.
    public var components = 16
    /// Commands of one manifest, nested ones included.
    ///
    /// Default 512.
    public var commands = 512
    /// Commands that one evaluation may run.
    ///
    /// Default 2 048.
    public var steps = 2_048
    /// Sequences inside of sequences.
    ///
    /// Default 4.
    public var nesting = 4
    /// Keys of a root or of a delegation, entries of a release set.
    ///
    /// Default 256.
    public var entries = 256
    /// Roles looked at while the signers of one manifest are sought.
    ///
    /// Default 32.
    public var delegationVisits = 32
    /// Delegations between the root's role and the signers.
    ///
    /// Default 4.
    public var delegationDepth = 4
    /// Bytes of an identifier's part, a URI, a name.
    ///
    /// Default 2 048.
    public var textBytes = 2_048

    /// The defaults.
    public static let `default` = FirmwareLimits()

    /// The defaults; change what differs.
    public init() {}
}
