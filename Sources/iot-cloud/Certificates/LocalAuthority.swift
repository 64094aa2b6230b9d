#if Endpoint
internal import CloudEndpoint
internal import IoTTime
internal import X509Verification
internal import X509VerificationOpenSSL

/// An authority in memory: makes a key for each holder and signs its certificate.
struct LocalAuthority: Sendable {
    /// What a certificate may be used for.
    enum Use: Sendable {
        /// A device, or another client.
        case client
        /// A server with these names.
        case server([GeneralName])
        /// Proves possession of the authority's key, and nothing else.
        case proof
    }

    /// A certificate and its key.
    struct Issued: Sendable {
        let certificate: Certificate
        let key: OpenSSLPrivateKey
        /// What the endpoint calls the principal.
        var id: String { certificate.id(crypto: OpenSSLCrypto()) }
    }

    /// The authority's own certificate.
    let certificate: Certificate
    /// The authority's own key.
    let key: OpenSSLPrivateKey
    private let name: DistinguishedName

    /// Makes an authority with a P-256 key.
    ///
    /// - Parameters:
    ///   - commonName: its name.
    ///   - days: how long it lives.
    /// - Throws: libcrypto's refusal.
    init(_ commonName: String, days: Int64) throws {
        key = try OpenSSLPrivateKey.generate(.ec(.p256))
        name = DistinguishedName([(.organization, "swift-iot"), (.commonName, commonName)])
        var template = Self.template(key, issuer: name, subject: name, days: days)
        template.extensions = [
            .basicConstraints(isCA: true), .keyUsage([.keyCertSign, .crlSign]),
            .subjectKeyIdentifier(key.publicKey.identifier(crypto: OpenSSLCrypto())),
        ]
        certificate = try template.sign(with: key)
    }

    /// Makes a P-256 key and signs a certificate for it.
    func issue(_ commonName: String, for use: Use, days: Int64) throws -> Issued {
        let holder = try OpenSSLPrivateKey.generate(.ec(.p256))
        let subject = DistinguishedName([(.commonName, commonName)])
        var template = Self.template(holder, issuer: name, subject: subject, days: days)
        template.extensions = [
            .basicConstraints(isCA: false), .keyUsage([.digitalSignature]),
            .subjectKeyIdentifier(holder.publicKey.identifier(crypto: OpenSSLCrypto())),
            .authorityKeyIdentifier(key.publicKey.identifier(crypto: OpenSSLCrypto())),
        ]
        switch use {
        case .client: template.extensions.append(.extendedKeyUsage(.clientAuth))
        case .server(let names):
            template.extensions += [.extendedKeyUsage(.serverAuth), .subjectAltName(names)]
        case .proof: break
        }
        return Issued(certificate: try template.sign(with: key), key: holder)
    }

    private static func template(
        _ holder: OpenSSLPrivateKey,
        issuer: DistinguishedName,
        subject: DistinguishedName,
        days: Int64
    ) -> CertificateTemplate {
        // Whole seconds, and an hour back: clocks of devices are seldom right.
        let now = SystemClock.wall().seconds
        return CertificateTemplate(
            serialNumber: CertificateTemplate.serialNumber(
                from: SystemRandomBytes().randomBytes(16)
            ),
            issuer: issuer,
            subject: subject,
            notBefore: WallClock(seconds: now - 3_600),
            notAfter: WallClock(seconds: now + days * 86_400),
            publicKey: holder.publicKey
        )
    }
}
#endif
