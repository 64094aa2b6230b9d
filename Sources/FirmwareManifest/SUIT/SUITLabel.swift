/// The specification that the labels come from.
public enum SUITSpecification {
    /// The Internet-Draft and its revision.
    public static let document = "draft-ietf-suit-manifest-37"
}

/// Every number of the manifest's CDDL, in one table; when the draft moves, this moves.
enum SUITLabel {
    static let envelopeTag: UInt64 = 107
    static let sha256: Int64 = -16

    // Envelope
    static let authenticationWrapper: Int64 = 2
    static let manifest: Int64 = 3

    // Manifest
    static let manifestVersion: Int64 = 1
    static let sequenceNumber: Int64 = 2
    static let common: Int64 = 3
    static let referenceURI: Int64 = 4
    static let validate: Int64 = 7
    static let load: Int64 = 8
    static let invoke: Int64 = 9
    static let payloadFetch: Int64 = 16
    static let install: Int64 = 20
    static let text: Int64 = 23

    // Common
    // Of draft-ietf-suit-trust-domains; known so that the refusal can say what it is.
    static let dependencies: Int64 = 1
    static let components: Int64 = 2
    static let sharedSequence: Int64 = 4

    // Conditions
    static let conditionVendor: Int64 = 1
    static let conditionClass: Int64 = 2
    static let conditionImageMatch: Int64 = 3
    static let conditionComponentSlot: Int64 = 5
    static let conditionCheckContent: Int64 = 6
    static let conditionAbort: Int64 = 14
    static let conditionDevice: Int64 = 24

    // Directives
    static let setComponentIndex: Int64 = 12
    static let tryEach: Int64 = 15
    static let write: Int64 = 18
    static let overrideParameters: Int64 = 20
    static let fetch: Int64 = 21
    static let copy: Int64 = 22
    static let invokeDirective: Int64 = 23
    static let swap: Int64 = 31
    static let runSequence: Int64 = 32

    // Parameters
    static let vendorIdentifier: Int64 = 1
    static let classIdentifier: Int64 = 2
    static let imageDigest: Int64 = 3
    static let componentSlot: Int64 = 5
    static let strictOrder: Int64 = 12
    static let softFailure: Int64 = 13
    static let imageSize: Int64 = 14
    static let content: Int64 = 18
    static let uri: Int64 = 21
    static let sourceComponent: Int64 = 22
    static let invokeArguments: Int64 = 23
    static let deviceIdentifier: Int64 = 24
    static let fetchArguments: Int64 = 25

    // Parameters of ours (suit-parameter-custom = nint), see Docs/Formats
    static let chunkTree: Int64 = -1
    static let transportDigest: Int64 = -2
    static let transportSize: Int64 = -3
    static let baseDigest: Int64 = -4
    static let securityCounter: Int64 = -5
    static let encryption: Int64 = -6
}
