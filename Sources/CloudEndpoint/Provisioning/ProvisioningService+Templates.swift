#if Endpoint
internal import AccessPolicy
internal import DeviceRegistration
internal import IoTTime
internal import JSONDocument
internal import Logging
internal import X509Verification

// From a template to a thing, policies and an active certificate.
extension ProvisioningService {
    /// Provisions the device that holds a token.
    func registerThing(
        _ request: ProvisioningRequest,
        template name: String
    ) async throws -> JSONObject {
        let object = try Self.object(request.payload)
        guard let token = object["certificateOwnershipToken"]?.string else {
            throw ProvisioningRejection.invalid("certificateOwnershipToken is missing")
        }
        let parameters = try parameters(object["parameters"])
        guard let template = templates?.template(name, .fleet) else {
            throw ProvisioningRejection(404, "ResourceNotFound", "there is no such template")
        }
        let record = try await redeem(token, request)
        do {
            let values = try await overridden(parameters, by: name, record, request)
            let plan = try await provision(record, by: template, values, name: name)
            var reply = JSONObject()
            reply["deviceConfiguration"] = .object(plan.deviceConfiguration)
            if let thing = plan.thing { reply["thingName"] = .string(thing.name) }
            return reply
        } catch {
            // The token is used up: nobody can ask for this certificate again.
            if let latest = try? await registry.registrar.store.certificate(record.id),
                latest.status == .pendingActivation
            {
                _ = try? await registry.registrar.store.remove(latest)
            }
            throw error
        }
    }

    private func parameters(
        _ value: JSONValue?
    ) throws(ProvisioningRejection) -> [String: String] {
        guard let value, !value.isNull else { return [:] }
        guard let members = value.object?.members, members.count <= limits.parameters else {
            throw .invalid("parameters are at most \(limits.parameters) strings by name")
        }
        var result: [String: String] = [:]
        for member in members {
            guard let text = member.value.string else {
                throw .invalid("parameters are at most \(limits.parameters) strings by name")
            }
            result[member.name] = text
        }
        return result
    }

    private func redeem(
        _ token: String,
        _ request: ProvisioningRequest
    ) async throws -> CertificateRecord {
        let result = try await registry.registrar.redeem(
            token,
            .ownership,
            connection: request.connection,
            at: registry.now()
        )
        guard case .success(let id) = result,
            let record = try await registry.registrar.store.certificate(id),
            record.status == .pendingActivation
        else {
            // Which of them it was is nobody's business but the operator's.
            if case .failure(let error) = result {
                logger.notice("ownership token refused", metadata: ["reason": "\(error)"])
            }
            throw ProvisioningRejection(
                400,
                "InvalidCertificateOwnershipToken",
                "the token is unknown, used, expired, or of another connection"
            )
        }
        return record
    }

    /// Asks the hook.
    private func overridden(
        _ parameters: [String: String],
        by template: String,
        _ record: CertificateRecord,
        _ request: ProvisioningRequest
    ) async throws -> [String: String] {
        guard let hook else { return parameters }
        let question = PreProvisioningRequest(
            claimCertificate: request.claim,
            certificate: record.id,
            certificatePEM: record.certificate.pem,
            templateARN: "arn:aws:iot:local:\(account):provisioningtemplate/\(template)",
            clientID: request.clientID,
            parameters: parameters
        )
        switch await hook(question) {
        case .allowed(let overrides): return parameters.merging(overrides) { _, new in new }
        case .denied:
            throw ProvisioningRejection(403, "AccessDenied", "the pre-provisioning hook denied it")
        }
    }

    /// Provisions a device that a CA registered, by what the CA says.
    func provision(_ device: PendingDevice) async {
        var template: ProvisioningTemplate?
        var name = "of the CA"
        do {
            switch device.event.configuration {
            case .template(let body): template = try ProvisioningTemplate(body, kind: .jitp)
            case .named(let text):
                name = text
                template = templates?.template(text, .jitp)
            case nil: return
            }
            guard let template else {
                throw ProvisioningRejection(404, "ResourceNotFound", "there is no such template")
            }
            _ = try await provision(device.record, by: template, [:], name: name)
        } catch {
            logger.error(
                "device not provisioned",
                metadata: [
                    "certificate": "\(device.record.id)", "template": "\(name)",
                    "reason": "\(error)",
                ]
            )
        }
    }

    /// Carries out a template for one certificate: what it attaches first, then the state.
    private func provision(
        _ record: CertificateRecord,
        by template: ProvisioningTemplate,
        _ parameters: [String: String],
        name: String
    ) async throws -> ProvisioningPlan {
        let crypto = registry.registrar.crypto
        let facts = CertificateFacts(record.certificate, crypto: crypto)
        let plan: ProvisioningPlan
        do throws(TemplateError) {
            plan = try template.evaluate(
                parameters,
                certificate: CertificateParameters(facts),
                crypto: crypto
            )
        } catch {
            throw ProvisioningRejection(400, "InvalidParameters", "template \(name): \(error)")
        }
        var change = ResourceChange(event: "provisioned", rule: name)
        for policy in plan.policies { try add(policy, to: &change) }
        if let thing = plan.thing {
            change.thing = (
                thing.name,
                { existing in
                    let resolved =
                        try existing.map { existing in
                            try thing.resolved(
                                attributes: existing.attributes,
                                typeName: existing.typeName,
                                groups: existing.groups
                            )
                        } ?? thing
                    return ProvisionedThing(
                        name: resolved.name,
                        typeName: resolved.typeName,
                        attributes: resolved.attributes,
                        groups: resolved.groups
                    )
                }
            )
        }
        do {
            try await resources.apply(change, to: record.id)
            try await setStatus(of: record, plan)
        } catch let conflict as ResourceConflict {
            throw ProvisioningRejection(
                409,
                "ResourceConflict",
                "\(conflict.property) differs from what the thing or certificate has"
            )
        }
        logger.notice(
            "device provisioned",
            metadata: ["certificate": "\(record.id)", "template": "\(name)"]
        )
        return plan
    }

    private func add(_ policy: PolicyPlan, to change: inout ResourceChange) throws {
        switch policy.source {
        case .existing:
            guard registry.policies?.hasPolicy(policy.name) == true else {
                throw ProvisioningRejection(
                    400,
                    "ResourceRegistrationFailure",
                    "there is no policy \(policy.logicalName) of the template"
                )
            }
        case .document(let value):
            do throws(MalformedPolicy) {
                let text = CompactJSON(value).bytes
                change.policies.append(try NamedPolicy(name: policy.name, text: text))
            } catch {
                throw ProvisioningRejection(
                    400,
                    "ResourceRegistrationFailure",
                    "policy \(policy.logicalName) of the template: \(error)"
                )
            }
        }
        change.policyNames.append(policy.name)
    }

    private func setStatus(of record: CertificateRecord, _ plan: ProvisioningPlan) async throws {
        guard let certificate = plan.certificate else { return }
        let status = try certificate.resolved(record.status)
        let refusal =
            status == .active && record.status == .pendingActivation
            ? await registry.activate(record.id)
            : await registry.setStatus(status, of: record.id)
        if let refusal {
            throw ProvisioningRejection(409, "CertificateState", refusal.description)
        }
    }
}
#endif
