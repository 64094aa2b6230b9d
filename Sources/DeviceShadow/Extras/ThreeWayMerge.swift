public import JSONDocument

/// Joins what two writers have made of the same state while neither saw the other.
///
/// The law, for each path of objects below a common base:
///
/// 1. Where only one writer has changed a value (set, replaced or removed), the change stands.
/// 2. Where both have made the same of it, that stands.
/// 3. Where both have changed it and both values are objects, the law holds inside.
/// 4. Else it is a conflict, and the greater one stands: a value over a removal; the later time of
///    change; of the same time the greater text by its bytes.
///
/// So `merge(base, a, b) = merge(base, b, a)`, `merge(base, a, a) = a` and `merge(base, base, b) = b`.
/// Arrays are values and are not joined.
public struct ThreeWayMerge: Hashable, Sendable {
    /// One writer's state, and when its values were changed.
    public struct Side: Hashable, Sendable {
        /// The state.
        public let state: JSONObject
        /// Times of change in the shape of the state; what has none counts as changed at 0.
        public let metadata: JSONObject

        /// A side.
        public init(state: JSONObject, metadata: JSONObject = JSONObject()) {
            self.state = state
            self.metadata = metadata
        }
    }

    /// What both have made together.
    public let state: JSONObject
    /// Where rule 4 had to decide.
    public let conflicts: [JSONPointer]

    /// Joins two sides.
    ///
    /// - Complexity: O(*n*); recurses to the depth of the states.
    public init(base: JSONObject, _ a: Side, _ b: Side) {
        var conflicts: [JSONPointer] = []
        state = Self.merge(
            base,
            a.state,
            b.state,
            (.object(a.metadata), .object(b.metadata)),
            at: JSONPointer([]),
            &conflicts
        )
        self.conflicts = conflicts
    }

    private static func merge(
        _ base: JSONObject,
        _ a: JSONObject,
        _ b: JSONObject,
        _ times: (JSONValue, JSONValue),
        at pointer: JSONPointer,
        _ conflicts: inout [JSONPointer]
    ) -> JSONObject {
        var result = JSONObject()
        // In an order that does not depend on which side is which.
        let names = Set(base.names + a.names + b.names)
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for name in names {
            let (old, x, y) = (base[name], a[name], b[name])
            if x == y || y == old {
                result[name] = x
            } else if x == old {
                result[name] = y
            } else {
                let place = pointer.appending(.init(JSONKey(name)))
                let time = (times.0[name] ?? .null, times.1[name] ?? .null)
                if let p = x?.object, let q = y?.object {
                    let inner = old?.object ?? JSONObject()
                    result[name] = .object(merge(inner, p, q, time, at: place, &conflicts))
                } else {
                    conflicts.append(place)
                    result[name] = isGreater((x, time.0), (y, time.1)) ? x : y
                }
            }
        }
        return result
    }

    private static func isGreater(
        _ a: (value: JSONValue?, time: JSONValue),
        _ b: (value: JSONValue?, time: JSONValue)
    ) -> Bool {
        guard let x = a.value else { return false }
        guard let y = b.value else { return true }
        let (s, t) = (latest(a.time), latest(b.time))
        if s != t { return s > t }
        let (p, q) = (sorted(x).description.utf8, sorted(y).description.utf8)
        return q.lexicographicallyPrecedes(p)
    }

    /// The latest time of change in a value's metadata.
    private static func latest(_ metadata: JSONValue) -> Int64 {
        switch metadata {
        case .array(let elements): return elements.map(latest).max() ?? 0
        case .object(let object):
            if object.members.count == 1, let time = object["timestamp"]?.number?.int64 {
                return time
            }
            return object.map { latest($0.value) }.max() ?? 0
        default: return 0
        }
    }

    /// The value with the members of its objects in the order of their names.
    private static func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): return .array(elements.map(sorted))
        case .object(let object):
            let members = object.members.sorted {
                $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
            }
            return .object(JSONObject(members.map { ($0.name, sorted($0.value)) }))
        default: return value
        }
    }
}

extension ThreeWayMerge {
    /// The merge patch (RFC 7396) that makes `new` of `old`: what an update has to say.
    ///
    /// Exact where `new` holds no `null` and no object that becomes empty; the service keeps objects
    /// that lose their last member as `{}`, and so does this.
    /// - Returns: an empty object where both are equal.
    public static func mergePatch(from old: JSONObject, to new: JSONObject) -> JSONObject {
        var patch = JSONObject()
        for member in old where !new.contains(member.name) { patch[member.name] = .null }
        for member in new {
            guard let value = old[member.name] else {
                patch[member.name] = member.value
                continue
            }
            if value == member.value { continue }
            if let a = value.object, let b = member.value.object {
                patch[member.name] = .object(mergePatch(from: a, to: b))
            } else {
                patch[member.name] = member.value
            }
        }
        return patch
    }
}
