internal import JSONDocument

/// Reads the sections of a template.
struct TemplateParser {
    let kind: ProvisioningTemplate.Kind
    let limits: TemplateLimits
    private(set) var parameters: [TemplateParameter] = []
    private(set) var mappings: [String: [String: [String: String]]] = [:]
    private(set) var thing: ThingResource?
    private(set) var certificate: CertificateResource?
    private(set) var policies: [PolicyResource] = []
    private(set) var configuration: [ConfigurationEntry] = []
    private var functions: TemplateFunctions

    init(kind: ProvisioningTemplate.Kind, limits: TemplateLimits) {
        self.kind = kind
        self.limits = limits
        functions = TemplateFunctions(limits: limits, parameters: [:], mappings: [:])
    }

    mutating func parse(_ json: Span<UInt8>) throws(TemplateFault) {
        var characters = 0
        for i in json.indices where json[i] & 0xC0 != 0x80 {
            characters += 1
            if characters > limits.characters {
                throw TemplateFault(.tooLong(limit: limits.characters), at: i)
            }
        }
        let root: SourceValue
        do throws(JSONError) {
            var reader = JSONReader(options: .init(maximumDepth: limits.nesting))
            root = SourceValue(try reader.parse(json))
        } catch {
            throw TemplateFault(.json(error.violation), at: error.offset)
        }
        let sections = try root.members(
            only: ["Parameters", "Mappings", "Resources", "DeviceConfiguration"]
        )
        guard let resources = sections["Resources"] else {
            throw TemplateFault(.missingMember("Resources"), at: root.offset)
        }
        if let section = sections["Parameters"] { try readParameters(section) }
        if let section = sections["Mappings"] { try readMappings(section) }
        var indices: [String: Int] = [:]
        for (index, parameter) in parameters.enumerated() { indices[parameter.name] = index }
        functions = TemplateFunctions(limits: limits, parameters: indices, mappings: mappings)
        try readResources(resources)
        if let section = sections["DeviceConfiguration"] { try readConfiguration(section) }
        guard kind == .bulk || certificate != nil else {
            let needed = TemplateError.Violation.missingMember("AWS::IoT::Certificate")
            throw TemplateFault(needed, at: resources.offset)
        }
    }

    private mutating func readParameters(_ section: SourceValue) throws(TemplateFault) {
        for member in try section.members() {
            guard parameters.count < limits.parameters else {
                let tooMany = TemplateError.Violation.tooMany(
                    "Parameters",
                    limit: limits.parameters
                )
                throw TemplateFault(tooMany, at: member.offset)
            }
            let members = try member.value.members(only: ["Type", "Default"])
            guard let type = members["Type"] else {
                throw TemplateFault(.missingMember("Type"), at: member.value.offset)
            }
            guard try type.text() == "String" else {
                throw TemplateFault(.wrongKind(expected: "\"String\""), at: type.offset)
            }
            parameters.append(
                TemplateParameter(
                    name: member.name,
                    defaultValue: try members["Default"]?.text(),
                    offset: member.offset
                )
            )
        }
    }

    private mutating func readMappings(_ section: SourceValue) throws(TemplateFault) {
        for map in try section.members() {
            for key in try map.value.members() {
                for name in try key.value.members() {
                    mappings[map.name, default: [:]][key.name, default: [:]][name.name] =
                        try name.value.text()
                }
            }
        }
    }

    private mutating func readConfiguration(_ section: SourceValue) throws(TemplateFault) {
        for member in try section.members() {
            let value: ConfigurationEntry.Value
            switch member.value.content {
            case .bool(let bool): value = .fixed(.bool(bool))
            case .number(let number): value = .fixed(.number(number))
            default: value = .node(try functions.node(member.value))
            }
            configuration.append(ConfigurationEntry(name: member.name, value: value))
        }
    }

    private mutating func readResources(_ section: SourceValue) throws(TemplateFault) {
        let members = try section.members()
        guard !members.isEmpty else {
            throw TemplateFault(.missingMember("resource"), at: section.offset)
        }
        guard members.count <= limits.resources else {
            throw TemplateFault(.tooMany("Resources", limit: limits.resources), at: section.offset)
        }
        for member in members {
            let parts = try member.value.members(only: ["Type", "Properties", "OverrideSettings"])
            guard let type = parts["Type"] else {
                throw TemplateFault(.missingMember("Type"), at: member.value.offset)
            }
            guard let properties = parts["Properties"] else {
                throw TemplateFault(.missingMember("Properties"), at: member.value.offset)
            }
            let overrides = try readOverrides(parts["OverrideSettings"])
            switch try type.text() {
            case "AWS::IoT::Thing" where thing == nil:
                thing = try ThingResource(member.name, properties, overrides, functions)
            case "AWS::IoT::Certificate" where certificate == nil:
                certificate = try CertificateResource(
                    member.name,
                    properties,
                    overrides,
                    functions,
                    kind
                )
            case "AWS::IoT::Policy":
                policies.append(try PolicyResource(member.name, properties, overrides, functions))
            case let known where known == "AWS::IoT::Thing" || known == "AWS::IoT::Certificate":
                throw TemplateFault(.duplicateResource(type: known), at: type.offset)
            default:
                throw TemplateFault(.wrongKind(expected: "AWS::IoT type"), at: type.offset)
            }
        }
    }

    private func readOverrides(
        _ section: SourceValue?
    ) throws(TemplateFault) -> [TemplateOverride] {
        guard let section else { return [] }
        var overrides: [TemplateOverride] = []
        for member in try section.members() {
            guard let setting = OverrideSetting(rawValue: try member.value.text()) else {
                throw TemplateFault(.overrideNotAllowed(member.name), at: member.value.offset)
            }
            let override = TemplateOverride(
                property: member.name,
                setting: setting,
                offset: member.offset
            )
            overrides.append(override)
        }
        return overrides
    }
}
