import DeviceShadow
import IoTTestSupport
import IoTTime
import JSONDocument
import Testing

@Suite("Shadow engine: properties over generated sequences")
struct ShadowPropertyTests {
    static let key = try? ShadowKey(thing: "lamp")

    private func parse(_ text: [UInt8]) throws -> JSONValue {
        try JSONValue(parsing: text.span)
    }

    @Test("engine = oracle, message for message and document for document", arguments: 1...60)
    func agreesWithOracle(seed: Int) throws {
        let key = try #require(Self.key)
        var generator = RequestGenerator(random: SplitMix64(seed: UInt64(seed)))
        var oracle = NaiveShadow()
        var stored = StoredShadow.absent
        var reader = ShadowRequestReader()
        var now = 1_700_000_000
        for _ in 0..<60 {
            now += generator.random.pick([0, 1, 60, 86_400, 172_801])
            let time = WallClock(seconds: Int64(now))
            let request = generator.request(version: oracle.isLive ? oracle.version : 0)
            let operation =
                generator.random.pick([.update, .update, .update, .update, .get, .delete])
                as ShadowTopic.Operation
            let expected =
                switch operation {
                case .get: oracle.get(at: now)
                case .delete: oracle.delete(at: now)
                case .update: oracle.update(request, at: now)
                }
            let payload = operation == .update ? Array(request.description.utf8) : []
            let transaction = try ShadowTransaction(
                operation,
                on: key,
                payload: payload.span,
                at: time,
                reader: &reader
            )
            let reaction = transaction.attempt(on: stored)
            var actual: [String: JSONValue] = [:]
            for message in reaction.messages {
                actual[message.topic.kind.rawValue] = try parse(message.payload)
            }
            try #require(actual == expected, "seed \(seed): \(request)")
            stored = reaction.outcome ?? stored
            let document = try stored.shadow.map { try parse($0.document) } ?? .null
            try #require(document == oracle.document, "seed \(seed): \(request)")
            try checkInvariants(stored, oracle)
        }
    }

    /// What must hold of any stored shadow.
    private func checkInvariants(_ stored: StoredShadow, _ oracle: NaiveShadow) throws {
        guard let shadow = stored.shadow else { return }
        // reported ⊕ delta ⊇ desired
        let reported = shadow.reported ?? JSONObject()
        let desired = shadow.desired ?? JSONObject()
        if let delta = shadow.delta {
            let merged = NaiveShadow.merge(reported, JSONObject(), delta, 0).0
            try #require(NaiveShadow.delta(desired, merged, JSONObject()).state.members.isEmpty)
        } else {
            try #require(NaiveShadow.delta(desired, reported, JSONObject()).state.members.isEmpty)
        }
        // Incremental marks = marks made from scratch; the text length is that of the texts.
        let again = try StoredShadow(serialized: stored.serialized.span)
        try #require(again == stored)
        try #require(shadow.stateLength == oracle.size)
        // Metadata has the shape of the state.
        try #require(Self.hasShape(shadow.desiredMetadata, of: shadow.desired))
        try #require(Self.hasShape(shadow.reportedMetadata, of: shadow.reported))
    }

    private static func hasShape(_ metadata: JSONObject?, of state: JSONObject?) -> Bool {
        guard let metadata, let state else { return metadata == nil && state == nil }
        return hasShape(.object(metadata), of: .object(state))
    }

    private static func hasShape(_ metadata: JSONValue, of state: JSONValue) -> Bool {
        switch state {
        case .array(let elements):
            guard let times = metadata.array, times.count == elements.count else { return false }
            return zip(times, elements).allSatisfy { hasShape($0, of: $1) }
        case .object(let object):
            guard let times = metadata.object, times.names == object.names else { return false }
            return object.allSatisfy { hasShape(times[$0.name] ?? .null, of: $0.value) }
        default:
            return metadata.object?.names == ["timestamp"]
                && metadata["timestamp"]?.number?.int64 != nil
        }
    }

    @Test("§3 versions strictly increase, also over deletion and a new start", arguments: 1...20)
    func versionsIncrease(seed: Int) throws {
        let key = try #require(Self.key)
        var generator = RequestGenerator(random: SplitMix64(seed: UInt64(1_000 + seed)))
        let engine = ShadowEngine()
        var stored = StoredShadow.absent
        var last: UInt64 = 0
        for step in 0..<100 {
            let now = WallClock(seconds: 1_700_000_000 + Int64(step))
            if generator.random.oneIn(5), stored.shadow != nil {
                stored = try engine.delete(stored, of: key, at: now).next
                continue
            }
            var request = generator.request(version: 0).object ?? JSONObject()
            request["version"] = nil
            let text = Array(JSONValue.object(request).description.utf8)
            let change = try engine.update(
                stored,
                with: ShadowRequest(parsing: text.span),
                at: now
            )
            #expect(change.next.version > last)
            last = change.next.version
            stored = .live(change.next)
        }
    }

    @Test("the order of many names costs no quadratic time and changes nothing")
    func manyNames() throws {
        let names = (0..<900).map { "n\($0)" }
        func update(_ names: [String], _ value: String) -> [UInt8] {
            let members = names.map { "\"\($0)\":\(value)" }.joined(separator: ",")
            return Array("{\"state\":{\"desired\":{\(members)}}}".utf8)
        }
        let engine = ShadowEngine(limits: ShadowLimits(maximumStateLength: 30_000))
        let now = WallClock(seconds: 1)
        var stored = StoredShadow.absent
        for payload in [update(names, "1"), update(names.reversed(), "2")] {
            let request = try ShadowRequest(parsing: payload.span)
            stored = .live(try engine.update(stored, with: request, at: now).next)
        }
        let desired = try #require(stored.shadow?.desired)
        #expect(desired.names == names)
        #expect(desired.allSatisfy { $0.value == 2 })
        let removal = update(names.reversed() + ["other"], "null")
        let request = try ShadowRequest(parsing: removal.span)
        let empty = try engine.update(stored, with: request, at: now).next
        #expect(empty.desired == nil && empty.stateLength == 0 && !empty.hasDelta)
    }
}
