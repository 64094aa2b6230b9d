public import IoTTime
public import X509Verification

/// Where a registry keeps its records: memory, a database, a cluster.
///
/// Each call is atomic. Changes go by compare-and-set on the record's revision, which the store counts;
/// nothing else is asked of it, so that any engine with that can stand behind it.
public protocol RegistryStore: Sendable {
    /// What can go wrong in the store itself; `Never` where nothing can.
    associatedtype Failure: Error

    /// The certificate of an id.
    func certificate(_ id: CertificateID) async throws(Failure) -> CertificateRecord?
    /// The certificate whose signed part has a digest.
    func certificate(tbsDigest: [UInt8]) async throws(Failure) -> CertificateRecord?
    /// Certificates by ascending id, those after `id`; of one CA alone, or of all for `nil`.
    func certificates(
        of authority: CertificateID?,
        after id: CertificateID?,
        limit: Int
    ) async throws(Failure) -> [CertificateRecord]
    /// Certificates in PENDING_ACTIVATION that were registered before a moment; any of them first.
    func pendingCertificates(
        before time: WallClock,
        limit: Int
    ) async throws(Failure) -> [CertificateRecord]
    /// Adds a certificate unless one of its three unique keys is there, or the quota is used up.
    func insert(
        _ record: CertificateRecord,
        quota: RegistrationQuota?
    ) async throws(Failure) -> CertificateInsertion
    /// Replaces the certificate of the record's id if it still has the record's revision.
    ///
    /// - Returns: the record with its new revision; `nil` where another change came first.
    func replace(_ record: CertificateRecord) async throws(Failure) -> CertificateRecord?
    /// Removes the certificate of the record's id if it still has the record's revision.
    ///
    /// - Returns: whether it was removed.
    func remove(_ record: CertificateRecord) async throws(Failure) -> Bool

    /// The CA of an id.
    func authority(_ id: CertificateID) async throws(Failure) -> AuthorityRecord?
    /// Every CA of a subject.
    func authorities(subject: DistinguishedName) async throws(Failure) -> [AuthorityRecord]
    /// CAs by ascending id, those after `id`.
    func authorities(
        after id: CertificateID?,
        limit: Int
    ) async throws(Failure) -> [AuthorityRecord]
    /// Adds a CA unless its id is there, or its subject has `limit` CAs already.
    func insert(
        _ record: AuthorityRecord,
        perSubject limit: Int
    ) async throws(Failure) -> AuthorityInsertion
    /// Replaces a CA, as certificates are.
    func replace(_ record: AuthorityRecord) async throws(Failure) -> AuthorityRecord?
    /// Removes a CA, as certificates are.
    func remove(_ record: AuthorityRecord) async throws(Failure) -> Bool

    /// The registration code; `nil` before there was one.
    func registrationCode() async throws(Failure) -> RegistrationCodeRecord?
    /// Sets the registration code if the stored one has the revision `expected` (`nil`: there is none).
    ///
    /// - Returns: whether it was set.
    func replaceRegistrationCode(
        _ record: RegistrationCodeRecord,
        expected: RecordRevision?
    ) async throws(Failure) -> Bool

    /// Adds a token.
    func insert(_ token: TokenRecord) async throws(Failure)
    /// The token of a digest.
    func token(digest: [UInt8]) async throws(Failure) -> TokenRecord?
    /// Removes a token: of several callers exactly one is told `true`.
    func removeToken(digest: [UInt8]) async throws(Failure) -> Bool
    /// Tokens that expired before a moment.
    func tokens(
        expiredBefore time: WallClock,
        limit: Int
    ) async throws(Failure) -> [TokenRecord]
}

/// How many certificates first connections may register for one CA.
public struct RegistrationQuota: Hashable, Sendable {
    /// The CA; certificates count by ``CertificateRecord/authority``.
    public let authority: CertificateID
    /// Certificates in PENDING_ACTIVATION, from first connections, that there may be afterwards.
    public let maximumPending: Int
    /// Certificates from first connections since ``since`` that there may be afterwards.
    public let maximumNew: Int
    /// Registrations after this moment count as new.
    public let since: WallClock

    /// A quota.
    public init(authority: CertificateID, maximumPending: Int, maximumNew: Int, since: WallClock) {
        self.authority = authority
        self.maximumPending = maximumPending
        self.maximumNew = maximumNew
        self.since = since
    }
}

/// What became of a certificate that was to be added.
public enum CertificateInsertion: Sendable {
    /// It was added.
    case inserted(CertificateRecord)
    /// One of its unique keys is there already, in this record.
    case exists(CertificateRecord)
    /// ``RegistrationQuota/maximumPending`` is reached.
    case tooManyPending
    /// ``RegistrationQuota/maximumNew`` is reached.
    case tooManyNew
}

/// What became of a CA that was to be added.
public enum AuthorityInsertion: Sendable {
    /// It was added.
    case inserted(AuthorityRecord)
    /// It is there already.
    case exists(AuthorityRecord)
    /// There are as many of its subject as may be.
    case tooManyOfSubject
}
