/// A key that is trusted to sign certificates under a name.
///
/// An anchor need not be self-signed: any CA certificate may be one, and the path ends there. Whether
/// the anchor's own fields count is up to ``Profile/anchors``. RFC 5280 §6.1.1 (d), RFC 5937
public struct TrustAnchor: Hashable, Sendable {
    /// The certificate it came as; `nil` for a bare name and key.
    public let certificate: Certificate?
    /// The name that certificates give as their issuer.
    public let name: DistinguishedName
    /// The key.
    public let publicKey: SubjectPublicKey

    /// An anchor from a certificate; its signature is not looked at.
    public init(_ certificate: Certificate) {
        self.certificate = certificate
        name = certificate.subject
        publicKey = certificate.publicKey
    }

    /// An anchor without certificate: no validity, no constraints.
    public init(name: DistinguishedName, publicKey: SubjectPublicKey) {
        certificate = nil
        self.name = name
        self.publicKey = publicKey
    }

    /// Whether name and key are equal.
    public static func == (a: TrustAnchor, b: TrustAnchor) -> Bool {
        a.certificate == b.certificate && a.publicKey == b.publicKey && a.name == b.name
    }

    /// Hashes the key.
    public func hash(into hasher: inout Hasher) { hasher.combine(publicKey) }
}
