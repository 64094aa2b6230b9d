import DeviceShadow
import IoTTime
import JSONDocument
import Testing

@Suite("Shadow service §6, §9: topics, answers, stores")
struct ShadowServiceTests {
    private let now = WallClock(seconds: 1_700_000_000)

    private func payload(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test("§6 every topic is read and printed, classic and named")
    func topics() throws {
        var count = 0
        for key in [try ShadowKey(thing: "a"), try ShadowKey(thing: "a", name: "name")] {
            for operation in ShadowTopic.Operation.allCases {
                for kind in ShadowTopic.Kind.allCases {
                    let topic = ShadowTopic(key, operation, kind)
                    guard let topic else {
                        #expect(operation != .update && (kind == .delta || kind == .documents))
                        continue
                    }
                    count += 1
                    #expect(try ShadowTopic(topic.description) == topic)
                    let isReserved = ShadowTopic.isReserved(payload(topic.description).span)
                    #expect(isReserved)
                }
            }
        }
        #expect(count == 22)
        let named = try ShadowTopic("$aws/things/a/shadow/name/b/update/delta")
        #expect(named.key.name == "b" && named.kind == .delta && named.operation == .update)
    }

    @Test(
        "§6 other topics are refused, with the level that is wrong",
        arguments: [
            ("$aws/thing/a/shadow/get", .notShadowTopic, 0),
            ("$aws/things/a/jobs/get", .notShadowTopic, 13),
            ("$aws/things/a/shadow", .notShadowTopic, 13),
            ("$aws/things/+/shadow/get", .invalidThingName, 12),
            ("$aws/things//shadow/get", .invalidThingName, 12),
            ("$aws/things/a/shadow/name//get", .invalidShadowName, 26),
            ("$aws/things/a/shadow/name/b", .invalidShadowName, 26),
            ("$aws/things/a/shadow/Get", .unknownOperation, 21),
            ("$aws/things/a/shadow/", .unknownOperation, 21),
            ("$aws/things/a/shadow/get/", .unknownKind, 25),
            ("$aws/things/a/shadow/get/delta", .unknownKind, 25),
            ("$aws/things/a/shadow/update/accepted/x", .unknownKind, 28),
        ] as [(String, ShadowTopicError.Violation, Int)]
    )
    func refusedTopics(topic: String, violation: ShadowTopicError.Violation, offset: Int) {
        #expect(throws: ShadowTopicError(violation, at: offset)) { try ShadowTopic(topic) }
    }

    @Test("§6 messages that nobody listens for are not made; the answer over HTTP is")
    func listeners() async throws {
        let service = ShadowService(store: MemoryShadowStore())
        let update = payload(#"{"state":{"desired":{"a":1}},"clientToken":"t"}"#)
        let all = await service.handle(.update, thing: "a", payload: update, at: now)
        #expect(all.messages.map(\.topic.kind) == [.accepted, .delta, .documents])
        #expect(all.messages.allSatisfy { $0.qos == 1 })
        let some = await service.handle(
            .update,
            thing: "a",
            payload: update,
            at: now,
            listeners: [.delta]
        )
        #expect(some.messages.map(\.topic.kind) == [.delta])
        let none = await service.handle(
            .update,
            thing: "a",
            payload: update,
            at: now,
            listeners: [],
            origin: .http
        )
        #expect(none.messages.isEmpty && none.result.status == 200)
        let body = try JSONValue(parsing: none.result.body.span)
        #expect(body["version"] == 3 && body["clientToken"] == "t")
    }

    @Test("§9 over HTTP a refusal has a status and a type, and no message")
    func http() async throws {
        let service = ShadowService(store: MemoryShadowStore())
        let missing = await service.handle(
            .get,
            thing: "a",
            name: "b",
            payload: [],
            at: now,
            origin: .http
        )
        #expect(missing.messages.isEmpty && missing.result.status == 404)
        #expect(missing.result.errorType == "ResourceNotFoundException")
        let text = #"{"message":"No shadow exists with name: 'a~b'"}"#
        #expect(missing.result.body == payload(text))
        let bad = await service.handle(.update, thing: "a/b", payload: [], at: now, origin: .http)
        #expect(bad.result.status == 400 && bad.result.errorType == "InvalidRequestException")
    }

    @Test("§9 named shadows are listed in pages, in order, without deleted ones")
    func listing() async throws {
        let service = ShadowService(store: MemoryShadowStore())
        let update = payload(#"{"state":{}}"#)
        for name in ["c", "a", "b", "d"] {
            _ = await service.handle(.update, thing: "t", name: name, payload: update, at: now)
        }
        _ = await service.handle(.update, thing: "t", payload: update, at: now)
        _ = await service.handle(.delete, thing: "t", name: "b", payload: [], at: now)
        let first = await service.list(thing: "t", pageSize: 2, at: now)
        let body = try JSONValue(parsing: first.body.span)
        #expect(body["results"] == ["a", "c"])
        let token = try #require(body["nextToken"]?.string)
        let second = await service.list(thing: "t", pageSize: 2, nextToken: token, at: now)
        let text = #"{"results":["d"],"timestamp":1700000000}"#
        #expect(second.body == payload(text))
        #expect(await service.list(thing: "t", pageSize: 0, at: now).status == 400)
        #expect(await service.list(thing: "t", pageSize: 101, at: now).status == 400)
        #expect(await service.list(thing: "t", nextToken: "/", at: now).status == 400)
        #expect(await service.list(thing: "other", at: now).status == 200)
    }

    @Test("a store takes a value for the revision it was made from only")
    func compareAndSet() throws {
        let store = MemoryShadowStore()
        let key = try ShadowKey(thing: "a")
        let engine = ShadowEngine()
        let request = try ShadowRequest(parsing: payload(#"{"state":{}}"#).span)
        let first = StoredShadow.live(try engine.update(.absent, with: request, at: now).next)
        #expect(store.store(first, for: key, ifRevision: .absent))
        #expect(!store.store(first, for: key, ifRevision: .absent))
        let revision = store.load(key).revision
        let deleted = try engine.delete(first, of: key, at: now).next
        #expect(store.count == 1)
        #expect(store.store(deleted, for: key, ifRevision: revision))
        #expect(store.count == 0)
        #expect(store.removeExpired(at: now.adding(seconds: 172_800)).isEmpty)
        #expect(store.removeExpired(at: now.adding(seconds: 172_801)).count == 1)
        #expect(store.load(key).shadow == .absent)
    }

    @Test("§7 an overloaded service says so, with the token, to requests that are right")
    func overload() {
        let service = ShadowService(store: MemoryShadowStore())
        let reaction = service.handleNow(
            .update,
            thing: "t",
            payload: payload(#"{"state":{},"clientToken":"x"}"#),
            at: now,
            isOverloaded: true
        )
        #expect(reaction.result.status == 429)
        #expect(reaction.rejection?.clientToken?.description == "x")
        #expect(service.store.count == 0)
    }

    @Test("no update is lost, however many writers there are")
    func concurrentWriters() async throws {
        let service = ShadowService(store: MemoryShadowStore(), maximumAttempts: 10_000)
        let now = now
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    for step in 0..<50 {
                        let text = #"{"state":{"reported":{"w\#(writer)-\#(step)":1}}}"#
                        let reaction = await service.handle(
                            .update,
                            thing: "a",
                            payload: Array(text.utf8),
                            at: now,
                            listeners: []
                        )
                        #expect(reaction.rejection == nil)
                    }
                }
            }
        }
        let shadow = service.store.load(try ShadowKey(thing: "a")).shadow.shadow
        #expect(shadow?.version == 400)
        #expect(shadow?.reported?.members.count == 400)
    }

    /// A store that somebody else always writes to first.
    private struct BusyStore: ShadowStore {
        func load(
            _ key: ShadowKey
        ) async throws(ShadowStoreFailure) -> (shadow: StoredShadow, revision: ShadowRevision) {
            (.absent, .absent)
        }
        func store(
            _ shadow: StoredShadow,
            for key: ShadowKey,
            ifRevision revision: ShadowRevision
        ) async throws(ShadowStoreFailure) -> Bool { false }
        func names(
            of thing: String,
            after name: String?,
            limit: Int
        ) async throws(ShadowStoreFailure) -> [String] { throw ShadowStoreFailure("down") }
    }

    @Test("§7 a request that is always overtaken ends with 500, and the token")
    func overtaken() async throws {
        let service = ShadowService(store: BusyStore(), maximumAttempts: 3)
        let update = payload(#"{"state":{},"clientToken":"t"}"#)
        let reaction = await service.handle(.update, thing: "a", payload: update, at: now)
        #expect(reaction.result.status == 500 && reaction.outcome == nil)
        let answer = try #require(reaction.messages.first)
        let message = try JSONValue(parsing: answer.payload.span)
        #expect(message["code"] == 500 && message["clientToken"] == "t")
        #expect(await service.list(thing: "a", at: now).status == 500)
    }

    /// Wants temperatures in a range.
    private struct Range: ShadowValidator {
        func reasonToRefuse(_ change: ShadowChange, of key: ShadowKey) -> String? {
            let value = change.next.desired?["target"]?.number?.int64 ?? 20
            return (5...30).contains(value) ? nil : "target is out of range"
        }
    }

    @Test("a validator refuses with its own words; nothing is stored")
    func validator() async throws {
        let service = ShadowService(store: MemoryShadowStore(), validator: Range())
        let bad = payload(#"{"state":{"desired":{"target":99}},"clientToken":"t"}"#)
        let refused = await service.handle(.update, thing: "a", payload: bad, at: now)
        #expect(refused.rejection?.message == "target is out of range")
        #expect(refused.rejection?.code == 400 && refused.rejection?.clientToken != nil)
        #expect(service.store.count == 0)
        let good = payload(#"{"state":{"desired":{"target":21}}}"#)
        let accepted = await service.handle(.update, thing: "a", payload: good, at: now)
        #expect(accepted.rejection == nil && service.store.count == 1)
    }
}
