import IoTTestSupport
import JSONDocument

/// The service's rules once more, on trees and without any thought for speed: what the engine is
/// compared with.
struct NaiveShadow {
    var isLive = false
    var version = 0
    var deletedAt = 0
    var state: [String: JSONObject] = ["desired": JSONObject(), "reported": JSONObject()]
    var metadata: [String: JSONObject] = ["desired": JSONObject(), "reported": JSONObject()]

    static let sections = ["desired", "reported"]

    // MARK: Requests

    /// Applies an update that is well-formed; gives the messages by their kind.
    mutating func update(_ request: JSONValue, at now: Int) -> [String: JSONValue] {
        let token = request["clientToken"]
        if let wanted = request["version"]?.number?.int64, wanted != Int64(isLive ? version : 0) {
            return ["rejected": rejected(409, "Version conflict", now, token)]
        }
        var next = self
        if !isLive {
            next = NaiveShadow()
            next.version = now - deletedAt > 172_800 ? 0 : version
        }
        next.isLive = true
        next.version += 1
        let change = request["state"] ?? .null
        for section in Self.sections {
            guard let patch = change.isNull ? .some(.null) : change[section] else { continue }
            guard let object = patch.object else {
                next.state[section] = JSONObject()
                next.metadata[section] = JSONObject()
                continue
            }
            (next.state[section], next.metadata[section]) = Self.merge(
                next.state[section] ?? JSONObject(),
                next.metadata[section] ?? JSONObject(),
                object,
                now
            )
        }
        if next.size > 8_192 {
            let text = "The payload exceeds the maximum size allowed"
            return ["rejected": rejected(413, text, now, token)]
        }
        let previous = isLive ? document : .null
        self = next
        return messages(change, previous, now, token)
    }

    private func messages(
        _ change: JSONValue,
        _ previous: JSONValue,
        _ now: Int,
        _ token: JSONValue?
    ) -> [String: JSONValue] {
        var accepted = JSONObject()
        accepted["state"] = change
        accepted["metadata"] = change.isNull ? Self.time(now) : Self.metadata(change, now)
        accepted["version"] = .number(JSONNumber(version))
        var documents = JSONObject()
        documents["previous"] = previous
        documents["current"] = document
        var result = [
            "accepted": finish(accepted, now, token), "documents": finish(documents, now, token),
        ]
        let (delta, times) = delta
        if !delta.members.isEmpty {
            var message = JSONObject()
            message["state"] = .object(delta)
            message["metadata"] = .object(times)
            message["version"] = .number(JSONNumber(version))
            result["delta"] = finish(message, now, token)
        }
        return result
    }

    mutating func delete(at now: Int) -> [String: JSONValue] {
        guard isLive else { return ["rejected": missing(now)] }
        var accepted = JSONObject()
        accepted["version"] = .number(JSONNumber(version))
        self = NaiveShadow(isLive: false, version: version + 1, deletedAt: now)
        return ["accepted": finish(accepted, now, nil)]
    }

    func get(at now: Int) -> [String: JSONValue] {
        guard isLive, var answer = document.object else { return ["rejected": missing(now)] }
        let delta = delta.state
        if !delta.members.isEmpty { answer["state"]?["delta"] = .object(delta) }
        return ["accepted": finish(answer, now, nil)]
    }

    // MARK: Documents

    /// `{"state":…,"metadata":…,"version":…}`; `null` where there is no shadow.
    var document: JSONValue {
        guard isLive else { return .null }
        var states = JSONObject()
        var times = JSONObject()
        for section in Self.sections {
            guard let state = state[section], !state.members.isEmpty else { continue }
            states[section] = .object(state)
            times[section] = .object(metadata[section] ?? JSONObject())
        }
        var document = JSONObject()
        document["state"] = .object(states)
        document["metadata"] = .object(times)
        document["version"] = .number(JSONNumber(version))
        return .object(document)
    }

    /// Bytes of both sections as text; an empty section has none.
    var size: Int {
        state.values.reduce(0) { $0 + ($1.members.isEmpty ? 0 : $1.description.utf8.count) }
    }

    var delta: (state: JSONObject, times: JSONObject) {
        Self.delta(
            state["desired"] ?? JSONObject(),
            state["reported"] ?? JSONObject(),
            metadata["desired"] ?? JSONObject()
        )
    }

