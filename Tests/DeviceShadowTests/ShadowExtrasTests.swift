import DeviceShadow
import IoTTestSupport
import IoTTime
import JSONDocument
import Testing

@Suite("Shadow service: history, patches, merges, streams, files")
struct ShadowExtrasTests {
    private let engine = ShadowEngine()

    private func request(_ text: String) throws -> ShadowRequest {
        try ShadowRequest(parsing: Array(text.utf8).span)
    }

    private func stored(_ bytes: [UInt8]) throws -> StoredShadow {
        try StoredShadow(serialized: bytes.span)
    }

    private func isJSON(_ bytes: [UInt8]) -> Bool { (try? JSONValue(parsing: bytes.span)) != nil }

    @Test("replay of the history gives every document", arguments: 1...20)
    func replay(seed: Int) throws {
        var generator = RequestGenerator(random: SplitMix64(seed: UInt64(seed)))
        var history = ShadowHistory(limit: 10)
        var documents: [UInt64: [UInt8]] = [:]
        var stored = StoredShadow.absent
        for step in 0..<40 {
            let now = WallClock(seconds: 1_700_000_000 + Int64(step))
            if generator.random.oneIn(8), let shadow = stored.shadow {
                stored = try engine.delete(stored, of: ShadowKey(thing: "a"), at: now).next
                try history.record(deletionOf: shadow, at: now)
                continue
            }
            var text = generator.request(version: 0).object ?? JSONObject()
            text["version"] = nil
            let change = try engine.update(
                stored,
                with: request(JSONValue.object(text).description),
                at: now
            )
            try history.record(change)
            documents[change.next.version] = change.next.document
            stored = .live(change.next)
        }
        #expect(history.entries.count == 10)
        #expect(history.current == stored.shadow)
        for version in history.versions {
            #expect(history.shadow(at: version)?.document == documents[version])
        }
    }

