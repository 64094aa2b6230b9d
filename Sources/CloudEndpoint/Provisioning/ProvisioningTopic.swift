#if Endpoint
/// Topics of fleet provisioning.
///
/// Source: AWS IoT Core developer guide, "Device provisioning MQTT API".
public enum ProvisioningTopic: Hashable, Sendable {
    /// `$aws/certificates/create/json`
    case createKeysAndCertificate
    /// `$aws/certificates/create-from-csr/json`
    case createCertificateFromCSR
    /// `$aws/provisioning-templates/NAME/provision/json`
    case registerThing(template: String)

    /// What the topics of requests and answers begin with.
    static let prefixes = ["$aws/certificates/", "$aws/provisioning-templates/"]

    /// Whether a topic is one of provisioning: known or not, nobody but the endpoint reads it.
    static func isReserved(_ topic: Span<UInt8>) -> Bool {
        prefixes.contains { prefix in
            let bytes = prefix.utf8Span.span
            guard topic.count >= bytes.count else { return false }
            for index in bytes.indices where topic[index] != bytes[index] { return false }
            return true
        }
    }

    /// The request of a topic; `nil` for another topic, a name that no template has, or another format
    /// than JSON.
    public init?(_ topic: String) {
        let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        switch (levels.count, levels.first, levels.last) {
        case (4, "$aws", "json") where levels[1] == "certificates" && levels[2] == "create":
            self = .createKeysAndCertificate
        case (4, "$aws", "json")
        where levels[1] == "certificates" && levels[2] == "create-from-csr":
            self = .createCertificateFromCSR
        case (5, "$aws", "json")
        where levels[1] == "provisioning-templates" && levels[3] == "provision":
            let name = String(levels[2])
            guard TemplateFolder.isName(name) else { return nil }
            self = .registerThing(template: name)
        default: return nil
        }
    }

    /// The topic of the request; answers go to `/accepted` and `/rejected` below it.
    public var name: String {
        switch self {
        case .createKeysAndCertificate: "$aws/certificates/create/json"
        case .createCertificateFromCSR: "$aws/certificates/create-from-csr/json"
        case .registerThing(let template): "$aws/provisioning-templates/\(template)/provision/json"
        }
    }
}
#endif
