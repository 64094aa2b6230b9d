/// The state of a device certificate; only ``active`` authenticates.
///
/// Source: API model, `CertificateStatus`.
public enum CertificateStatus: String, Hashable, Sendable, CaseIterable {
    /// It authenticates.
    case active = "ACTIVE"
    /// Switched off; it may come back.
    case inactive = "INACTIVE"
    /// Switched off for good.
    case revoked = "REVOKED"
    /// On its way to another account.
    case pendingTransfer = "PENDING_TRANSFER"
    /// Registered by a first connection; waits for somebody to decide.
    case pendingActivation = "PENDING_ACTIVATION"
    /// Deprecated by the service; never made here, and treated as ``inactive``.
    case registerInactive = "REGISTER_INACTIVE"
}

/// A step from one state to another.
public enum StatusChange: Hashable, Sendable {
    /// `UpdateCertificate`: to ACTIVE, INACTIVE or REVOKED.
    case update(CertificateStatus)
    /// From PENDING_ACTIVATION to ACTIVE, and from nowhere else: what hooks and rules use, so that a
    /// decision that comes late cannot undo a revocation.
    case activate
    /// `TransferCertificate`; the certificate must be inactive and without policy or thing.
    case transfer(account: String)
    /// `CancelCertificateTransfer`.
    case cancelTransfer
    /// `RejectCertificateTransfer`.
    case rejectTransfer
    /// `AcceptCertificateTransfer`.
    case acceptTransfer(setAsActive: Bool)

    /// The state after this step.
    ///
    /// - Returns: the new state, or why the step is not allowed from `status`.
    public func applied(to status: CertificateStatus) -> Result<CertificateStatus, TransitionError>
    {
        switch self {
        case .update(let target): Self.update(status, to: target)
        case .activate:
            status == .pendingActivation
                ? .success(.active) : .failure(.notAllowed(from: status, to: .active))
        case .transfer:
            // Others than the service we refuse the transfer of a revoked or pending certificate:
            // accepting it could make it active without a decision.
            status == .inactive || status == .registerInactive
                ? .success(.pendingTransfer)
                : .failure(.notAllowed(from: status, to: .pendingTransfer))
        case .cancelTransfer, .rejectTransfer:
            status == .pendingTransfer ? .success(.inactive) : .failure(.transferAlreadyCompleted)
        case .acceptTransfer(let setAsActive):
            status == .pendingTransfer
                ? .success(setAsActive ? .active : .inactive)
                : .failure(.transferAlreadyCompleted)
        }
    }

    private static func update(
        _ status: CertificateStatus,
        to target: CertificateStatus
    ) -> Result<CertificateStatus, TransitionError> {
        switch (status, target) {
        case (_, .pendingTransfer), (_, .pendingActivation), (_, .registerInactive):
            .failure(.invalidTarget(target))
        case (_, .revoked):
            // Revocation is always possible.
            .success(.revoked)
        case (.revoked, _), (.pendingTransfer, _):
            .failure(.notAllowed(from: status, to: target))
        default: .success(target)
        }
    }
}

/// Why a certificate did not change its state.
@nonexhaustive
public enum TransitionError: Error, Hashable, Sendable {
    /// No certificate of that id, or its time in PENDING_ACTIVATION has run out.
    case notFound
    /// The step is not one of the state it is in. `CertificateStateException`
    case notAllowed(from: CertificateStatus, to: CertificateStatus)
    /// A state that `UpdateCertificate` cannot set. `InvalidRequestException`
    case invalidTarget(CertificateStatus)
    /// A policy or thing is attached. `TransferConflictException`, `DeleteConflictException`
    case attached
    /// It is active and therefore cannot be deleted. `CertificateStateException`
    case stillActive
    /// It is not, or no longer, on its way. `TransferAlreadyCompletedException`
    case transferAlreadyCompleted
    /// The revision that the caller saw is not the latest any more.
    case changedMeanwhile
}

/// What is attached to a certificate, as the registry of things and policies knows.
public struct CertificateAttachments: Hashable, Sendable {
    /// Whether policies are attached.
    public var hasPolicies: Bool
    /// Whether things are attached.
    public var hasThings: Bool

    /// What is attached.
    public init(hasPolicies: Bool, hasThings: Bool) {
        self.hasPolicies = hasPolicies
        self.hasThings = hasThings
    }

    /// Nothing.
    public static let none = CertificateAttachments(hasPolicies: false, hasThings: false)
}
