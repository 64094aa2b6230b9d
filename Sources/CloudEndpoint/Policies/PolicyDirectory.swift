#if Endpoint
public import AccessPolicy
public import Logging
internal import Synchronization

/// A thing that a certificate is attached to, as policy variables see it.
public struct AttachedThing: Hashable, Sendable {
    /// Its name; variables resolve for a client whose identifier is the same.
    public var name: String
    /// The name of its type.
    public var typeName: String?
    /// Its attributes.
    public var attributes: [String: String]

    /// Describes a thing.
    public init(name: String, typeName: String? = nil, attributes: [String: String] = [:]) {
        self.name = name
        self.typeName = typeName
        self.attributes = attributes
    }
}

/// The policies of an endpoint, and to which principals they are attached.
///
/// A principal is a certificate's identifier, or `anonymous` for connections without a certificate.
/// Policies attached to ``everyCertificate`` count for every principal with a certificate. Each
/// change is written to the audit log and applies to open connections at once.
public final class PolicyDirectory: Sendable {
    /// Stands for every principal that has a certificate.
    public static let everyCertificate = "*"
    /// Stands for connections without a certificate.
    public static let anonymous = ConnectionIdentity.anonymous

    /// What is attached to one principal.
    public struct Attachment: Hashable, Sendable {
        /// Names of policies; a name without a policy grants nothing.
        public var policies: [String]
        /// Things.
        public var things: [AttachedThing]

        /// Describes an attachment.
        public init(policies: [String] = [], things: [AttachedThing] = []) {
            self.policies = policies
            self.things = things
        }
    }

    /// The compiled policies of one principal, good as long as ``PolicyDirectory/version`` stays.
    struct Grant: Sendable {
        let version: UInt64
        let policies: PolicySet
        let things: [AttachedThing]
    }

    private struct State {
        var documents: [String: PolicyDocument] = [:]
        var attachments: [String: Attachment] = [:]
        /// What a registry made; files that are read again do not undo it.
        var provisionedDocuments: [String: PolicyDocument] = [:]
        var provisioned: [String: Attachment] = [:]
        var grants: [String: Grant] = [:]
    }

    /// Compiled policies that are kept; beyond, they are compiled again when needed.
    private static let maximumGrants = 100_000

    private let state = Mutex(State())
    /// Rises with every change.
    public let changes = ChangeSignal()
    private let logger: Logger
    /// Names resources of the endpoint's region and account.
    let resourceNames: ResourceNameBuilder
    /// Which client identifiers are refused before any policy is asked.
    public let clientIdentifiers: ClientIdentifierRule

    /// An empty directory: nothing is allowed.
    ///
    /// - Parameters:
    ///   - region: the region in resource names.
    ///   - account: the account in resource names.
    ///   - clientIdentifiers: which client identifiers are refused whatever a policy says.
    ///   - auditLogger: gets one line for each change.
    public init(
        region: String = "local",
        account: String = "000000000000",
        clientIdentifiers: ClientIdentifierRule = ClientIdentifierRule(),
        auditLogger: Logger
    ) {
        resourceNames = ResourceNameBuilder(region: region, account: account)
        self.clientIdentifiers = clientIdentifiers
        logger = auditLogger
    }

    var version: UInt64 { changes.version }

    /// Adds or replaces a policy.
    public func setPolicy(_ name: String, _ document: PolicyDocument) {
        change("policy set", ["policy": "\(name)"]) { $0.documents[name] = document }
    }

    /// Removes a policy; principals that it is attached to lose what it allowed.
    public func removePolicy(_ name: String) {
        change("policy removed", ["policy": "\(name)"]) { $0.documents[name] = nil }
    }

    /// Attaches a policy to a principal.
    public func attach(_ policy: String, to principal: String) {
        change("policy attached", ["policy": "\(policy)", "principal": "\(principal)"]) { state in
            if state.attachments[principal]?.policies.contains(policy) != true {
                state.attachments[principal, default: Attachment()].policies.append(policy)
            }
        }
    }

