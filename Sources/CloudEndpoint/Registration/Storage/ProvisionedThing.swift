#if Endpoint
public import AccessPolicy
internal import JSONDocument

/// A thing that provisioning made.
public struct ProvisionedThing: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Its type.
    public var typeName: String?
    /// Attributes by name.
    public var attributes: [String: String]
    /// Names of its groups.
    public var groups: [String]

    /// A thing.
    public init(
        name: String,
        typeName: String? = nil,
        attributes: [String: String] = [:],
        groups: [String] = []
    ) {
        self.name = name
        self.typeName = typeName
        self.attributes = attributes
        self.groups = groups
    }

    /// As policy variables see it.
    var attached: AttachedThing {
        AttachedThing(name: name, typeName: typeName, attributes: attributes)
    }

    /// Everything but the name, as it is stored.
    var contents: [UInt8] {
        var object = JSONObject()
        object["type"] = typeName.map { .string($0) }
        object["attributes"] = .object(
            JSONObject(
                attributes.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
            )
        )
        object["groups"] = .array(groups.map { .string($0) })
        return CompactJSON(.object(object)).bytes
    }

    /// What was stored under a name; `nil` for bytes that are none.
    init?(name: String, contents: [UInt8]) {
        guard let value = try? JSONValue(parsing: contents.span),
            let members = value["attributes"]?.object, let groups = value["groups"]?.strings
        else { return nil }
        self.init(name: name, typeName: value["type"]?.string, groups: groups)
        for member in members {
            guard let text = member.value.string else { return nil }
            attributes[member.name] = text
        }
    }
}

/// What is attached to a certificate, by name.
struct ProvisionedAttachment: Hashable, Sendable {
    var policies: [String] = []
    var things: [String] = []

    /// Adds what is not there yet.
    mutating func add(policies: [String], things: [String]) {
        for name in policies where !self.policies.contains(name) { self.policies.append(name) }
        for name in things where !self.things.contains(name) { self.things.append(name) }
    }

    var contents: [UInt8] {
        let value: JSONValue = [
            "policies": .array(policies.map { .string($0) }),
            "things": .array(things.map { .string($0) }),
        ]
        return CompactJSON(value).bytes
    }

    init() {}

    init?(contents: [UInt8]) {
        guard let value = try? JSONValue(parsing: contents.span),
            let policies = value["policies"]?.strings, let things = value["things"]?.strings
        else { return nil }
        self.policies = policies
        self.things = things
    }
}

/// A policy with the text it was read from.
public struct NamedPolicy: Sendable {
    /// Its name.
    public let name: String
    /// The text in UTF-8.
    public let text: [UInt8]
    /// The policy.
    public let document: PolicyDocument

    /// Reads a policy.
    ///
    /// - Throws: what the policy's reader throws.
    public init(name: String, text: [UInt8]) throws(MalformedPolicy) {
        document = try PolicyDocument(text.span)
        self.name = name
        self.text = text
    }
}

extension JSONValue {
    /// An array of strings; `nil` for anything else.
    var strings: [String]? {
        guard let array else { return nil }
        let strings = array.compactMap(\.string)
        return strings.count == array.count ? strings : nil
    }
}
#endif
