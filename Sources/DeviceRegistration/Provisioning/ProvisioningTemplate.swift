internal import JSONDocument
public import X509Verification

/// A provisioning template: what to make for a device, with places for its parameters.
///
/// Source: the service's guide, "Provisioning templates". A value that exists was checked: members,
/// functions, references and mappings are those of the grammar, so that what can fail later depends on
/// parameters alone.
public struct ProvisioningTemplate: Sendable {
    /// What a template is for.
    public enum Kind: String, Hashable, Sendable {
        /// One thing by hand, or many from a file.
        case bulk = "BULK"
        /// Devices that a CA registers by their first connection.
        case jitp = "JITP"
        /// Devices that come with a claim certificate.
        case fleet = "FLEET_PROVISIONING"
    }

    /// What it is for.
    public let kind: Kind
    /// How large it and what it makes may be.
    public let limits: TemplateLimits
    /// The text it was read from.
    public let source: [UInt8]
    let parameters: [TemplateParameter]
    let mappings: [String: [String: [String: String]]]
    let thing: ThingResource?
    let certificate: CertificateResource?
    let policies: [PolicyResource]
    let configuration: [ConfigurationEntry]

    /// Reads a template.
    ///
    /// - Parameters:
    ///   - json: the text in UTF-8.
    ///   - kind: what it is for; templates for JITP and fleets must have a certificate by its id.
    ///   - limits: how large it may be.
    /// - Throws: ``TemplateError`` at the first member that breaks a rule.
    /// - Complexity: O(*n*) in the bytes.
    public init(
        _ json: Span<UInt8>,
        kind: Kind,
        limits: TemplateLimits = .default
    ) throws(TemplateError) {
        var parser = TemplateParser(kind: kind, limits: limits)
        do throws(TemplateFault) {
            try parser.parse(json)
            // What depends on no parameter can be tried now.
            for policy in parser.policies {
                guard case .text(let node) = policy.source, node.literal != nil else { continue }
                let evaluator = TemplateEvaluator(values: [], mappings: [:], limits: limits)
                var renderer = PolicyRenderer(evaluator: evaluator, limits: limits)
                _ = try renderer.render(text: node)
            }
        } catch {
            throw TemplateError(error, in: json)
        }
        self.kind = kind
        self.limits = limits
        source = [UInt8](capacity: json.count) { output in
            for i in json.indices { output.append(json[i]) }
        }
        parameters = parser.parameters
        mappings = parser.mappings
        thing = parser.thing
        certificate = parser.certificate
        policies = parser.policies
        configuration = parser.configuration
    }

    /// Reads a template given as text.
    ///
    /// - Throws: ``TemplateError`` at the first member that breaks a rule.
    public init(
        _ json: String,
        kind: Kind,
        limits: TemplateLimits = .default
    ) throws(TemplateError) {
        let bytes = Array(json.utf8)
        try self.init(bytes.span, kind: kind, limits: limits)
    }

    /// The names of the declared parameters, in order.
    public var parameterNames: [String] { parameters.map(\.name) }

    /// Puts the parameters of one device into the template.
    ///
    /// - Parameters:
    ///   - values: parameters by name, from the device or from a hook; those that are not declared are
    ///     ignored, and names that begin with `AWS::` are refused.
    ///   - certificate: the certificate that is to be provisioned; its parameters cannot be overridden.
    ///   - crypto: for the names of policies that have none.
    /// - Returns: what to make. Values are inside of names and of the trees of policies, where they were
    ///   checked; they never were text of JSON.
    /// - Throws: ``TemplateError`` at the member that cannot be evaluated.
    /// - Complexity: bounded by ``TemplateLimits/evaluationBytes``.
    public func evaluate(
        _ values: [String: String],
        certificate: CertificateParameters? = nil,
        crypto: some CryptoProvider
    ) throws(TemplateError) -> ProvisioningPlan {
        do throws(TemplateFault) {
            let evaluator = TemplateEvaluator(
                values: try self.values(values, certificate),
                mappings: mappings,
                limits: limits
            )
            var builder = PlanBuilder(evaluator: evaluator, limits: limits)
            return try builder.plan(of: self, for: certificate?.id, crypto: crypto)
        } catch {
            throw TemplateError(error, in: source.span)
        }
    }

    /// The values of the declared parameters.
    private func values(
        _ given: [String: String],
        _ certificate: CertificateParameters?
    ) throws(TemplateFault) -> [String] {
        for name in given.keys where name.hasPrefix(CertificateParameters.prefix) {
            throw TemplateFault(.reservedParameter(name), at: 0)
        }
        var list: [String] = []
        for parameter in parameters {
            let value =
                certificate?.values[parameter.name] ?? given[parameter.name]
                ?? parameter.defaultValue
            guard let value else {
                throw TemplateFault(.parameterMissing(parameter.name), at: parameter.offset)
            }
            guard value.utf8.count <= limits.valueBytes else {
                let violation = TemplateError.Violation.valueTooLong(
                    parameter: parameter.name,
                    limit: limits.valueBytes
                )
                throw TemplateFault(violation, at: parameter.offset)
            }
            list.append(value)
        }
        return list
    }
}
