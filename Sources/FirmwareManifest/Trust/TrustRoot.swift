internal import CBORCodec

/// Who may say what: keys, roles with thresholds, an environment.
///
/// Version *n* + 1 is signed by the threshold of *n* and by its own.
public struct TrustRoot: Hashable, Sendable {
    /// What a role may sign.
    public enum Role: UInt64, Hashable, Sendable, CaseIterable {
        /// The next root.
        case root = 1
        /// Release sets.
        case release = 2
        /// Manifests of every component, and delegations.
        case manifest = 3
    }

    /// Floors that the step to this root lowers: the way out after a stolen key signed numbers that
    /// nobody can go beyond.
    public struct Recovery: Hashable, Sendable {
        /// Member 1: the time floor becomes this at most.
        public var timeFloor: FirmwareTime?
        /// Member 2: the release version floor becomes this at most.
        public var releaseVersion: UInt64?
        /// Member 3: floors of sequence numbers become this at most.
        public var sequenceNumber: UInt64?
        /// Member 4: the security counter becomes this at most.
        public var securityCounter: UInt64?

        /// Lowers nothing.
        public init() {}
    }

    /// Members 1 to 5.
    public let header: TrustDocumentHeader
    /// The keys of each role.
    public let roles: [Role: RoleKeys]
    /// What the step to this root lowers.
    public let recovery: Recovery
    /// The signed document, as it was received.
    public let bytes: [UInt8]

    /// The version.
    public var version: UInt64 { header.version }

    /// Reads a root without asking who signed it: for the one that comes with the device.
    ///
    /// - Parameters:
    ///   - bytes: the signed document.
    ///   - limits: what it may cost.
    /// - Throws: ``FirmwareError`` at the first item that breaks a rule.
    public init(
        provisioned bytes: [UInt8],
        limits: FirmwareLimits = .default
    ) throws(FirmwareError) {
        try self.init(try SignedDocument(bytes, limits: limits), limits)
    }

    private init(
        _ signed: SignedDocument,
        _ limits: FirmwareLimits
    ) throws(FirmwareError) {
        var reader = try FirmwareReader(signed.bytes.span).nested(signed.document)
        var common = TrustDocumentReader(.root, limits)
        var keys: [PinnedKey] = []
        var roles: [Role: RoleKeys] = [:]
        var recovery = Recovery()
        var map = try reader.map()
        while true {
            let offset = reader.position
            guard let label = try reader.label(&map) else { break }
            if try common.read(label, at: offset, &reader) { continue }
            switch label {
            case 6: keys = try KeyList.read(&reader, limits)
            case 7: roles = try Self.roles(&reader, keys)
            case 8: recovery = try Recovery(&reader)
            default: throw FirmwareError(.unknownMember(label), at: offset)
            }
        }
        try reader.finish()
        for role in Role.allCases where roles[role] == nil {
            throw FirmwareError(.impossibleRole(role.rawValue))
        }
        header = try common.header()
        self.roles = roles
        self.recovery = recovery
        bytes = signed.bytes
    }

    private static func roles(
        _ reader: inout FirmwareReader,
        _ keys: [PinnedKey]
    ) throws(FirmwareError) -> [Role: RoleKeys] {
        var roles: [Role: RoleKeys] = [:]
        var map = try reader.map()
        while try reader.nextKey(&map) {
            let start = reader.position
            let number = try reader.unsigned()
            guard let role = Role(rawValue: number) else {
                throw FirmwareError(.impossibleRole(number), at: start)
            }
            try reader.array(of: 2)
            let threshold = try reader.unsigned()
            let selected = try KeyList.selection(&reader, from: keys)
            do {
                roles[role] = try RoleKeys(threshold: threshold, keys: selected, role: number)
            } catch {
                throw FirmwareError(error.violation, at: start)
            }
        }
        return roles
    }

    /// The keys of a role.
    func keys(of role: Role) throws(FirmwareError) -> RoleKeys {
        guard let keys = roles[role] else { throw FirmwareError(.impossibleRole(role.rawValue)) }
        return keys
    }

    /// Every key of every role.
    var allKeys: [PinnedKey] { Role.allCases.flatMap { roles[$0]?.keys ?? [] } }

