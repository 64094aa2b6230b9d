#if Endpoint
internal import AccessPolicy
internal import JSONDocument

extension AttachedThing {
    /// `{"name", "type"?, "attributes"?}` with strings; `nil` for anything else.
    init?(_ value: JSONValue) {
        guard let name = value["name"]?.string, (1...128).contains(name.utf8.count) else {
            return nil
        }
        self.init(name: name)
        if let type = value["type"], !type.isNull {
            guard let text = type.string else { return nil }
            typeName = text
        }
        guard let attributes = value["attributes"], !attributes.isNull else { return }
        guard let members = attributes.object?.members else { return nil }
        for member in members {
            guard let text = member.value.string else { return nil }
            self.attributes[member.name] = text
        }
    }
}
#endif