    static func delta(
        _ desired: JSONObject,
        _ reported: JSONObject,
        _ times: JSONObject
    ) -> (state: JSONObject, times: JSONObject) {
        var result = (state: JSONObject(), times: JSONObject())
        for member in desired {
            let other = reported[member.name]
            let time = times[member.name] ?? .null
            if let a = member.value.object, let b = other?.object {
                let inner = delta(a, b, time.object ?? JSONObject())
                guard !inner.state.members.isEmpty else { continue }
                result.state[member.name] = .object(inner.state)
                result.times[member.name] = .object(inner.times)
            } else if other != member.value {
                result.state[member.name] = member.value
                result.times[member.name] = time
            }
        }
        return result
    }

    static func merge(
        _ state: JSONObject,
        _ times: JSONObject,
        _ patch: JSONObject,
        _ now: Int
    ) -> (JSONObject, JSONObject) {
        var (state, times) = (state, times)
        for member in patch {
            if let inner = member.value.object, let old = state[member.name]?.object {
                let time = times[member.name]?.object ?? JSONObject()
                let merged = merge(old, time, inner, now)
                state[member.name] = .object(merged.0)
                times[member.name] = .object(merged.1)
            } else if let value = stripped(member.value) {
                state[member.name] = value
                times[member.name] = metadata(value, now)
            } else {
                state[member.name] = nil
                times[member.name] = nil
            }
        }
        return (state, times)
    }

    /// A value without `null`s; `nil` where nothing is left of it.
    static func stripped(_ value: JSONValue) -> JSONValue? {
        if value.isNull { return nil }
        guard let object = value.object, !object.members.isEmpty else { return value }
        var kept = JSONObject()
        for member in object { kept[member.name] = stripped(member.value) }
        return kept.members.isEmpty ? nil : .object(kept)
    }

    static func metadata(_ value: JSONValue, _ now: Int) -> JSONValue {
        switch value {
        case .array(let elements): return .array(elements.map { metadata($0, now) })
        case .object(let object):
            var result = JSONObject()
            for member in object { result[member.name] = metadata(member.value, now) }
            return .object(result)
        default: return time(now)
        }
    }

    static func time(_ now: Int) -> JSONValue {
        ["timestamp": .number(JSONNumber(now))]
    }

    // MARK: Answers

    private func finish(_ body: JSONObject, _ now: Int, _ token: JSONValue?) -> JSONValue {
        var body = body
        body["timestamp"] = .number(JSONNumber(now))
        body["clientToken"] = token
        return .object(body)
    }

    private func rejected(
        _ code: Int,
        _ message: String,
        _ now: Int,
        _ token: JSONValue?
    ) -> JSONValue {
        var body = JSONObject()
        body["code"] = .number(JSONNumber(code))
        body["message"] = .string(message)
        return finish(body, now, token)
    }

    private func missing(_ now: Int) -> JSONValue {
        rejected(404, "No shadow exists with name: 'lamp'", now, nil)
    }
}

/// Random requests over few names, so that they meet.
struct RequestGenerator {
    var random: SplitMix64

    mutating func value(_ depth: Int, inArray: Bool = false) -> JSONValue {
        switch random.below(depth > 0 ? 12 : 8) {
        case 0: return inArray ? true : .null
        case 1: return .bool(random.oneIn(2))
        case 2, 3: return .number(number())
        case 4, 5:
            return .string(random.pick(["", "x", "é", "\"\\\n", "1", "timestamp", "a/b~"]))
        case 6: return .array([])
        case 7: return .object(JSONObject())
        case 8: return .array((0..<random.below(4)).map { _ in value(depth - 1, inArray: true) })
        default: return .object(object(depth - 1, inArray: inArray))
        }
    }

    mutating func number() -> JSONNumber {
        let texts = [
            "0", "-0", "-0.0", "1", "1.0", "10e-1", "2", "9007199254740992", "9007199254740993",
            "1e400", "0.1", "-7",
        ]
        return JSONNumber(random.pick(texts)) ?? 0
    }

    mutating func object(_ depth: Int, inArray: Bool = false) -> JSONObject {
        var object = JSONObject()
        for _ in 0..<random.below(4) {
            let name = random.pick(["a", "b", "c", "timestamp", "", "\"", "désir"])
            object[name] = value(depth, inArray: inArray)
        }
        return object
    }

    mutating func request(version: Int) -> JSONValue {
        var request = JSONObject()
        var state = JSONObject()
        for section in NaiveShadow.sections where !random.oneIn(3) {
            state[section] = random.oneIn(12) ? .null : .object(object(4))
        }
        request["state"] = random.oneIn(20) ? .null : .object(state)
        if random.oneIn(4) {
            request["version"] = .number(JSONNumber(max(0, version + random.below(3) - 1)))
        }
        if random.oneIn(3) { request["clientToken"] = .string("t\(random.below(100))") }
        return .object(request)
    }
}
