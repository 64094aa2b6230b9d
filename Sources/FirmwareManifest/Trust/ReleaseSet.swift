internal import CBORCodec

/// The manifests that belong together at one moment: against freeze and mix-and-match.
public struct ReleaseSet: Hashable, Sendable {
    /// One component's manifest.
    public struct Entry: Hashable, Sendable {
        /// The component.
        public var component: ComponentIdentifier
        /// The manifest's sequence number.
        public var sequenceNumber: UInt64
        /// The manifest's digest, as in its authentication wrapper.
        public var manifestDigest: SUITDigest

        /// Collects the members.
        public init(
            component: ComponentIdentifier,
            sequenceNumber: UInt64,
            manifestDigest: SUITDigest
        ) {
            self.component = component
            self.sequenceNumber = sequenceNumber
            self.manifestDigest = manifestDigest
        }
    }

    /// Members 1 to 5.
    public let header: TrustDocumentHeader
    /// One entry for each component.
    public let entries: [Entry]

    /// The entry of a component.
    public func entry(_ component: ComponentIdentifier) -> Entry? {
        entries.first { $0.component == component }
    }

    /// Reads a release set that nobody vouched for yet: for display only.
    ///
    /// - Parameters:
    ///   - bytes: the signed document.
    ///   - limits: what it may cost.
    /// - Throws: ``FirmwareError`` at the first item that breaks a rule.
    public init(
        untrusted bytes: [UInt8],
        limits: FirmwareLimits = .default
    ) throws(FirmwareError) {
        try self.init(try SignedDocument(bytes, limits: limits), limits)
    }

    init(_ signed: SignedDocument, _ limits: FirmwareLimits) throws(FirmwareError) {
        var reader = try FirmwareReader(signed.bytes.span).nested(signed.document)
        var common = TrustDocumentReader(.releaseSet, limits)
        var entries: [Entry] = []
        var map = try reader.map()
        while true {
            let offset = reader.position
            guard let label = try reader.label(&map) else { break }
            if try common.read(label, at: offset, &reader) { continue }
            guard label == 6 else { throw FirmwareError(.unknownMember(label), at: offset) }
            entries = try Self.entries(&reader, limits)
        }
        try reader.finish()
        header = try common.header()
        guard !entries.isEmpty else { throw FirmwareError(.missingMember(6)) }
        self.entries = entries
    }

    private static func entries(
        _ reader: inout FirmwareReader,
        _ limits: FirmwareLimits
    ) throws(FirmwareError) -> [Entry] {
        let start = reader.position
        let count = try reader.array()
        guard count <= limits.entries else {
            throw FirmwareError(.limitExceeded(.entries), at: start)
        }
        var entries: [Entry] = []
        var seen: Set<ComponentIdentifier> = []
        for _ in 0..<count {
            let offset = reader.position
            try reader.array(of: 3)
            let component = try reader.component(limits)
            guard seen.insert(component).inserted else {
                throw FirmwareError(.cbor(.duplicateKey), at: offset)
            }
            entries.append(
                Entry(
                    component: component,
                    sequenceNumber: try reader.unsigned(),
                    manifestDigest: try reader.digestBytes()
                )
            )
        }
        return entries
    }

    /// Writes a release set to be signed.
    ///
    /// - Parameters:
    ///   - header: members 1 to 5.
    ///   - entries: one for each component, one or more.
    /// - Returns: an author.
    public static func author(
        _ header: TrustDocumentHeader,
        entries: [Entry]
    ) -> TrustDocumentAuthor {
        let document = CBOREncoder.encode { encoder in
            encoder.append(mapCount: 6)
            header.encode(.releaseSet, into: &encoder)
            encoder.append(unsigned: 6)
            encoder.append(arrayCount: entries.count)
            for entry in entries {
                encoder.append(arrayCount: 3)
                entry.component.encode(into: &encoder)
                encoder.append(unsigned: entry.sequenceNumber)
                encoder.append(byteString: entry.manifestDigest.bytes)
            }
        }
        return TrustDocumentAuthor(.releaseSet, document: document)
    }
}

/// A release set that the root's release role signed, that is not expired and not older than what
/// the device has accepted.
public struct VerifiedReleaseSet: Hashable, Sendable {
    /// The contents.
    public let releaseSet: ReleaseSet
    /// The digest of the document.
    public let digest: SUITDigest

    /// Checks a release set.
    ///
    /// - Parameters:
    ///   - bytes: the signed document.
    ///   - state: the device's floors and its root.
    ///   - clock: the device's idea of the time; only ever used where it is later than the floor.
    ///   - limits: what the document may cost.
    ///   - crypto: verifies.
    /// - Throws: ``FirmwareError``: threshold, role, expiry, environment, a lower version, an equal
    ///   version with other contents, a component that was accepted once and is missing or older now.
    public init(
        _ bytes: [UInt8],
        for state: DeviceState,
        at clock: FirmwareTime?,
        limits: FirmwareLimits = .default,
        using crypto: some FirmwareCryptography
    ) throws(FirmwareError) {
        let signed = try SignedDocument(bytes, limits: limits)
        let root = state.root
        let check = try signed.check(
            .releaseSet,
            keys: root.allKeys + state.revokedKeys,
            limits: limits,
            crypto: crypto
        )
        try root.keys(of: .release).demand(
            check,
            otherRoles: root.allKeys,
            revoked: state.revokedKeys
        )
        let set = try ReleaseSet(signed, limits)
        let digest = crypto.sha256(bytes.span.extracting(signed.document))
        guard set.header.environment == root.header.environment else {
            throw FirmwareError(.wrongEnvironment)
        }
        let now = state.now(clock)
        try root.header.checkExpiry(now)
        try set.header.checkExpiry(now)
        guard set.header.version >= state.releaseVersion,
            set.header.version > state.releaseVersion || state.releaseDigest == nil
                || state.releaseDigest == digest
        else {
            throw FirmwareError(
                .rollback(floor: state.releaseVersion, found: set.header.version)
            )
        }
        for (component, floor) in state.accepted {
            let found = set.entry(component)?.sequenceNumber ?? 0
            guard found >= floor.sequenceNumber else {
                throw FirmwareError(.rollback(floor: floor.sequenceNumber, found: found))
            }
        }
        releaseSet = set
        self.digest = digest
    }
}
