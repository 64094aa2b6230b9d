internal import JSONDocument

/// What a pre-provisioning hook is asked.
public struct PreProvisioningRequest: Hashable, Sendable {
    /// The certificate that the device came with; `nil` for JITP.
    public var claimCertificate: CertificateID?
    /// The certificate that is to be provisioned.
    public var certificate: CertificateID
    /// The same as PEM.
    public var certificatePEM: String
    /// The template.
    public var templateARN: String
    /// The client id of the connection.
    public var clientID: String
    /// What the device gave.
    public var parameters: [String: String]

    /// A question about one device.
    public init(
        claimCertificate: CertificateID?,
        certificate: CertificateID,
        certificatePEM: String,
        templateARN: String,
        clientID: String,
        parameters: [String: String]
    ) {
        self.claimCertificate = claimCertificate
        self.certificate = certificate
        self.certificatePEM = certificatePEM
        self.templateARN = templateARN
        self.clientID = clientID
        self.parameters = parameters
    }

    /// The question as JSON: `claimCertificateId`, `certificateId`, `certificatePem`, `templateArn`,
    /// `clientId`, `parameters`.
    public var payload: [UInt8] {
        var object = JSONObject()
        if let claimCertificate {
            object["claimCertificateId"] = .string(claimCertificate.rawValue)
        }
        object["certificateId"] = .string(certificate.rawValue)
        object["certificatePem"] = .string(certificatePEM)
        object["templateArn"] = .string(templateARN)
        object["clientId"] = .string(clientID)
        var values = JSONObject()
        for name in parameters.keys.sorted() { values[name] = parameters[name].map { .string($0) } }
        object["parameters"] = .object(values)
        return CompactJSON(.object(object)).bytes
    }
}

/// What a pre-provisioning hook says.
public enum PreProvisioningDecision: Hashable, Sendable {
    /// The device is provisioned, with parameters that take the place of its own.
    case allowed(overrides: [String: String])
    /// It is not: `ACCESS_DENIED`.
    case denied

    /// The longest answer that is read, in bytes.
    public static var maximumLength: Int { 65_536 }

    /// Reads an answer.
    ///
    /// Anything but an object whose `allowProvisioning` is `true`, and whose `parameterOverrides` (if
    /// any) are strings under names that are not the service's own, is a denial.
    public init(_ answer: Span<UInt8>) {
        self = Self.read(answer) ?? .denied
    }

    private static func read(_ answer: Span<UInt8>) -> PreProvisioningDecision? {
        let options = JSONReader.Options(maximumDepth: 16, maximumLength: maximumLength)
        guard let root = try? JSONValue(parsing: answer, options: options),
            root["allowProvisioning"]?.bool == true
        else { return nil }
        var overrides: [String: String] = [:]
        guard let member = root["parameterOverrides"], !member.isNull else {
            return .allowed(overrides: [:])
        }
        guard let object = member.object else { return nil }
        for item in object.members {
            guard let value = item.value.string,
                !item.name.hasPrefix(CertificateParameters.prefix)
            else { return nil }
            overrides[item.name] = value
        }
        return .allowed(overrides: overrides)
    }
}
