/// What policies and registries ask about a certificate.
public struct CertificateFacts: Hashable, Sendable {
    /// One attribute of a name, in order.
    public struct NameAttribute: Hashable, Sendable {
        /// What it says, such as ``ObjectIdentifier/commonName``.
        public let type: ObjectIdentifier
        /// Its text.
        public let value: String
    }

    /// Lower-case hexadecimal SHA-256 of the DER: 64 characters.
    public let id: String
    /// SHA-256 of TBSCertificate: the same for every signature over the same contents, so that a
    /// changed signature does not make another certificate of it.
    public let tbsDigest: [UInt8]
    /// Lower-case hexadecimal of the serial number's octets.
    public let serialNumber: String
    /// The subject's attributes that are text, most general first.
    public let subject: [NameAttribute]
    /// The issuer's attributes that are text, most general first.
    public let issuer: [NameAttribute]
    /// The entries of subjectAltName in order.
    public let alternativeNames: [GeneralName]

    /// Gathers the facts.
    ///
    /// - Complexity: O(*n*) in the bytes of the certificate.
    public init(_ certificate: Certificate, crypto: some CryptoProvider) {
        id = crypto.sha256(certificate.der.span).map(hexadecimal).joined()
        tbsDigest = certificate.tbsDigest(crypto: crypto)
        serialNumber = certificate.serialNumberText
        subject = Self.attributes(certificate.subject)
        issuer = Self.attributes(certificate.issuer)
        alternativeNames = certificate.alternativeNames
    }

    private static func attributes(_ name: DistinguishedName) -> [NameAttribute] {
        name.attributes.compactMap { attribute in
            attribute.text.map { NameAttribute(type: attribute.type, value: $0) }
        }
    }

    /// The texts of the subject's attributes of a type, in order.
    public func subjectValues(_ type: ObjectIdentifier) -> [String] {
        subject.filter { $0.type == type }.map(\.value)
    }

    /// The texts of the issuer's attributes of a type, in order.
    public func issuerValues(_ type: ObjectIdentifier) -> [String] {
        issuer.filter { $0.type == type }.map(\.value)
    }
}

extension Certificate {
    /// Lower-case hexadecimal SHA-256 of the DER: how certificates are named on the wire.
    public func id(crypto: some CryptoProvider) -> String {
        crypto.sha256(der.span).map(hexadecimal).joined()
    }

    /// SHA-256 of TBSCertificate; see ``CertificateFacts/tbsDigest``.
    public func tbsDigest(crypto: some CryptoProvider) -> [UInt8] {
        crypto.sha256(der.span.extracting(fields.tbs.range))
    }
}
