public import JSONDocument

/// A change as a list of steps. RFC 6902
///
/// What the service itself speaks are merge patches, which cannot set a `null` and replace arrays
/// whole; this is for tools and audit logs that want to see each step.
public struct ShadowPatch: Hashable, Sendable, CustomStringConvertible {
    /// One step (§4).
    public enum Operation: Hashable, Sendable {
        /// Adds a member or an element, or replaces a member (§4.1).
        case add(JSONPointer, JSONValue)
        /// Removes what must be there (§4.2).
        case remove(JSONPointer)
        /// Replaces what must be there (§4.3).
        case replace(JSONPointer, JSONValue)
        /// Removes what is at the first place and adds it at the second (§4.4).
        case move(from: JSONPointer, to: JSONPointer)
        /// Adds at the second place what is at the first (§4.5).
        case copy(from: JSONPointer, to: JSONPointer)
        /// Fails where the value is another one (§4.6).
        case test(JSONPointer, JSONValue)
    }

    /// The steps in order.
    public let operations: [Operation]

    /// Steps that were made elsewhere.
    public init(_ operations: [Operation]) { self.operations = operations }

    /// The steps that make `new` of `old`.
    ///
    /// Objects are compared member by member, arrays element by element with what is longer or shorter
    /// at their end.
    /// - Complexity: O(*n*); recurses to the depth of the values.
    public init(from old: JSONValue, to new: JSONValue) {
        var operations: [Operation] = []
        Self.compare(old, new, at: JSONPointer([]), &operations)
        self.operations = operations
    }

    private static func compare(
        _ old: JSONValue,
        _ new: JSONValue,
        at pointer: JSONPointer,
        _ operations: inout [Operation]
    ) {
        switch (old, new) {
        case (.object(let a), .object(let b)):
            for member in a where !b.contains(member.name) {
                operations.append(.remove(pointer.appending(.init(JSONKey(member.name)))))
            }
            for member in b {
                let place = pointer.appending(.init(JSONKey(member.name)))
                if let value = a[member.name] {
                    compare(value, member.value, at: place, &operations)
                } else {
                    operations.append(.add(place, member.value))
                }
            }
        case (.array(let a), .array(let b)):
            for index in 0..<min(a.count, b.count) {
                let place = pointer.appending(.init(index: index))
                compare(a[index], b[index], at: place, &operations)
            }
            for index in stride(from: a.count - 1, through: b.count, by: -1) {
                operations.append(.remove(pointer.appending(.init(index: index))))
            }
            for value in b.dropFirst(a.count) {
                operations.append(.add(pointer.appending(.init(JSONKey("-"))), value))
            }
        default:
            if old != new { operations.append(.replace(pointer, new)) }
        }
    }

    /// The patch as a JSON array (§3).
    public var value: JSONValue {
        .array(
            operations.map { operation in
                switch operation {
                case .add(let path, let value): Self.step("add", path, value: value)
                case .remove(let path): Self.step("remove", path)
                case .replace(let path, let value): Self.step("replace", path, value: value)
                case .move(let from, let path): Self.step("move", path, from: from)
                case .copy(let from, let path): Self.step("copy", path, from: from)
                case .test(let path, let value): Self.step("test", path, value: value)
                }
            }
        )
    }

    private static func step(
        _ name: String,
        _ path: JSONPointer,
        from: JSONPointer? = nil,
        value: JSONValue? = nil
    ) -> JSONValue {
        var step = JSONObject()
        step["op"] = .string(name)
        if let from { step["from"] = .string(from.description) }
        step["path"] = .string(path.description)
        if let value { step["value"] = value }
        return .object(step)
    }

    /// The patch as JSON text.
    public var description: String { value.description }
}

extension ShadowChange {
    /// The change of `{"desired":…,"reported":…}` as steps.
    ///
    /// - Complexity: O(*n*) in both states.
    public var patch: ShadowPatch {
        ShadowPatch(from: previous?.stateTree ?? .object(JSONObject()), to: next.stateTree)
    }
}

extension Shadow {
    /// `{"desired":…,"reported":…}`; empty sections are left out.
    var stateTree: JSONValue {
        var object = JSONObject()
        if let desired { object["desired"] = .object(desired) }
        if let reported { object["reported"] = .object(reported) }
        return .object(object)
    }
}
