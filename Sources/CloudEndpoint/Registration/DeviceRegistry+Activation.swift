#if Endpoint
public import DeviceRegistration
internal import Logging

extension DeviceRegistry {
    /// Does what a hook decided.
    func decide(_ decision: ActivationDecision, on id: CertificateID) async {
        switch decision {
        case .wait: return
        case .activate(let names, let thing, let documents):
            let refusal = await activate(id, policies: names, thing: thing, documents: documents)
            guard let refusal else { return }
            logger.error(
                "certificate not activated",
                metadata: ["certificate": "\(id)", "reason": "\(refusal)"]
            )
        case .revoke: await setStatus(.revoked, of: id)
        }
    }

    /// Makes a certificate that waits active, and attaches policies and a thing to it first.
    ///
    /// - Parameters:
    ///   - id: the certificate.
    ///   - names: policies that exist, or will.
    ///   - thing: a thing; one of this name is replaced.
    ///   - documents: policies that are made for it, and attached.
    /// - Returns: `nil` where it is active now, else why not: a revocation is never undone.
    @discardableResult
    public func activate(
        _ id: CertificateID,
        policies names: [String] = [],
        thing: AttachedThing? = nil,
        documents: [NamedPolicy] = []
    ) async -> AdmissionRefusal? {
        if let refusal = await attach(names, thing: thing, documents: documents, to: id) {
            return refusal
        }
        return await apply(.activate, to: id)
    }

    /// Attaches policies and a thing to a certificate, whatever its state.
    ///
    /// - Returns: `nil`, or why nothing was attached.
    public func attach(
        _ names: [String],
        thing: AttachedThing? = nil,
        documents: [NamedPolicy] = [],
        to id: CertificateID
    ) async -> AdmissionRefusal? {
        let names = names + documents.map(\.name)
        if let resources {
            var change = ResourceChange(policies: documents, policyNames: names)
            if let thing {
                change.thing = (
                    thing.name,
                    { existing in
                        ProvisionedThing(
                            name: thing.name,
                            typeName: thing.typeName,
                            attributes: thing.attributes,
                            groups: existing?.groups ?? []
                        )
                    }
                )
            }
            if names.isEmpty, thing == nil { return nil }
            do {
                try await resources.apply(change, to: id)
            } catch {
                return AdmissionRefusal(code: "store", description: "\(error)")
            }
        } else {
            for policy in documents { policies?.setPolicy(policy.name, policy.document) }
            for name in names { policies?.attach(name, to: id.rawValue) }
            if let thing { policies?.attach(thing, to: id.rawValue) }
        }
        return nil
    }

    /// Sets the status of a certificate; connections that use it end where it is no longer active.
    @discardableResult
    public func setStatus(
        _ status: CertificateStatus,
        of id: CertificateID
    ) async -> AdmissionRefusal? {
        await apply(.update(status), to: id)
    }

    private func apply(_ change: StatusChange, to id: CertificateID) async -> AdmissionRefusal? {
        do throws(Store.Failure) {
            switch try await registrar.apply(change, to: id, at: now()) {
            case .success(let transition):
                logger.notice(
                    "certificate status",
                    metadata: [
                        "certificate": "\(id)", "from": "\(transition.previous.rawValue)",
                        "to": "\(transition.record.status.rawValue)",
                    ]
                )
                changes.notify()
                return nil
            case .failure(let error):
                return AdmissionRefusal(code: "transition", description: "\(error)")
            }
        } catch {
            return AdmissionRefusal(code: "store", description: "\(error)")
        }
    }
}
#endif
