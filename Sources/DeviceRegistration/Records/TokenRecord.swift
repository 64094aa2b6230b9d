public import IoTTime

/// A single-use secret, as it is stored: by the digest of its text.
public struct TokenRecord: Hashable, Sendable {
    /// What a token stands for.
    public enum Purpose: String, Hashable, Sendable {
        /// Proof that a certificate was created on this connection. `certificateOwnershipToken`
        case ownership
        /// The right to provision devices by a template.
        case claim
    }

    /// SHA-256 over purpose and text: 32 octets.
    public let digest: [UInt8]
    /// What it stands for.
    public let purpose: Purpose
    /// The certificate it belongs to.
    public let certificate: CertificateID
    /// The connection it was given out on, by whatever names connections uniquely.
    public let connection: String
    /// The last moment at which it counts.
    public let expiresAt: WallClock

    /// A record as a store read it back.
    public init(
        digest: [UInt8],
        purpose: Purpose,
        certificate: CertificateID,
        connection: String,
        expiresAt: WallClock
    ) {
        self.digest = digest
        self.purpose = purpose
        self.certificate = certificate
        self.connection = connection
        self.expiresAt = expiresAt
    }
}
