import IoTTime
import X509Verification
import X509VerificationOpenSSL

/// Certificates made for one test.
struct TestPKI {
    static let now = WallClock(seconds: 1_780_272_000)

    /// A CA or device with its key.
    struct Party {
        var certificate: Certificate
        var key: OpenSSLPrivateKey

        var anchor: TrustAnchor { TrustAnchor(certificate) }
    }

    static func name(_ commonName: String) -> DistinguishedName {
        DistinguishedName([(.organization, "Example"), (.commonName, commonName)])
    }

    private static func identifier(_ key: OpenSSLPrivateKey) -> [UInt8] {
        key.publicKey.identifier(crypto: OpenSSLCrypto())
    }

    static func authority(
        _ commonName: String = "Root",
        by issuer: Party? = nil,
        key: OpenSSLPrivateKey? = nil,
        serial: [UInt8] = [1],
        pathLength: Int? = nil,
        from: Int64 = -3600,
        until: Int64 = 3600,
        usage: KeyUsage? = [.keyCertSign, .crlSign],
        more: [CertificateTemplate.Extension] = []
    ) throws -> Party {
        let key = try key ?? .generate(.ec(.p256))
        var template = CertificateTemplate(
            serialNumber: serial,
            issuer: issuer?.certificate.subject ?? name(commonName),
            subject: name(commonName),
            notBefore: now.adding(seconds: from),
            notAfter: now.adding(seconds: until),
            publicKey: key.publicKey
        )
        template.extensions =
            [.basicConstraints(isCA: true, pathLength: pathLength)]
            + (usage.map { [.keyUsage($0)] } ?? [])
            + [
                .subjectKeyIdentifier(identifier(key)),
                .authorityKeyIdentifier(identifier(issuer?.key ?? key)),
            ] + more
        return Party(certificate: try template.sign(with: issuer?.key ?? key), key: key)
    }

    static func device(
        by issuer: Party,
        _ commonName: String = "device-1",
        serial: [UInt8] = [0x42],
        from: Int64 = -3600,
        until: Int64 = 3600,
        extensions: [CertificateTemplate.Extension] = [
            .keyUsage(.digitalSignature), .extendedKeyUsage(.clientAuth),
        ]
    ) throws -> Party {
        let key = try OpenSSLPrivateKey.generate(.ec(.p256))
        var template = CertificateTemplate(
            serialNumber: serial,
            issuer: issuer.certificate.subject,
            subject: name(commonName),
            notBefore: now.adding(seconds: from),
            notAfter: now.adding(seconds: until),
            publicKey: key.publicKey
        )
        template.extensions = extensions
        return Party(certificate: try template.sign(with: issuer.key), key: key)
    }

    static func validate(
        _ leaf: Party,
        _ intermediates: [Party] = [],
        anchors: [Party],
        profile: Profile = .iotClient,
        budget: WorkBudget = .default,
        crls: [CertificateRevocationList] = [],
        names: [ExpectedName] = [],
        at time: WallClock = now
    ) -> Outcome {
        PathValidator(
            anchors: anchors.map(\.anchor),
            profile: profile,
            crypto: OpenSSLCrypto(),
            budget: budget
        ).validate(
            leaf.certificate,
            intermediates: intermediates.map(\.certificate),
            crls: CRLSet(crls),
            names: names,
            at: time
        )
    }
}

extension Outcome {
    /// The code of the refusal; `ok` for an accepted path.
    var code: String {
        switch result {
        case .success: "ok"
        case .failure(let error): error.code
        }
    }
}
