internal import JSONDocument

/// A declared parameter.
struct TemplateParameter: Sendable {
    let name: String
    let defaultValue: String?
    let offset: Int
}

/// A member of DeviceConfiguration.
struct ConfigurationEntry: Sendable {
    enum Value: Sendable {
        case fixed(JSONValue)
        case node(TemplateNode)
    }

    let name: String
    let value: Value
}

/// A member of OverrideSettings.
struct TemplateOverride {
    let property: String
    let setting: OverrideSetting
    let offset: Int
}

extension [TemplateOverride] {
    /// The settings by property, given those that have settings and whether MERGE is one of them.
    func settings(
        _ allowed: [String: Bool]
    ) throws(TemplateFault) -> [String: OverrideSetting] {
        var settings: [String: OverrideSetting] = [:]
        for item in self {
            guard let allowsMerge = allowed[item.property], allowsMerge || item.setting != .merge
            else { throw TemplateFault(.overrideNotAllowed(item.property), at: item.offset) }
            settings[item.property] = item.setting
        }
        return settings
    }
}

/// A resource of type `AWS::IoT::Thing`.
struct ThingResource: Sendable {
    let logicalName: String
    let name: TemplateNode
    let attributes: [(name: String, value: TemplateNode)]
    let typeName: TemplateNode?
    let groups: [TemplateNode]
    let billingGroup: TemplateNode?
    let overrides: [String: OverrideSetting]

    init(
        _ logicalName: String,
        _ properties: SourceValue,
        _ overrides: [TemplateOverride],
        _ functions: TemplateFunctions
    ) throws(TemplateFault) {
        let members = try properties.members(
            only: ["ThingName", "AttributePayload", "ThingTypeName", "ThingGroups", "BillingGroup"]
        )
        guard let name = members["ThingName"] else {
            throw TemplateFault(.missingMember("ThingName"), at: properties.offset)
        }
        self.logicalName = logicalName
        self.name = try functions.node(name)
        var attributes: [(name: String, value: TemplateNode)] = []
        for member in try members["AttributePayload"]?.members() ?? [] {
            guard NameRule.attributeName.accepts(member.name) else {
                throw TemplateFault(.invalidName("AttributePayload"), at: member.offset)
            }
            attributes.append((member.name, try functions.node(member.value)))
        }
        self.attributes = attributes
        typeName = try members["ThingTypeName"].map { value throws(TemplateFault) in
            try functions.node(value)
        }
        var groups: [TemplateNode] = []
        for group in try members["ThingGroups"]?.elements() ?? [] {
            groups.append(try functions.node(group))
        }
        self.groups = groups
        billingGroup = try members["BillingGroup"].map { value throws(TemplateFault) in
            try functions.node(value)
        }
        self.overrides = try overrides.settings([
            "AttributePayload": true, "ThingTypeName": false, "ThingGroups": true,
        ])
    }
}

/// A resource of type `AWS::IoT::Certificate`.
struct CertificateResource: Sendable {
    enum Source: Sendable {
        case signingRequest(TemplateNode)
        case id(TemplateNode)
        case pem(TemplateNode, authority: TemplateNode?)
    }

    let logicalName: String
    let source: Source
    let status: TemplateNode?
    let overrides: [String: OverrideSetting]

    init(
        _ logicalName: String,
        _ properties: SourceValue,
        _ overrides: [TemplateOverride],
        _ functions: TemplateFunctions,
        _ kind: ProvisioningTemplate.Kind
    ) throws(TemplateFault) {
        let sources = ["CertificateSigningRequest", "CertificateId", "CertificatePem"]
        let members = try properties.members(only: Set(sources + ["CACertificatePem", "Status"]))
        let given = sources.filter { members[$0] != nil }
        guard given.count == 1, let value = members[given[0]],
            given[0] == "CertificatePem" || members["CACertificatePem"] == nil
        else { throw TemplateFault(.exactlyOne(of: sources), at: properties.offset) }
        guard kind == .bulk || given[0] == "CertificateId" else {
            throw TemplateFault(.unknownMember(given[0]), at: value.offset)
        }
        self.logicalName = logicalName
        let node = try functions.node(value)
        switch given[0] {
        case "CertificateSigningRequest": source = .signingRequest(node)
        case "CertificateId": source = .id(node)
        default:
            var authority: TemplateNode?
            if let value = members["CACertificatePem"] { authority = try functions.node(value) }
            source = .pem(node, authority: authority)
        }
        if let value = members["Status"] {
            status = try functions.node(value)
        } else {
            status = nil
        }
        self.overrides = try overrides.settings(["Status": false])
    }
}

/// A resource of type `AWS::IoT::Policy`.
struct PolicyResource: Sendable {
    enum Source: Sendable {
        case name(TemplateNode)
        case text(TemplateNode)
        case tree(PolicyTree)
    }

    let logicalName: String
    let source: Source
    let offset: Int

    init(
        _ logicalName: String,
        _ properties: SourceValue,
        _ overrides: [TemplateOverride],
        _ functions: TemplateFunctions
    ) throws(TemplateFault) {
        let names = ["PolicyName", "PolicyDocument"]
        let members = try properties.members(only: Set(names))
        guard members.count == 1 else {
            throw TemplateFault(.exactlyOne(of: names), at: properties.offset)
        }
        _ = try overrides.settings([:])
        self.logicalName = logicalName
        if let value = members["PolicyName"] {
            source = .name(try functions.node(value))
            offset = value.offset
            return
        }
        guard let value = members["PolicyDocument"] else {
            throw TemplateFault(.exactlyOne(of: names), at: properties.offset)
        }
        offset = value.offset
        if case .object = value.content, TemplateFunctions.function(value) == nil {
            source = .tree(try PolicyTree(value, functions))
        } else {
            source = .text(try functions.node(value))
        }
    }
}

/// The characters and lengths of names.
enum NameRule {
    /// Things, their types, groups and billing groups: `[a-zA-Z0-9:_-]{1,128}`
    case thing
    /// Policies: `[\w+=,.@-]{1,128}`
    case policy
    /// `[a-zA-Z0-9_.,@/:#-]{1,128}`
    case attributeName
    /// `[a-zA-Z0-9_.,@/:#=\[\]-]{0,800}`
    case attributeValue

    func accepts(_ text: String) -> Bool {
        let bytes = text.utf8
        let lengths = self == .attributeValue ? 0...800 : 1...128
        guard lengths.contains(bytes.count) else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
            case UInt8(ascii: ":"): self != .policy
            case UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: "@"): self != .thing
            case UInt8(ascii: "/"), UInt8(ascii: "#"): isAttribute
            case UInt8(ascii: "="): self == .policy || self == .attributeValue
            case UInt8(ascii: "+"): self == .policy
            case UInt8(ascii: "["), UInt8(ascii: "]"): self == .attributeValue
            default: false
            }
        }
    }

    private var isAttribute: Bool { self == .attributeName || self == .attributeValue }
}
