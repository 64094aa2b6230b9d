import BenchmarkSupport
import DeviceShadow
import IoTCYardstickSimdjson
import IoTTime
import JSONDocument

/// Updates of 100 bytes on a shadow of 1 KB, and what a million of such shadows take.
@main
enum DeviceShadowBenchmarks {
    static let now = WallClock(seconds: 1_700_000_000)

    static func main() throws {
        let program = BenchmarkProgram("DeviceShadow")
        let key = try ShadowKey(thing: "lamp-4711")
        try check(key, program)
        try measureUpdates(key, program)
        try measureParts(key, program)
        try measureMemory(program)
        program.finish()
    }

    /// A store with one shadow of 1 KB.
    static func store(_ key: ShadowKey) throws -> MemoryShadowStore {
        let store = MemoryShadowStore()
        let text = Workload.document
        let request = try ShadowRequest(parsing: text.span)
        let change = try ShadowEngine().update(.absent, with: request, at: now)
        _ = store.store(.live(change.next), for: key, ifRevision: .absent)
        return store
    }

    /// The messages of one update, before anything is timed.
    static func check(_ key: ShadowKey, _ program: BenchmarkProgram) throws {
        let store = try store(key)
        guard let shadow = store.load(key).shadow.shadow else { return program.fail("no shadow") }
        print("state \(shadow.stateLength) bytes, update \(Workload.updates[0].count) bytes")
        let text = Workload.updates[1]
        let request = try ShadowRequest(parsing: text.span)
        let change = try ShadowEngine().update(.live(shadow), with: request, at: now)
        let delta = try change.delta().map { delta in try JSONValue(parsing: delta.span) }
        let expected = try JSONValue(parsing: #"{"brightness":80,"color":{"g":180}}"#)
        if delta?["state"] != expected { program.fail("delta is \(delta ?? .null)") }
        let message = change.documents()
        let documents = try JSONValue(parsing: message.span)
        let temperature = documents["current"]?["state"]?["reported"]?["temperature"]
        if temperature != .number(JSONNumber(21.5) ?? 0) { program.fail("documents are wrong") }
    }

    /// `count` updates through service and store; the bytes of all messages.
    static func run(
        _ service: ShadowService<MemoryShadowStore>,
        _ key: ShadowKey,
        _ listeners: ShadowListeners,
        _ count: Int
    ) -> UInt64 {
        var reader = ShadowRequestReader()
        var sum: UInt64 = 0
        let updates = Workload.updates
        for index in 0..<count {
            let payload = updates[index & 3]
            let transaction = try? ShadowTransaction(
                .update,
                on: key,
                payload: payload.span,
                at: now,
                engine: service.engine,
                listeners: listeners,
                reader: &reader
            )
            guard let transaction else { return 0 }
            for message in service.performNow(transaction).messages {
                sum += UInt64(message.payload.count)
            }
        }
        return sum
    }

    static func measureUpdates(_ key: ShadowKey, _ program: BenchmarkProgram) throws {
        let document = try store(key)
        let start = document.load(key).shadow
        func body(_ listeners: ShadowListeners) -> Body {
            { count in
                let store = MemoryShadowStore()
                _ = store.store(start, for: key, ifRevision: .absent)
                return run(ShadowService(store: store), key, listeners, count)
            }
        }
        // 250,000 a second are 4,000 ns each; 100,000 are 10,000.
        program.compare(
            "shadow/update, accepted and delta",
            count: 20_000,
            bar: 4_000,
            ours: body([.accepted, .delta])
        )
        program.compare(
            "shadow/update, documents too",
            count: 10_000,
            bar: 10_000,
            ours: body(.all)
        )
        program.compare("shadow/update, nobody listens", count: 20_000, ours: body([]))
    }

    static func measureParts(_ key: ShadowKey, _ program: BenchmarkProgram) throws {
        let stored = try store(key).load(key).shadow
        let text = Workload.updates[0]
        let request = try ShadowRequest(parsing: text.span)
        let engine = ShadowEngine()
        let updates = Workload.updates
        program.compare("shadow/read a request", count: 50_000) { count in
            var reader = ShadowRequestReader()
            var sum: UInt64 = 0
            for index in 0..<count {
                let payload = updates[index & 3]
                let request = try? reader.update(payload.span)
                sum += request?.clientToken == nil ? 0 : 1
            }
            return sum
        }
        program.compare("shadow/merge only", count: 50_000) { count in
            var sum: UInt64 = 0
            for _ in 0..<count {
                let change = try? engine.update(stored, with: request, at: now)
                sum += change?.next.version ?? 0
            }
            return sum
        }
        program.compare("shadow/get", count: 20_000) { count in
            var sum: UInt64 = 0
            for _ in 0..<count {
                sum += UInt64((try? engine.get(stored, of: key, at: now))?.count ?? 0)
            }
            return sum
        }
        // For orientation: what a fast C++ parser takes to read the document alone, once.
        let parser = Workload.document.withUnsafeBufferPointer {
            iot_simdjson_make($0.baseAddress, $0.count)
        }
        defer { iot_simdjson_free(parser) }
        program.compare("shadow/(simdjson reads the document)", count: 20_000) { count in
            iot_simdjson_parse(parser, count)
        }
    }

    /// 100,000 shadows of 1 KB; a million take ten times that.
    static func measureMemory(_ program: BenchmarkProgram) throws {
        let name = "shadow/bytes for each of 1 M shadows"
        guard program.wants(name) else { return }
        let count = program.isSmoke ? 1_000 : 100_000
        let engine = ShadowEngine()
        let text = Workload.document
        let request = try ShadowRequest(parsing: text.span)
        let before = heapBytes()
        let store = MemoryShadowStore()
        for index in 0..<count {
            let key = try ShadowKey(thing: "thing-with-a-long-name-\(index)")
            let change = try engine.update(.absent, with: request, at: now)
            guard store.store(.live(change.next), for: key, ifRevision: .absent) else {
                return program.fail("not stored")
            }
        }
        let bytes = Double(heapBytes() - before) / Double(count)
        if store.count != count { program.fail("\(store.count) shadows") }
        program.add(.measured(name, bytes, "bytes", atMost: 4_294))
    }
}
