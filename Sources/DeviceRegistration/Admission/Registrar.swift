internal import IoTTime
public import X509Verification

/// The registry of one account: decides on connections, CAs and certificates.
///
/// A registrar holds no state. Every decision reads records from the store and changes them by
/// compare-and-set, so that any number of registrars may work on one store. Time and randomness are
/// parameters.
public struct Registrar<Store: RegistryStore, Crypto: CryptoProvider>: Sendable {
    /// What a registrar is set to.
    public struct Settings: Hashable, Sendable {
        /// The account of events.
        public var accountID: String
        /// Names that clients may send in TLS, in lower case; empty to take any. RFC 6066 §3
        public var serverNames: Set<String> = []
        /// The rules for certificates of devices.
        public var profile = Profile.iotClient
        /// How much work one validation may do.
        public var budget = WorkBudget.default
        /// What the registry may cost.
        public var limits = RegistrationLimits.default

        /// Settings for devices, with every default.
        ///
        /// - Parameter accountID: the account of events; the service's have 12 digits.
        public init(accountID: String) { self.accountID = accountID }
    }

    /// Where records are kept.
    public let store: Store
    /// Digests and signatures.
    public let crypto: Crypto
    /// What the registrar is set to.
    public let settings: Settings

    /// Makes a registrar.
    public init(store: Store, crypto: Crypto, settings: Settings) {
        self.store = store
        self.crypto = crypto
        self.settings = settings
    }

    var limits: RegistrationLimits { settings.limits }

    /// A validator for paths to some CAs.
    func validator(_ authorities: [AuthorityRecord], _ profile: Profile) -> PathValidator<Crypto> {
        PathValidator(
            anchors: authorities.map { TrustAnchor($0.certificate) },
            profile: profile,
            crypto: crypto,
            budget: settings.budget
        )
    }
}

/// What a client presented, and what it is judged by.
struct Presented {
    let leaf: Certificate
    let id: CertificateID
    /// The certificates after the first, as far as they can be read.
    let intermediates: [Certificate]
    let serverName: String?
    let crls: CRLSet
    let now: WallClock
}
