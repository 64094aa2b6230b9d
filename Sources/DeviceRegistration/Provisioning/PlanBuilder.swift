internal import JSONDocument
internal import X509Verification

/// Makes a plan of a template and the values of its parameters.
struct PlanBuilder {
    var evaluator: TemplateEvaluator
    let limits: TemplateLimits

    mutating func plan(
        of template: ProvisioningTemplate,
        for id: CertificateID?,
        crypto: some CryptoProvider
    ) throws(TemplateFault) -> ProvisioningPlan {
        guard template.kind == .bulk || id != nil else {
            throw TemplateFault(.certificateMissing, at: 0)
        }
        var thing: ThingPlan?
        if let resource = template.thing { thing = try plan(resource) }
        var certificate: CertificatePlan?
        if let resource = template.certificate {
            certificate = try plan(resource, template.kind == .bulk ? nil : id)
        }
        var policies: [PolicyPlan] = []
        for policy in template.policies { policies.append(try plan(policy, crypto)) }
        var configuration = JSONObject()
        for entry in template.configuration {
            switch entry.value {
            case .fixed(let value): configuration[entry.name] = value
            case .node(let node):
                configuration[entry.name] = .string(try evaluator.text(node).plain)
            }
        }
        return ProvisioningPlan(
            thing: thing,
            certificate: certificate,
            policies: policies,
            deviceConfiguration: configuration
        )
    }

    private mutating func plan(_ resource: ThingResource) throws(TemplateFault) -> ThingPlan {
        var attributes: [String: String] = [:]
        for attribute in resource.attributes {
            attributes[attribute.name] = try name(
                attribute.value,
                "AttributePayload",
                .attributeValue
            )
        }
        var groups: [String] = []
        for group in resource.groups { groups.append(try name(group, "ThingGroups", .thing)) }
        return ThingPlan(
            logicalName: resource.logicalName,
            name: try name(resource.name, "ThingName", .thing),
            attributes: attributes,
            typeName: try optionalName(resource.typeName, "ThingTypeName"),
            groups: groups,
            billingGroup: try optionalName(resource.billingGroup, "BillingGroup"),
            attributeOverride: resource.overrides["AttributePayload"] ?? .doNothing,
            typeOverride: resource.overrides["ThingTypeName"] ?? .doNothing,
            groupOverride: resource.overrides["ThingGroups"] ?? .doNothing
        )
    }

    private mutating func optionalName(
        _ node: TemplateNode?,
        _ property: String
    ) throws(TemplateFault) -> String? {
        guard let node else { return nil }
        return try name(node, property, .thing)
    }

    private mutating func name(
        _ node: TemplateNode,
        _ property: String,
        _ rule: NameRule
    ) throws(TemplateFault) -> String {
        let text = try evaluator.text(node)
        // Attributes are no patterns, and their own rule allows `#`.
        if rule == .attributeValue ? text.hasControl : text.hasHazard {
            throw TemplateFault(.forbiddenCharacter(in: property), at: node.offset)
        }
        let plain = text.plain
        guard rule.accepts(plain) else {
            throw TemplateFault(.invalidName(property), at: node.offset)
        }
        return plain
    }

    private mutating func plan(
        _ resource: CertificateResource,
        _ id: CertificateID?
    ) throws(TemplateFault) -> CertificatePlan {
        let source: CertificatePlan.Source
        switch resource.source {
        case .signingRequest(let node):
            source = .signingRequest(try evaluator.text(node).plain)
        case .pem(let node, let authority):
            var authorityText: String?
            if let authority { authorityText = try evaluator.text(authority).plain }
            source = .pem(try evaluator.text(node).plain, authority: authorityText)
        case .id(let node):
            guard let named = CertificateID(try evaluator.text(node).plain) else {
                throw TemplateFault(.invalidName("CertificateId"), at: node.offset)
            }
            // A device must not have another device's certificate activated and attached.
            if let id, id != named { throw TemplateFault(.otherCertificate, at: node.offset) }
            source = .id(named)
        }
        return CertificatePlan(
            logicalName: resource.logicalName,
            source: source,
            status: try status(resource.status),
            statusOverride: resource.overrides["Status"] ?? .doNothing
        )
    }

    /// The guide writes `Active` as well.
    private mutating func status(
        _ node: TemplateNode?
    ) throws(TemplateFault) -> CertificateStatus {
        guard let node else { return .active }
        switch try evaluator.text(node).plain.uppercased() {
        case "ACTIVE": return .active
        case "INACTIVE": return .inactive
        default: throw TemplateFault(.invalidStatus, at: node.offset)
        }
    }

    private mutating func plan(
        _ resource: PolicyResource,
        _ crypto: some CryptoProvider
    ) throws(TemplateFault) -> PolicyPlan {
        var renderer = PolicyRenderer(evaluator: evaluator, limits: limits)
        defer { evaluator = renderer.evaluator }
        let document: JSONValue
        switch resource.source {
        case .name(let node):
            let name = try name(node, "PolicyName", .policy)
            renderer.evaluator = evaluator
            return PolicyPlan(logicalName: resource.logicalName, name: name, source: .existing)
        case .text(let node): document = try renderer.render(text: node)
        case .tree(let tree): document = try renderer.render(tree)
        }
        guard case .object = document else {
            throw TemplateFault(.wrongKind(expected: "object"), at: resource.offset)
        }
        let bytes = CompactJSON(document).bytes
        return PolicyPlan(
            logicalName: resource.logicalName,
            name: Hexadecimal.encode(crypto.sha256(bytes.span)),
            source: .document(document)
        )
    }
}
