#if Endpoint
internal import DeviceRegistration
public import Logging
internal import Synchronization
internal import X509Verification

/// Things, policies and attachments that a registry made: kept in its file, and told to the directory
/// that decides.
///
/// The file is what counts; this is a copy that follows it, also where another process changed it.
public final class ProvisionedResources: Sendable {
    /// Where it is kept.
    public let database: RegistryDatabase

    private struct State {
        var last: Int64 = 0
        /// Each with the change it is of: what comes late never replaces what is newer.
        var policies: [String: Int64] = [:]
        var things: [String: (changed: Int64, thing: ProvisionedThing)] = [:]
        var attachments: [String: (changed: Int64, value: ProvisionedAttachment)] = [:]
        var lists: [String: (changed: Int64, list: CertificateRevocationList)] = [:]
        /// Certificates by the things they are attached to.
        var holders: [String: Set<String>] = [:]
    }

    private let state = Mutex(State())
    private let directory: PolicyDirectory?
    private let logger: Logger

    /// Follows a registry's file; call ``refresh()`` once before use.
    ///
    /// - Parameters:
    ///   - database: the registry.
    ///   - directory: what decides by policies.
    ///   - logger: hears of rows that cannot be used.
    public init(_ database: RegistryDatabase, directory: PolicyDirectory?, logger: Logger) {
        self.database = database
        self.directory = directory
        self.logger = logger
    }

    /// A thing that provisioning made.
    public func thing(_ name: String) -> ProvisionedThing? {
        state.withLock { $0.things[name]?.thing }
    }

    /// The revocation lists that were pushed.
    var revocationLists: [CertificateRevocationList] {
        state.withLock { $0.lists.sorted { $0.key < $1.key }.map(\.value.list) }
    }

    /// Reads what changed in the file since the last call.
    ///
    /// - Returns: whether revocation lists are among it.
    /// - Throws: ``RegistryStorageError``
    @discardableResult
    public func refresh() async throws(RegistryStorageError) -> Bool {
        let rows = try await database.resources(changedAfter: state.withLock { $0.last })
        let change = state.withLock { take(rows, into: &$0) }
        directory?.applyProvisioned(change)
        return !rows.lists.isEmpty
    }

    private func take(
        _ rows: ResourceRows,
        into state: inout State
    ) -> PolicyDirectory.ProvisionedChange {
        var change = PolicyDirectory.ProvisionedChange()
        for (name, changed, text) in rows.policies where changed > state.policies[name] ?? 0 {
            state.policies[name] = changed
            if let policy = try? NamedPolicy(name: name, text: text) {
                change.policies[name] = policy.document
            } else {
                logger.error(
                    "a policy of the registry cannot be read",
                    metadata: ["name": "\(name)"]
                )
            }
        }
        var touched: Set<String> = []
        for (changed, thing) in rows.things where changed > state.things[thing.name]?.changed ?? 0 {
            state.things[thing.name] = (changed, thing)
            touched.formUnion(state.holders[thing.name] ?? [])
        }
        for (certificate, changed, value) in rows.attachments
        where changed > state.attachments[certificate]?.changed ?? 0 {
            for name in state.attachments[certificate]?.value.things ?? [] {
                state.holders[name]?.remove(certificate)
            }
            for name in value.things { state.holders[name, default: []].insert(certificate) }
            state.attachments[certificate] = (changed, value)
            touched.insert(certificate)
        }
        for certificate in touched {
            let value = state.attachments[certificate]?.value ?? ProvisionedAttachment()
            let attachment = PolicyDirectory.Attachment(
                policies: value.policies,
                things: value.things.compactMap { state.things[$0]?.thing.attached }
            )
            change.attachments[certificate] = .some(attachment)
        }
        for (authority, changed, der) in rows.lists
        where changed > state.lists[authority]?.changed ?? 0 {
            guard let list = try? CertificateRevocationList(der: der) else { continue }
            state.lists[authority] = (changed, list)
        }
        state.last = max(state.last, rows.last)
        return change
    }

    /// Attaches policies and a thing to a certificate: on disk first, then in force.
    ///
    /// - Returns: the thing as it is now.
    /// - Throws: ``RegistryStorageError``, or what the change's own closure throws.
    @discardableResult
    func apply(
        _ change: ResourceChange,
        to certificate: CertificateID
    ) async throws -> ProvisionedThing? {
        let thing = try await database.apply(change, to: certificate)
        try await refresh()
        return thing
    }
}
#endif
