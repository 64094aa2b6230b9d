internal import CBORCodec

extension FirmwareError {
    /// Stable words for a report: they never change their meaning, new ones may be added.
    @nonexhaustive
    public enum Code: String, Hashable, Sendable, CaseIterable {
        // The names are the ones of reports, not of this language.
        case abort = "E_ABORT", algorithm = "E_ALG", base = "E_BASE", cbor = "E_CBOR"
        case cborDuplicate = "E_CBOR_DUP", cborNonCanonical = "E_CBOR_NONCANON"
        case component = "E_COMPONENT", critical = "E_CRIT", delegation = "E_DELEGATION"
        case dependency = "E_DEPENDENCY", device = "E_DEVICE", digest = "E_DIGEST"
        case digestAlgorithm = "E_DIGEST_ALG", environment = "E_ENVIRONMENT"
        case expired = "E_EXPIRED", format = "E_FORMAT", hardware = "E_HARDWARE"
        case keyRevoked = "E_KEY_REVOKED", limit = "E_LIMIT"
        case manifestDigest = "E_MANIFEST_DIGEST", missing = "E_MISSING"
        case notSigned = "E_NOT_SIGNED", path = "E_PATH", policy = "E_POLICY"
        case range = "E_RANGE", role = "E_ROLE", rollback = "E_ROLLBACK"
        case securityCounter = "E_SECCOUNTER", severedDigest = "E_SEVERED_DIGEST"
        case size = "E_SIZE", snapshot = "E_SNAPSHOT", state = "E_STATE", storage = "E_STORAGE"
        case threshold = "E_THRESHOLD", timeout = "E_TIMEOUT", trailing = "E_TRAILING"
        case type = "E_TYPE", unknownCommand = "E_UNKNOWN", utf8 = "E_UTF8"
    }

    /// The word for this refusal.
    public var code: Code {
        switch violation {
        case .cbor(let violation): Self.code(violation)
        case .unexpectedTag, .unexpectedCount, .wrongDocumentType: .type
        case .missingMember, .severedMemberMissing, .parameterMissing: .missing
        case .unknownMember, .unsupportedVersion: .format
        case .valueOutOfRange, .imageTooLarge: .range
        case .forbiddenCharacter: .utf8
        case .limitExceeded: .limit
        case .notSigned: .notSigned
        case .algorithmNotProtected, .unsupportedAlgorithm, .authenticationCode,
            .signatureLength, .malformedKey:
            .algorithm
        case .criticalHeader: .critical
        case .headerInBothMaps: .cborDuplicate
        case .payloadPlacement, .unexpectedInput: .format
        case .thresholdNotMet: .threshold
        case .keyOfAnotherRole, .impossibleRole: .role
        case .keyRevoked: .keyRevoked
        case .notDelegated: .delegation
        case .wrongEnvironment: .environment
        case .rootVersionGap, .rollback: .rollback
        case .expired: .expired
        case .securityCounter: .securityCounter
        case .notInReleaseSet, .releaseSetMissing: .snapshot
        case .incompleteRelease, .dependenciesNotSupported: .dependency
        case .unsupportedDigestAlgorithm: .digestAlgorithm
        case .manifestDigestMismatch: .manifestDigest
        case .severedMemberMismatch: .severedDigest
        case .unknownCommand, .unknownParameter, .commandNotAllowed: .unknownCommand
        case .otherHardware, .applicabilityNotChecked: .hardware
        case .otherDevice: .device
        case .unknownComponent, .componentIndex: .component
        case .aborted: .abort
        case .runningSlot, .forbiddenByPolicy: .policy
        case .payloadSize: .size
        case .payloadDigestMismatch, .chunkTreeMismatch: .digest
        case .baseMismatch: .base
        case .tooSlow: .timeout
        case .unsafePath: .path
        case .malformedState, .invalidTransition, .revisionConflict: .state
        case .storage, .signerFailed: .storage
        }
    }

    private static func code(_ violation: CBORError.Violation) -> Code {
        switch violation {
        case .argumentNotShortest, .indefiniteLength, .floatNotShortest, .keysOutOfOrder,
            .simpleValueNotShortest:
            .cborNonCanonical
        case .duplicateKey: .cborDuplicate
        case .tooManyElements, .tooDeep: .limit
        case .invalidUTF8: .utf8
        case .unexpectedType, .unexpectedSimpleValue, .integerOutOfRange: .type
        case .trailingBytes: .trailing
        case .truncated, .lengthExceedsInput, .countExceedsInput, .unexpectedBreak,
            .reservedAdditionalInformation, .chunkType:
            .cbor
        @unknown default: .cbor
        }
    }
}
