/// What a registry and its devices may cost.
public struct RegistrationLimits: Hashable, Sendable {
    /// Certificates of one CA in PENDING_ACTIVATION.
    public var pendingPerAuthority = 10_000
    /// Certificates of one CA that first connections may register within ``registrationWindow``.
    public var newPerAuthority = 600
    /// The window of ``newPerAuthority``, which slides.
    public var registrationWindow = Duration.seconds(60)
    /// The least time between two registration events of one certificate.
    public var eventInterval = Duration.seconds(60)
    /// How long a certificate may stay in PENDING_ACTIVATION.
    public var pendingLifetime = Duration.seconds(7 * 86_400)
    /// Octets of a presented chain, all certificates together.
    public var chainBytes = 65_536
    /// Certificates of a presented chain, the device's own included.
    public var chainCertificates = 10
    /// Registered CAs of one subject.
    public var authoritiesPerSubject = 10
    /// Retired registration codes that are remembered.
    public var retiredCodes = 64
    /// How long a token counts.
    public var tokenLifetime = Duration.seconds(3_600)
    /// How often a lost compare-and-set is tried again.
    public var retries = 16

    /// The values above.
    public static let `default` = RegistrationLimits()

    /// The defaults, to be changed member by member.
    public init() {}
}

/// Where random octets come from: a system's generator, or a fixed sequence in a test.
public protocol RandomSource: Sendable {
    /// Gives `count` octets that nobody can predict.
    func randomBytes(_ count: Int) -> [UInt8]
}
