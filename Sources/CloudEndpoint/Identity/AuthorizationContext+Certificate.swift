#if Endpoint
internal import AccessPolicy
internal import X509Verification

extension AuthorizationContext {
    /// Sets every `iot:Certificate…` key that the certificate has values for.
    ///
    /// Source: AWS IoT Core developer guide, "X.509 Certificate policy variables".
    mutating func setCertificate(_ facts: CertificateFacts) {
        set(.certificateID, to: facts.id)
        set(ContextKey("iot:Certificate.SerialNumber"), to: facts.serialNumber)
        for (name, type) in Self.nameAttributes {
            set(ContextKey("iot:Certificate.Subject.\(name)"), to: facts.subjectValues(type))
            set(ContextKey("iot:Certificate.Issuer.\(name)"), to: facts.issuerValues(type))
        }
        var alternatives: [String: [String]] = [:]
        for name in facts.alternativeNames {
            guard let (kind, value) = Self.alternative(name) else { continue }
            alternatives[kind, default: []].append(value)
        }
        for (kind, values) in alternatives {
            set(ContextKey("iot:Certificate.Subject.AlternativeName.\(kind)"), to: values)
        }
    }

    private static let nameAttributes: [(String, ObjectIdentifier)] = [
        ("DistinguishedNameQualifier", .distinguishedNameQualifier),
        ("Country", .country),
        ("Organization", .organization),
        ("OrganizationalUnit", .organizationalUnit),
        ("State", .stateOrProvince),
        ("CommonName", .commonName),
        ("SerialNumber", .subjectSerialNumber),
        ("Title", .title),
        ("Surname", .surname),
        ("GivenName", .givenName),
        ("Initials", .initials),
        ("Pseudonym", .pseudonym),
        ("GenerationQualifier", .generationQualifier),
    ]

    private static func alternative(_ name: GeneralName) -> (String, String)? {
        switch name {
        case .rfc822(let text): ("RFC822Name", text)
        case .dns(let text): ("DNSName", text)
        case .directory(let name): ("DirectoryName", name.description)
        case .uri(let text): ("UniformResourceIdentifier", text)
        case .ip: ("IPAddress", String(name.description.dropFirst("IP:".count)))
        case .other, .x400, .ediParty, .registeredID: nil
        }
    }
}
#endif
