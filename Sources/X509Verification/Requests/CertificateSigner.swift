public import IoTTime

/// A private key that signs, wherever it is held: in memory, in a PKCS #11 token, behind a service.
public protocol CertificateSigner {
    /// The public half.
    var publicKey: SubjectPublicKey { get }
    /// The algorithm of its signatures.
    var signatureAlgorithm: SignatureAlgorithm { get }
    /// Signs a message, which is hashed here.
    ///
    /// - Returns: the signature as certificates hold it: Ecdsa-Sig-Value for ECDSA, octets for RSA.
    /// - Throws: where the key cannot be used.
    func sign(_ message: [UInt8]) throws -> [UInt8]
}

/// What a new certificate shall say.
public struct CertificateTemplate: Sendable {
    /// One extension to be written.
    public struct Extension: Sendable {
        /// Its identifier.
        public var identifier: ObjectIdentifier
        /// Whether it is critical.
        public var isCritical: Bool
        /// The DER inside its OCTET STRING.
        public var value: [UInt8]

        /// An extension of any kind; the value is not looked at.
        public init(identifier: ObjectIdentifier, isCritical: Bool, value: [UInt8]) {
            self.identifier = identifier
            self.isCritical = isCritical
            self.value = value
        }
    }

    /// The magnitude of the serial number: 1 to 20 octets of which the first must be below 0x80 at 20.
    public var serialNumber: [UInt8]
    /// Who signs.
    public var issuer: DistinguishedName
    /// Who holds the key.
    public var subject: DistinguishedName
    /// The first moment of its validity, in whole seconds.
    public var notBefore: WallClock
    /// The last second of its validity.
    public var notAfter: WallClock
    /// The key that is certified.
    public var publicKey: SubjectPublicKey
    /// The extensions in order; empty for none.
    public var extensions: [Extension] = []

    /// A template without extensions.
    public init(
        serialNumber: [UInt8],
        issuer: DistinguishedName,
        subject: DistinguishedName,
        notBefore: WallClock,
        notAfter: WallClock,
        publicKey: SubjectPublicKey
    ) {
        self.serialNumber = serialNumber
        self.issuer = issuer
        self.subject = subject
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.publicKey = publicKey
    }

    /// A serial number out of 16 random octets: positive, and always of the same length.
    /// RFC 5280 §4.1.2.2
    public static func serialNumber(from random: [UInt8]) -> [UInt8] {
        guard let first = random.first else { return [1] }
        return [first & 0x3F | 0x40] + random.dropFirst()
    }

    /// Signs the certificate: version 3 with extensions, else version 1.
    ///
    /// - Throws: what the signer throws, and ``MalformedDER`` where the template makes no certificate
    ///   (a serial number over 20 octets is no such case).
    public func sign(with signer: some CertificateSigner) throws -> Certificate {
        guard let algorithm = signer.signatureAlgorithm.der else {
            throw MalformedDER(.signatureAlgorithmParameters, at: 0)
        }
        let version =
            extensions.isEmpty
            ? [] : DERWriter.element(DERTag.constructed(0), DERWriter.integer(2))
        let tbs = DERWriter.sequence(
            version,
            DERWriter.integer(serialNumber),
            algorithm,
            issuer.der,
            DERWriter.sequence(DERTime.encode(notBefore), DERTime.encode(notAfter)),
            subject.der,
            publicKey.der,
            extensions.isEmpty
                ? [] : DERWriter.element(DERTag.constructed(3), Self.encode(extensions))
        )
        let signature = try signer.sign(tbs)
        return try Certificate(
            der: DERWriter.sequence(tbs, algorithm, DERWriter.bitString(signature))
        )
    }

    static func encode(_ extensions: [Extension]) -> [UInt8] {
        let list = extensions.map { item in
            DERWriter.sequence(
                DERWriter.objectIdentifier(item.identifier),
                item.isCritical ? DERWriter.isTrue : [],
                DERWriter.octetString(item.value)
            )
        }
        return DERWriter.element(DERTag.sequence, list.flatMap { $0 })
    }
}

extension SubjectPublicKey {
    /// A subject key identifier for its certificates: SHA-256 of the SubjectPublicKeyInfo, RFC 7093 §2
    /// (4), cut to the 160 bits that RFC 5280 §4.2.1.2 uses.
    public func identifier(crypto: some CryptoProvider) -> [UInt8] {
        Array(crypto.sha256(der.span).prefix(20))
    }
}

extension CertificateTemplate.Extension {
    private static func standard(
        _ arc: UInt8,
        _ isCritical: Bool,
        _ value: [UInt8]
    ) -> CertificateTemplate.Extension {
        .init(
            identifier: ObjectIdentifier(checked: [0x55, 0x1D, arc]),
            isCritical: isCritical,
            value: value
        )
    }

    /// basicConstraints, critical.
    public static func basicConstraints(isCA: Bool, pathLength: Int? = nil) -> Self {
        standard(
            19,
            true,
            DERWriter.sequence(
                isCA ? DERWriter.isTrue : [],
                pathLength.map { DERWriter.integer($0) } ?? []
            )
        )
    }

