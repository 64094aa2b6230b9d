public import JSONDocument

/// What a template makes for one device: to be carried out by whoever has the registries.
public struct ProvisioningPlan: Hashable, Sendable {
    /// The thing; `nil` where the template has none.
    public let thing: ThingPlan?
    /// The certificate; `nil` where the template has none.
    public let certificate: CertificatePlan?
    /// The policies in the order of the template; each is attached to the certificate.
    public let policies: [PolicyPlan]
    /// What the reply to the device says; empty where the template says nothing.
    public let deviceConfiguration: JSONObject
}

/// A thing to be made, and to have the certificate.
public struct ThingPlan: Hashable, Sendable {
    /// What the template calls it.
    public let logicalName: String
    /// Its name: `[a-zA-Z0-9:_-]{1,128}`.
    public let name: String
    /// Attributes by name.
    public var attributes: [String: String]
    /// Its type.
    public var typeName: String?
    /// Its groups.
    public var groups: [String]
    /// Its billing group.
    public let billingGroup: String?
    /// What happens to attributes of a thing that exists.
    public let attributeOverride: OverrideSetting
    /// What happens to the type of a thing that exists.
    public let typeOverride: OverrideSetting
    /// What happens to the groups of a thing that exists.
    public let groupOverride: OverrideSetting

    /// What the thing shall have, given what it has.
    ///
    /// - Parameters:
    ///   - attributes: its attributes.
    ///   - typeName: its type.
    ///   - groups: its groups.
    /// - Returns: the plan with what it shall have afterwards.
    /// - Throws: ``ResourceConflict`` where a property differs and must not.
    public func resolved(
        attributes: [String: String],
        typeName: String?,
        groups: [String]
    ) throws(ResourceConflict) -> ThingPlan {
        var plan = self
        switch attributeOverride {
        case .doNothing: plan.attributes = attributes
        case .replace: break
        case .merge: plan.attributes = attributes.merging(self.attributes) { _, new in new }
        case .fail:
            if attributes != self.attributes {
                throw ResourceConflict(property: "AttributePayload")
            }
        }
        switch typeOverride {
        case .doNothing, .merge: plan.typeName = typeName
        case .replace: break
        case .fail:
            if typeName != self.typeName { throw ResourceConflict(property: "ThingTypeName") }
        }
        switch groupOverride {
        case .doNothing: plan.groups = groups
        case .replace: break
        case .merge: plan.groups = self.groups + groups.filter { !self.groups.contains($0) }
        case .fail:
            if Set(groups) != Set(self.groups) { throw ResourceConflict(property: "ThingGroups") }
        }
        return plan
    }
}

/// A certificate to be made or taken, and to be set to a state.
public struct CertificatePlan: Hashable, Sendable {
    /// Where it comes from.
    public enum Source: Hashable, Sendable {
        /// It is issued for a request. PEM
        case signingRequest(String)
        /// It is registered.
        case id(CertificateID)
        /// It is to be registered, with its CA or without. PEM
        case pem(String, authority: String?)
    }

    /// What the template calls it.
    public let logicalName: String
    /// Where it comes from.
    public let source: Source
    /// ACTIVE or INACTIVE.
    public let status: CertificateStatus
    /// What happens to the state of a certificate that has one already.
    public let statusOverride: OverrideSetting

    /// The state that a certificate shall have, given the one it has.
    ///
    /// - Returns: the new state: always ``status`` for a certificate in PENDING_ACTIVATION.
    /// - Throws: ``ResourceConflict`` where it differs and must not.
    public func resolved(
        _ current: CertificateStatus
    ) throws(ResourceConflict) -> CertificateStatus {
        guard current != .pendingActivation, current != status else { return status }
        switch statusOverride {
        case .replace: return status
        case .doNothing, .merge: return current
        case .fail: throw ResourceConflict(property: "Status")
        }
    }
}

/// A policy to be attached.
public struct PolicyPlan: Hashable, Sendable {
    /// Where it comes from.
    public enum Source: Hashable, Sendable {
        /// It exists.
        case existing
        /// It is made if it does not exist: a tree with every value in its place, to be written as
        /// JSON and read by the policy's own reader.
        case document(JSONValue)
    }

    /// What the template calls it.
    public let logicalName: String
    /// Its name; that of a document is the hexadecimal SHA-256 of its text.
    public let name: String
    /// Where it comes from.
    public let source: Source
}
