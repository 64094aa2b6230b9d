public import X509Verification

/// The parameters that a certificate gives to a template.
public struct CertificateParameters: Hashable, Sendable {
    /// The certificate.
    public let id: CertificateID
    /// `AWS::IoT::Certificate::Country` and so on; names that the subject does not have are absent.
    ///
    /// Of an attribute that is there several times the first counts.
    public let values: [String: String]

    /// What every name of the service's own begins with.
    static let prefix = "AWS::"

    /// The parameters of a certificate; `nil` where the facts have no id, which those of a certificate
    /// always have.
    public init?(_ facts: CertificateFacts) {
        guard let id = CertificateID(facts.id) else { return nil }
        let names: [(String, ObjectIdentifier)] = [
            ("Country", .country), ("Organization", .organization),
            ("OrganizationalUnit", .organizationalUnit),
            ("DistinguishedNameQualifier", .distinguishedNameQualifier),
            ("StateName", .stateOrProvince), ("CommonName", .commonName),
            ("SerialNumber", .subjectSerialNumber),
        ]
        var values = ["AWS::IoT::Certificate::Id": facts.id]
        for (name, type) in names {
            if let value = facts.subjectValues(type).first {
                values["AWS::IoT::Certificate::" + name] = value
            }
        }
        self.id = id
        self.values = values
    }
}