    /// keyUsage, critical; `usage` must not be empty.
    public static func keyUsage(_ usage: KeyUsage) -> Self {
        var octets: [UInt8] = [0, 0]
        for bit in 0..<9 where usage.rawValue >> UInt16(bit) & 1 == 1 {
            octets[bit / 8] |= 0x80 >> UInt8(bit % 8)
        }
        while octets.last == 0 { octets.removeLast() }
        let unused = UInt8(octets.last?.trailingZeroBitCount ?? 0)
        return standard(15, true, DERWriter.element(DERTag.bitString, [unused], octets))
    }

    /// extKeyUsage, not critical; purposes without a name here are left out.
    public static func extendedKeyUsage(_ purposes: KeyPurposes) -> Self {
        let identifiers: [(KeyPurposes, String)] = [
            (.serverAuth, "1.3.6.1.5.5.7.3.1"), (.clientAuth, "1.3.6.1.5.5.7.3.2"),
            (.codeSigning, "1.3.6.1.5.5.7.3.3"), (.emailProtection, "1.3.6.1.5.5.7.3.4"),
            (.timeStamping, "1.3.6.1.5.5.7.3.8"), (.ocspSigning, "1.3.6.1.5.5.7.3.9"),
            (.any, "2.5.29.37.0"),
        ]
        let list = identifiers.compactMap { purpose, text in
            purposes.contains(purpose)
                ? ObjectIdentifier(text).map { DERWriter.objectIdentifier($0) } : nil
        }
        return standard(37, false, DERWriter.element(DERTag.sequence, list.flatMap { $0 }))
    }

    /// subjectKeyIdentifier.
    public static func subjectKeyIdentifier(_ identifier: [UInt8]) -> Self {
        standard(14, false, DERWriter.octetString(identifier))
    }

    /// authorityKeyIdentifier with a key identifier.
    public static func authorityKeyIdentifier(_ identifier: [UInt8]) -> Self {
        standard(
            35,
            false,
            DERWriter.sequence(DERWriter.element(DERTag.primitive(0), identifier))
        )
    }

    /// subjectAltName of DNS names, mailboxes, URIs, addresses and directory names; critical where the
    /// subject is empty.
    public static func subjectAltName(_ names: [GeneralName], isCritical: Bool = false) -> Self {
        let list = names.map(\.encoded)
        return standard(17, isCritical, DERWriter.element(DERTag.sequence, list.flatMap { $0 }))
    }
}

extension GeneralName {
    /// The name as DER.
    var encoded: [UInt8] {
        switch self {
        case .rfc822(let text): DERWriter.element(DERTag.primitive(1), Array(text.utf8))
        case .dns(let text): DERWriter.element(DERTag.primitive(2), Array(text.utf8))
        case .uri(let text): DERWriter.element(DERTag.primitive(6), Array(text.utf8))
        case .ip(let octets): DERWriter.element(DERTag.primitive(7), octets)
        case .registeredID(let type): DERWriter.element(DERTag.primitive(8), type.content)
        case .directory(let name): DERWriter.element(DERTag.constructed(4), name.der)
        case .other(let type, let value):
            DERWriter.element(
                DERTag.constructed(0),
                DERWriter.objectIdentifier(type),
                DERWriter.element(DERTag.constructed(0), value)
            )
        case .x400(let der): DERWriter.element(DERTag.constructed(3), der)
        case .ediParty(let der): DERWriter.element(DERTag.constructed(5), der)
        }
    }
}

/// What a new request shall say.
public struct SigningRequestTemplate: Sendable {
    /// The name that is asked for.
    public var subject: DistinguishedName
    /// The extensions that are asked for.
    public var extensions: [CertificateTemplate.Extension]

    /// A request for a name.
    public init(subject: DistinguishedName, extensions: [CertificateTemplate.Extension] = []) {
        self.subject = subject
        self.extensions = extensions
    }

    /// Signs the request with the key that it is for.
    ///
    /// - Throws: what the signer throws, and ``MalformedDER`` where the template makes no request.
    public func sign(with signer: some CertificateSigner) throws -> CertificateSigningRequest {
        guard let algorithm = signer.signatureAlgorithm.der,
            let request = ObjectIdentifier("1.2.840.113549.1.9.14")
        else { throw MalformedDER(.signatureAlgorithmParameters, at: 0) }
        let attributes =
            extensions.isEmpty
            ? []
            : DERWriter.sequence(
                DERWriter.objectIdentifier(request),
                DERWriter.set([CertificateTemplate.encode(extensions)])
            )
        let info = DERWriter.sequence(
            DERWriter.integer(0),
            subject.der,
            signer.publicKey.der,
            DERWriter.element(DERTag.constructed(0), attributes)
        )
        let signature = try signer.sign(info)
        return try CertificateSigningRequest(
            der: DERWriter.sequence(info, algorithm, DERWriter.bitString(signature))
        )
    }
}
