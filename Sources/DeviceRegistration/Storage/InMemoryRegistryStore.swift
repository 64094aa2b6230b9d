public import IoTTime
internal import Synchronization
public import X509Verification

/// A registry in memory: for tests, tools and servers that may forget.
///
/// One value may serve any number of tasks. Lookups take O(1), lists O(*n* log *n*) in the records.
public final class InMemoryRegistryStore: RegistryStore {
    /// Nothing can go wrong.
    public typealias Failure = Never

    private let state = Mutex(RegistryTables())

    /// An empty registry.
    public init() {}

    /// The certificate of an id.
    public func certificate(_ id: CertificateID) -> CertificateRecord? {
        state.withLock { $0.certificates[id] }
    }

    /// The certificate whose signed part has a digest.
    public func certificate(tbsDigest: [UInt8]) -> CertificateRecord? {
        state.withLock { tables in
            tables.byDigest[tbsDigest].flatMap { tables.certificates[$0] }
        }
    }

    /// Certificates by ascending id.
    public func certificates(
        of authority: CertificateID?,
        after id: CertificateID?,
        limit: Int
    ) -> [CertificateRecord] {
        state.withLock { tables in
            let ids = tables.certificates.values.lazy
                .filter { authority == nil || $0.authority == authority }.map(\.id)
            return RegistryTables.page(Array(ids), after: id, limit: limit)
                .compactMap { tables.certificates[$0] }
        }
    }

    /// Certificates in PENDING_ACTIVATION that were registered before a moment.
    public func pendingCertificates(before time: WallClock, limit: Int) -> [CertificateRecord] {
        state.withLock { tables in
            Array(
                tables.certificates.values.lazy
                    .filter { $0.status == .pendingActivation && $0.createdAt < time }
                    .prefix(max(0, limit))
            )
        }
    }

    /// Adds a certificate.
    public func insert(
        _ record: CertificateRecord,
        quota: RegistrationQuota?
    ) -> CertificateInsertion {
        state.withLock { $0.insert(record, quota: quota) }
    }

    /// Replaces a certificate.
    public func replace(_ record: CertificateRecord) -> CertificateRecord? {
        state.withLock { tables in
            guard tables.remove(record) else { return nil }
            var record = record
            record.revision = record.revision.next
            tables.add(record)
            return record
        }
    }

    /// Removes a certificate.
    public func remove(_ record: CertificateRecord) -> Bool {
        state.withLock { $0.remove(record) }
    }

    /// The CA of an id.
    public func authority(_ id: CertificateID) -> AuthorityRecord? {
        state.withLock { $0.authorities[id] }
    }

    /// Every CA of a subject.
    public func authorities(subject: DistinguishedName) -> [AuthorityRecord] {
        state.withLock { tables in
            (tables.bySubject[subject] ?? []).compactMap { tables.authorities[$0] }
        }
    }

    /// CAs by ascending id.
    public func authorities(after id: CertificateID?, limit: Int) -> [AuthorityRecord] {
        state.withLock { tables in
            RegistryTables.page(Array(tables.authorities.keys), after: id, limit: limit)
                .compactMap { tables.authorities[$0] }
        }
    }

    /// Adds a CA.
    public func insert(_ record: AuthorityRecord, perSubject limit: Int) -> AuthorityInsertion {
        state.withLock { tables in
            if let known = tables.authorities[record.id] { return .exists(known) }
            let subject = record.certificate.subject
            guard tables.bySubject[subject, default: []].count < limit else {
                return .tooManyOfSubject
            }
            tables.bySubject[subject, default: []].append(record.id)
            tables.authorities[record.id] = record
            return .inserted(record)
        }
    }

    /// Replaces a CA.
    public func replace(_ record: AuthorityRecord) -> AuthorityRecord? {
        state.withLock { tables in
            guard tables.authorities[record.id]?.revision == record.revision else { return nil }
            var record = record
            record.revision = record.revision.next
            tables.authorities[record.id] = record
            return record
        }
    }

    /// Removes a CA.
    public func remove(_ record: AuthorityRecord) -> Bool {
        state.withLock { tables in
            guard tables.authorities[record.id]?.revision == record.revision else { return false }
            tables.authorities[record.id] = nil
            tables.bySubject[record.certificate.subject]?.removeAll { $0 == record.id }
            return true
        }
    }

    /// The registration code.
    public func registrationCode() -> RegistrationCodeRecord? { state.withLock { $0.code } }

    /// Sets the registration code.
    public func replaceRegistrationCode(
        _ record: RegistrationCodeRecord,
        expected: RecordRevision?
    ) -> Bool {
        state.withLock { tables in
            guard tables.code?.revision == expected else { return false }
            tables.code = record
            return true
        }
    }

    /// Adds a token.
    public func insert(_ token: TokenRecord) { state.withLock { $0.tokens[token.digest] = token } }

    /// The token of a digest.
    public func token(digest: [UInt8]) -> TokenRecord? { state.withLock { $0.tokens[digest] } }

    /// Removes a token.
    public func removeToken(digest: [UInt8]) -> Bool {
        state.withLock { $0.tokens.removeValue(forKey: digest) != nil }
    }

    /// Tokens that expired before a moment.
    public func tokens(expiredBefore time: WallClock, limit: Int) -> [TokenRecord] {
        state.withLock { tables in
            Array(tables.tokens.values.lazy.filter { $0.expiresAt < time }.prefix(max(0, limit)))
        }
    }
}
