#if Endpoint
internal import JSONDocument

extension Timeline {
    /// The whole story for machines: one JSON object.
    ///
    /// `{passed, milliseconds, steps: [{name, title, passed, milliseconds, events: [{at, who, kind,
    /// topic?, text}], checks: [{what, passed, found?}]}]}`; times are whole milliseconds.
    var json: JSONValue {
        [
            "passed": .bool(hasPassed), "milliseconds": Self.whole(now),
            "steps": .array(steps.map(Self.json)),
        ]
    }

    private static func json(_ step: Step) -> JSONValue {
        [
            "name": .string(step.name), "title": .string(step.title),
            "passed": .bool(step.hasPassed), "milliseconds": whole(step.milliseconds),
            "events": .array(step.events.map(json)), "checks": .array(step.checks.map(json)),
        ]
    }

    private static func json(_ event: Event) -> JSONValue {
        var object: JSONObject = [
            "at": whole(event.at), "who": .string(event.who), "kind": .string(event.kind.rawValue),
        ]
        if !event.topic.isEmpty { object["topic"] = .string(event.topic) }
        object["text"] = .string(event.text)
        return .object(object)
    }

    private static func json(_ check: Check) -> JSONValue {
        var object: JSONObject = [
            "what": .string(check.what), "passed": .bool(check.hasPassed),
        ]
        if !check.found.isEmpty { object["found"] = .string(check.found) }
        return .object(object)
    }

    private static func whole(_ milliseconds: Double) -> JSONValue {
        .number(JSONNumber(Int(milliseconds)))
    }
}
#endif