    /// Detaches a policy from a principal.
    public func detach(_ policy: String, from principal: String) {
        change("policy detached", ["policy": "\(policy)", "principal": "\(principal)"]) { state in
            state.attachments[principal]?.policies.removeAll { $0 == policy }
        }
    }

    /// Attaches a principal to a thing, or replaces what is known of that thing.
    public func attach(_ thing: AttachedThing, to principal: String) {
        change("thing attached", ["thing": "\(thing.name)", "principal": "\(principal)"]) { state in
            state.attachments[principal, default: Attachment()].things
                .removeAll { $0.name == thing.name }
            state.attachments[principal]?.things.append(thing)
        }
    }

    /// Replaces everything, such as by what a file says now.
    public func replaceAll(
        policies: [String: PolicyDocument],
        attachments: [String: Attachment]
    ) {
        let counts: Logger.Metadata = [
            "policies": "\(policies.count)", "principals": "\(attachments.count)",
        ]
        change("policies replaced", counts) { state in
            state.documents = policies
            state.attachments = attachments
        }
    }

    /// What a registry attached; kept apart from what files and calls say, which have precedence where
    /// two policies have one name.
    struct ProvisionedChange: Sendable {
        /// Policies that were made.
        var policies: [String: PolicyDocument] = [:]
        /// What is attached to principals; `nil`: nothing any more.
        var attachments: [String: Attachment?] = [:]

        var isEmpty: Bool { policies.isEmpty && attachments.isEmpty }
    }

    /// Takes what a registry made or attached; all at once.
    func applyProvisioned(_ new: ProvisionedChange) {
        if new.isEmpty { return }
        let counts: Logger.Metadata = [
            "policies": "\(new.policies.count)", "principals": "\(new.attachments.count)",
        ]
        change("provisioned", counts) { state in
            state.provisionedDocuments.merge(new.policies) { _, document in document }
            for (principal, attachment) in new.attachments {
                state.provisioned[principal] = attachment
            }
        }
    }

    /// What a registry attached to a principal.
    func provisioned(for principal: String) -> Attachment? {
        state.withLock { $0.provisioned[principal] }
    }

    /// Whether there is a policy of a name.
    func hasPolicy(_ name: String) -> Bool {
        state.withLock { $0.documents[name] != nil || $0.provisionedDocuments[name] != nil }
    }

    /// The policies of a principal as they are now.
    ///
    /// - Complexity: O(1) when nothing changed since the last call for it, else that of compiling.
    func grant(for principal: String) -> Grant {
        state.withLock { state in
            // Read before the documents: a change in between makes the grant old, never wrong.
            let version = version
            if let grant = state.grants[principal], grant.version == version { return grant }
            let isCertificate = principal != Self.anonymous
            let own = state.attachments[principal]
            let shared = isCertificate ? state.attachments[Self.everyCertificate] : nil
            let provisioned = isCertificate ? state.provisioned[principal] : nil
            var documents: [(name: String, document: PolicyDocument)] = []
            let names = [own, provisioned, shared].flatMap { $0?.policies ?? [] }
            for name in names {
                let document = state.documents[name] ?? state.provisionedDocuments[name]
                if let document { documents.append((name, document)) }
            }
            let grant = Grant(
                version: version,
                policies: PolicySet(documents),
                things: (own?.things ?? []) + (provisioned?.things ?? [])
            )
            if state.grants.count >= Self.maximumGrants { state.grants.removeAll() }
            state.grants[principal] = grant
            return grant
        }
    }

    private func change(
        _ what: Logger.Message,
        _ metadata: Logger.Metadata,
        _ body: (inout sending State) -> Void
    ) {
        state.withLock { body(&$0) }
        changes.notify()
        logger.notice(what, metadata: metadata)
    }
}
#endif
