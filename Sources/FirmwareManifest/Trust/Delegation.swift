internal import CBORCodec

/// Lets other keys speak for some components.
public struct Delegation: Hashable, Sendable {
    /// One role that is given keys and prefixes.
    public struct Role: Hashable, Sendable {
        /// The role's name, which delegations of its own name as their issuer.
        public var name: String
        /// The components it may speak for: those that begin with one of these.
        public var prefixes: [ComponentIdentifier]
        /// Its keys.
        public var keys: RoleKeys
        /// Whether roles after it are not asked about components that match its prefixes.
        public var isTerminating: Bool

        /// Collects the members.
        public init(
            name: String,
            prefixes: [ComponentIdentifier],
            keys: RoleKeys,
            isTerminating: Bool
        ) {
            self.name = name
            self.prefixes = prefixes
            self.keys = keys
            self.isTerminating = isTerminating
        }

        func covers(_ components: [ComponentIdentifier]) -> Bool {
            components.allSatisfy { component in prefixes.contains { component.hasPrefix($0) } }
        }
    }

    /// Members 1 to 5.
    public let header: TrustDocumentHeader
    /// The role that delegates: empty for the root's manifest role.
    public let issuer: String
    /// The roles, in the order in which they are asked.
    public let roles: [Role]

    init(_ signed: SignedDocument, _ limits: FirmwareLimits) throws(FirmwareError) {
        var reader = try FirmwareReader(signed.bytes.span).nested(signed.document)
        var common = TrustDocumentReader(.delegation, limits)
        var issuer: String?
        var keys: [PinnedKey] = []
        var roles: [Role] = []
        var map = try reader.map()
        while true {
            let offset = reader.position
            guard let label = try reader.label(&map) else { break }
            if try common.read(label, at: offset, &reader) { continue }
            switch label {
            case 6: issuer = try reader.text(limit: 64)
            case 7: keys = try KeyList.read(&reader, limits)
            case 8: roles = try Self.roles(&reader, keys, limits)
            default: throw FirmwareError(.unknownMember(label), at: offset)
            }
        }
        try reader.finish()
        header = try common.header()
        guard let issuer else { throw FirmwareError(.missingMember(6)) }
        guard !roles.isEmpty else { throw FirmwareError(.missingMember(8)) }
        self.issuer = issuer
        self.roles = roles
    }

    private static func roles(
        _ reader: inout FirmwareReader,
        _ keys: [PinnedKey],
        _ limits: FirmwareLimits
    ) throws(FirmwareError) -> [Role] {
        let start = reader.position
        let count = try reader.array()
        guard count <= limits.delegationVisits else {
            throw FirmwareError(.limitExceeded(.delegations), at: start)
        }
        var roles: [Role] = []
        for _ in 0..<count {
            let offset = reader.position
            try reader.array(of: 5)
            let name = try reader.text(limit: 64)
            guard !name.isEmpty else { throw FirmwareError(.valueOutOfRange, at: offset) }
            let prefixCount = try reader.array()
            guard prefixCount > 0, prefixCount <= limits.entries else {
                throw FirmwareError(.unexpectedCount(prefixCount), at: offset)
            }
            var prefixes: [ComponentIdentifier] = []
            for _ in 0..<prefixCount { prefixes.append(try reader.component(limits)) }
            let threshold = try reader.unsigned()
            let selected = try KeyList.selection(&reader, from: keys)
            let isTerminating = try reader.bool()
            do {
                let roleKeys = try RoleKeys(threshold: threshold, keys: selected)
                roles.append(
                    Role(
                        name: name,
                        prefixes: prefixes,
                        keys: roleKeys,
                        isTerminating: isTerminating
                    )
                )
            } catch {
                throw FirmwareError(error.violation, at: offset)
            }
        }
        return roles
    }

    /// Writes a delegation to be signed by its issuer.
    ///
    /// - Parameters:
    ///   - header: members 1 to 5.
    ///   - issuer: the delegating role; empty for the root's manifest role.
    ///   - roles: one or more.
    /// - Returns: an author.
    public static func author(
        _ header: TrustDocumentHeader,
        issuer: String,
        roles: [Role]
    ) -> TrustDocumentAuthor {
        var keys: [PinnedKey] = []
        for role in roles {
            for key in role.keys.keys where !keys.contains(key) { keys.append(key) }
        }
        let document = CBOREncoder.encode { encoder in
            encoder.append(mapCount: 8)
            header.encode(.delegation, into: &encoder)
            encoder.append(unsigned: 6)
            encoder.append(textString: issuer)
            encoder.append(unsigned: 7)
            KeyList.encode(keys, into: &encoder)
            encoder.append(unsigned: 8)
            encoder.append(arrayCount: roles.count)
            for role in roles {
                encoder.append(arrayCount: 5)
                encoder.append(textString: role.name)
                encoder.append(arrayCount: role.prefixes.count)
                for prefix in role.prefixes { prefix.encode(into: &encoder) }
                encoder.append(unsigned: UInt64(role.keys.threshold))
                KeyList.encodeSelection(role.keys.keys, from: keys, into: &encoder)
                encoder.append(bool: role.isTerminating)
            }
        }
        return TrustDocumentAuthor(.delegation, document: document)
    }
}