    @Test("a history refuses a change that does not follow, and tells differences")
    func historyGaps() throws {
        var history = ShadowHistory()
        let first = try engine.update(
            .absent,
            with: request(#"{"state":{"desired":{"a":1}}}"#),
            at: .epoch
        )
        let second = try engine.update(
            .live(first.next),
            with: request(#"{"state":{"desired":{"a":2}}}"#),
            at: .epoch
        )
        let third = try engine.update(
            .live(second.next),
            with: request(#"{"state":{"desired":null}}"#),
            at: .epoch
        )
        try history.record(first)
        #expect(throws: ShadowHistory.Gap(expected: 2, recorded: 1)) { try history.record(third) }
        try history.record(second)
        try history.record(third)
        let steps = try #require(history.difference(from: 1, to: 2))
        #expect(steps.description == #"[{"op":"replace","path":"/desired/a","value":2}]"#)
        #expect(history.difference(from: 1, to: 9) == nil)
    }

    @Test("RFC 6902: the steps from one state to another lead there", arguments: 1...100)
    func patches(seed: Int) throws {
        var generator = RequestGenerator(random: SplitMix64(seed: UInt64(seed)))
        let old = JSONValue.object(generator.object(4))
        let new = JSONValue.object(generator.object(4))
        let patch = ShadowPatch(from: old, to: new)
        #expect(try patch.applied(to: old) == new)
        #expect(try ShadowPatch(JSONValue(parsing: patch.description)) == patch)
        #expect(ShadowPatch(from: old, to: old).operations.isEmpty)
    }

    @Test("RFC 6902 §4: each operation, and where it fails")
    func patchOperations() throws {
        func apply(_ patch: String, _ document: String) throws -> String {
            try ShadowPatch(JSONValue(parsing: patch)).applied(to: JSONValue(parsing: document))
                .description
        }
        #expect(
            try apply(#"[{"op":"move","from":"/a","path":"/b/0"}]"#, #"{"a":1,"b":[2]}"#)
                == #"{"b":[1,2]}"#
        )
        #expect(
            try apply(#"[{"op":"copy","from":"/a","path":"/b"}]"#, #"{"a":[1]}"#)
                == #"{"a":[1],"b":[1]}"#
        )
        #expect(
            try apply(#"[{"op":"add","path":"/a/-","value":3}]"#, #"{"a":[1]}"#) == #"{"a":[1,3]}"#
        )
        let failures: [(String, ShadowPatchError.Violation)] = [
            (#"[{"op":"test","path":"/a","value":2}]"#, .testFailed),
            (#"[{"op":"remove","path":"/x"}]"#, .missing),
            (#"[{"op":"replace","path":"/x","value":1}]"#, .missing),
            (#"[{"op":"move","from":"/a","path":"/a/b"}]"#, .intoItself),
            (#"[{"op":"add","path":"/l/2","value":1}]"#, .outOfRange),
            (#"[{"op":"add","path":"/l/01","value":1}]"#, .outOfRange),
            (#"[{"op":"jump","path":"/l"}]"#, .malformed),
            (#"{}"#, .malformed),
        ]
        for (patch, violation) in failures {
            #expect(throws: ShadowPatchError(violation, step: 0), "\(patch)") {
                try apply(patch, #"{"a":1,"l":[0]}"#)
            }
        }
    }

    @Test("the law of the three-way merge", arguments: 1...200)
    func threeWayMerge(seed: Int) throws {
        var generator = RequestGenerator(random: SplitMix64(seed: UInt64(seed)))
        func side(_ state: JSONObject) -> ThreeWayMerge.Side {
            let time = generator.random.below(3)
            let metadata = NaiveShadow.metadata(.object(state), time).object ?? JSONObject()
            return ThreeWayMerge.Side(state: state, metadata: metadata)
        }
        let base = generator.object(3)
        let (a, b) = (side(generator.object(3)), side(generator.object(3)))
        let merged = ThreeWayMerge(base: base, a, b)
        #expect(merged == ThreeWayMerge(base: base, b, a))
        #expect(ThreeWayMerge(base: base, a, a).state == a.state)
        #expect(ThreeWayMerge(base: base, side(base), b).state == b.state)
        #expect(ThreeWayMerge(base: base, side(base), b).conflicts.isEmpty)
    }

    @Test("both writers' changes stand; the later one decides a conflict; a value beats a removal")
    func mergeRules() throws {
        func object(_ text: String) throws -> JSONObject {
            try #require(try JSONValue(parsing: text).object)
        }
        let base = try object(#"{"a":1,"b":1,"c":1,"d":{"x":1}}"#)
        let first = ThreeWayMerge.Side(
            state: try object(#"{"a":2,"b":2,"d":{"x":1,"y":1}}"#),
            metadata: try object(#"{"b":{"timestamp":5}}"#)
        )
        let second = ThreeWayMerge.Side(
            state: try object(#"{"a":1,"b":3,"c":4,"d":{"x":2}}"#),
            metadata: try object(#"{"b":{"timestamp":4}}"#)
        )
        let merged = ThreeWayMerge(base: base, first, second)
        #expect(merged.state == (try object(#"{"a":2,"b":2,"c":4,"d":{"x":2,"y":1}}"#)))
        #expect(merged.conflicts.map(\.description) == ["/b", "/c"])
    }

    @Test("a stream gives deltas of its shadow, the newest where the reader is slow")
    func streams() async throws {
        let hub = DeltaStream()
        let key = try ShadowKey(thing: "a")
        let stream = hub.deltas(of: key)
        #expect(hub.isRead(key))
        var stored = StoredShadow.absent
        for value in 1...3 {
            let text = #"{"state":{"desired":{"a":\#(value)}}}"#
            let change = try engine.update(stored, with: request(text), at: .epoch)
            hub.publish(change, of: key)
            hub.publish(change, of: try ShadowKey(thing: "b"))
            stored = .live(change.next)
        }
        for await delta in stream {
            #expect(delta.version == 3 && delta.state == JSONObject([("a", 3)]))
            break
        }
    }

    @Test("files: a document is read back as it was written, and a difference leads to the other")
    func files() throws {
        let text =
            #"{"state":{"desired":{"a":{"b":1,"c":[1]}},"reported":{"x":1}},"version":7,"#
            + #""metadata":{"desired":{"a":{"b":{"timestamp":9}}}}}"#
        let file = try ShadowFile(parsing: Array(text.utf8).span)
        #expect(file.shadow.version == 7)
        let again = try ShadowFile(parsing: file.text.span)
        #expect(again == file)
        let times = file.shadow.desiredMetadata?["a"]
        #expect(times == ["b": ["timestamp": 9], "c": [["timestamp": 0]]])
        let other = try ShadowFile(parsing: Array(#"{"desired":{"a":{"c":[1]}}}"#.utf8).span)
        let difference = try #require(file.difference(to: other))
        #expect(
            difference.description == #"{"state":{"desired":{"a":{"b":null}},"reported":null}}"#
        )
        let payload = Array(difference.description.utf8)
        let change = try file.applying(payload.span, at: .epoch)
        #expect(change.next.state == other.shadow.state && change.next.version == 8)
        #expect(other.difference(to: other) == nil)
        #expect(file.patch(to: other).operations.count == 2)
    }

    @Test("stored bytes are read back; changed ones are refused or read as JSON", arguments: 1...20)
    func storedBytes(seed: Int) throws {
        var generator = RequestGenerator(random: SplitMix64(seed: UInt64(seed)))
        var text = generator.request(version: 0).object ?? JSONObject()
        text["version"] = nil
        let change = try engine.update(
            .absent,
            with: request(JSONValue.object(text).description),
            at: WallClock(seconds: 7)
        )
        let bytes = StoredShadow.live(change.next).serialized
        #expect(try stored(bytes) == .live(change.next))
        for index in bytes.indices {
            var changed = bytes
            changed[index] = UInt8(truncatingIfNeeded: generator.random.next())
            guard let other = try? stored(changed) else { continue }
            #expect(isJSON(other.shadow?.document ?? Array("{}".utf8)))
        }
        #expect(throws: ShadowStorageError(.unknownFormat(9), at: 0)) {
            try stored([9])
        }
        for count in 1..<bytes.count where count % 3 == 0 {
            #expect((try? stored(Array(bytes[..<count]))) == nil)
        }
        let tombstone = StoredShadow.tombstone(version: 5, expires: WallClock(seconds: -1))
        #expect(try stored(tombstone.serialized) == tombstone)
        #expect(try stored([]) == .absent)
    }
}
