/// Which statement of which policy.
public struct StatementID: Hashable, Sendable, CustomStringConvertible {
    /// The policy's name, as it was given to ``PolicySet``.
    public let policy: String
    /// The statement's place in its document, from 0.
    public let index: Int
    /// Its `Sid`, where it has one.
    public let sid: String?

    /// `policy#index` and the `Sid`.
    public var description: String { "\(policy)#\(index)" + (sid.map { " (\($0))" } ?? "") }
}

/// The answer to a request.
public enum Decision: Hashable, Sendable {
    /// An `Allow` applies and no `Deny` does.
    case allowed(by: StatementID)
    /// A `Deny` applies.
    case explicitDeny(by: StatementID)
    /// No statement applies: what is not allowed is denied.
    case implicitDeny

    /// Whether the request may go on.
    public var isAllowed: Bool {
        if case .allowed = self { true } else { false }
    }
}

/// What a variable without a value means in a `Deny`, in the `NotResource` of an `Allow`, and in
/// their conditions.
public enum UnresolvedVariableRule: Hashable, Sendable {
    /// The request is denied: a rule that cannot be read must not open anything.
    case denies
    /// The pattern just does not match, which is how the service reads it. A `Deny` that names
    /// `${iot:Certificate.Subject.CommonName}` then does nothing for a certificate without that
    /// name.
    case ignored
}