/// Delegations that their issuers signed; a tree whose top is the root's manifest role.
public struct VerifiedDelegations: Hashable, Sendable {
    private struct Node: Hashable, Sendable {
        var role: Delegation.Role
        var children: [Int] = []
        var depth: Int
    }

    private var nodes: [Node] = []
    private var top: [Int] = []
    /// The version of each issuer's document.
    public private(set) var versions: [String: UInt64] = [:]

    /// No delegation at all.
    public static let none = VerifiedDelegations()

    private init() {}

    /// Checks delegations.
    ///
    /// - Parameters:
    ///   - documents: signed documents; an issuer's own delegation comes before those it issues.
    ///   - state: the device's floors and its root.
    ///   - clock: the device's idea of the time.
    ///   - limits: how many, how deep.
    ///   - crypto: verifies.
    /// - Throws: ``FirmwareError``: threshold, expiry, environment, a lower version; a role that is
    ///   named twice or that is its own ancestor, a chain that is too long.
    public init(
        _ documents: [[UInt8]],
        for state: DeviceState,
        at clock: FirmwareTime?,
        limits: FirmwareLimits = .default,
        using crypto: some FirmwareCryptography
    ) throws(FirmwareError) {
        guard documents.count <= limits.delegationVisits else {
            throw FirmwareError(.limitExceeded(.delegations))
        }
        let now = state.now(clock)
        for bytes in documents {
            let signed = try SignedDocument(bytes, limits: limits)
            let delegation = try Delegation(signed, limits)
            let parent = nodes.firstIndex { $0.role.name == delegation.issuer }
            let keys =
                if let parent {
                    nodes[parent].role.keys
                } else {
                    try state.root.keys(of: .manifest)
                }
            guard parent != nil || delegation.issuer.isEmpty else {
                throw FirmwareError(.keyOfAnotherRole)
            }
            let check = try signed.check(
                .delegation,
                keys: keys.keys + state.root.allKeys + state.revokedKeys,
                limits: limits,
                crypto: crypto
            )
            try keys.demand(check, otherRoles: state.root.allKeys, revoked: state.revokedKeys)
            guard delegation.header.environment == state.root.header.environment else {
                throw FirmwareError(.wrongEnvironment)
            }
            try delegation.header.checkExpiry(now)
            try add(delegation, under: parent, floors: state.delegationVersions, limits)
        }
    }

    private mutating func add(
        _ delegation: Delegation,
        under parent: Int?,
        floors: [String: UInt64],
        _ limits: FirmwareLimits
    ) throws(FirmwareError) {
        let version = delegation.header.version
        let floor = floors[delegation.issuer] ?? 0
        guard version >= floor, versions[delegation.issuer] == nil else {
            throw FirmwareError(.rollback(floor: floor, found: version))
        }
        versions[delegation.issuer] = version
        let depth = parent.map { nodes[$0].depth + 1 } ?? 1
        for role in delegation.roles {
            // A name that comes again would make the tree a graph, and a cycle possible.
            guard depth <= limits.delegationDepth, nodes.count < limits.delegationVisits,
                !nodes.contains(where: { $0.role.name == role.name })
            else { throw FirmwareError(.limitExceeded(.delegations)) }
            nodes.append(Node(role: role, depth: depth))
            if let parent {
                nodes[parent].children.append(nodes.count - 1)
            } else {
                top.append(nodes.count - 1)
            }
        }
    }

    /// Every key of every delegated role.
    var keys: [PinnedKey] { nodes.flatMap(\.role.keys.keys) }

    /// Whether a delegated role that covers all components reached its threshold.
    ///
    /// Depth first, in the order of the documents; a terminating role that covers the components ends
    /// the search.
    func authorise(_ components: [ComponentIdentifier], _ check: SignatureCheck) -> Bool {
        var pending = Array(top.reversed())
        // Each node is in the tree once, so this ends after as many steps as there are nodes.
        while let index = pending.popLast() {
            let node = nodes[index]
            guard node.role.covers(components) else { continue }
            if check.count(of: node.role.keys.keys) >= node.role.keys.threshold { return true }
            if node.role.isTerminating { pending = [] }
            pending += node.children.reversed()
        }
        return false
    }
}