    /// The next root, if this one and the next one both want it.
    ///
    /// Nothing is said about expiry: an expired root may stand between two others. The one that is
    /// used in the end must not be expired.
    /// - Parameters:
    ///   - next: a signed document whose version is this version + 1; or this very document.
    ///   - limits: what it may cost.
    ///   - crypto: verifies.
    /// - Returns: the next root; this one, if `next` is this one.
    /// - Throws: ``FirmwareError``: a gap, an older version, other bytes under the same version,
    ///   another environment, a threshold of the old or of the new root that is not met.
    public func successor(
        _ next: [UInt8],
        limits: FirmwareLimits = .default,
        using crypto: some FirmwareCryptography
    ) throws(FirmwareError) -> TrustRoot {
        if next == bytes { return self }
        let signed = try SignedDocument(next, limits: limits)
        let root = try TrustRoot(signed, limits)
        guard root.header.environment == header.environment else {
            throw FirmwareError(.wrongEnvironment)
        }
        guard root.version > version else {
            throw FirmwareError(.rollback(floor: version, found: root.version))
        }
        guard root.version - 1 == version else {
            throw FirmwareError(.rootVersionGap(expected: version + 1, found: root.version))
        }
        let old = try keys(of: .root)
        let new = try root.keys(of: .root)
        let check = try signed.check(
            .root,
            keys: allKeys + root.allKeys,
            limits: limits,
            crypto: crypto
        )
        try old.demand(check, otherRoles: allKeys)
        try new.demand(check, otherRoles: root.allKeys)
        return root
    }

    /// Whether a root's own threshold signed it: what a tool asks of a first root.
    ///
    /// - Parameters:
    ///   - limits: what it may cost.
    ///   - crypto: verifies.
    /// - Throws: ``FirmwareError`` where it did not.
    public func checkOwnSignatures(
        limits: FirmwareLimits = .default,
        using crypto: some FirmwareCryptography
    ) throws(FirmwareError) {
        let signed = try SignedDocument(bytes, limits: limits)
        let check = try signed.check(.root, keys: allKeys, limits: limits, crypto: crypto)
        try keys(of: .root).demand(check, otherRoles: allKeys)
    }
}

extension TrustRoot.Recovery {
    init(_ reader: inout FirmwareReader) throws(FirmwareError) {
        self.init()
        var map = try reader.map()
        while true {
            let offset = reader.position
            guard let label = try reader.label(&map) else { return }
            switch label {
            case 1: timeFloor = FirmwareTime(seconds: try reader.unsigned())
            case 2: releaseVersion = try reader.unsigned()
            case 3: sequenceNumber = try reader.unsigned()
            case 4: securityCounter = try reader.unsigned()
            default: throw FirmwareError(.unknownMember(label), at: offset)
            }
        }
    }

    func encode(into encoder: inout CBOREncoder) {
        let members: [(UInt64, UInt64?)] = [
            (1, timeFloor?.seconds), (2, releaseVersion), (3, sequenceNumber), (4, securityCounter),
        ]
        let present = members.filter { $0.1 != nil }
        encoder.append(mapCount: present.count)
        for (label, value) in present {
            encoder.append(unsigned: label)
            encoder.append(unsigned: value ?? 0)
        }
    }
}

extension TrustRoot {
    /// Writes a root to be signed.
    ///
    /// - Parameters:
    ///   - header: members 1 to 5.
    ///   - roles: keys of each role; all three roles.
    ///   - recovery: floors that the step to this root lowers.
    /// - Returns: an author; sign with the threshold of the old and of the new root.
    public static func author(
        _ header: TrustDocumentHeader,
        roles: [Role: RoleKeys],
        recovery: Recovery = Recovery()
    ) -> TrustDocumentAuthor {
        var keys: [PinnedKey] = []
        for role in Role.allCases {
            for key in roles[role]?.keys ?? [] where !keys.contains(key) { keys.append(key) }
        }
        let document = CBOREncoder.encode { encoder in
            let hasRecovery = recovery != Recovery()
            encoder.append(mapCount: hasRecovery ? 8 : 7)
            header.encode(.root, into: &encoder)
            encoder.append(unsigned: 6)
            KeyList.encode(keys, into: &encoder)
            encoder.append(unsigned: 7)
            let present = Role.allCases.filter { roles[$0] != nil }
            encoder.append(mapCount: present.count)
            for role in present {
                guard let value = roles[role] else { continue }
                encoder.append(unsigned: role.rawValue)
                encoder.append(arrayCount: 2)
                encoder.append(unsigned: UInt64(value.threshold))
                KeyList.encodeSelection(value.keys, from: keys, into: &encoder)
            }
            if hasRecovery {
                encoder.append(unsigned: 8)
                recovery.encode(into: &encoder)
            }
        }
        return TrustDocumentAuthor(.root, document: document)
    }
}
