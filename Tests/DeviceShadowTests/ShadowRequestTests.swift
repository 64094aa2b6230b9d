import DeviceShadow
import IoTTime
import JSONDocument
import Testing

@Suite("Shadow service §2, §7, §8: requests, rejections, limits")
struct ShadowRequestTests {
    private func read(
        _ text: String,
        _ limits: ShadowLimits = .default
    ) throws -> ShadowRequest {
        try ShadowRequest(parsing: Array(text.utf8).span, limits: limits)
    }

    private func rejection(_ text: String, _ limits: ShadowLimits = .default) -> ShadowRejection? {
        do {
            _ = try read(text, limits)
            return nil
        } catch {
            return error as? ShadowRejection
        }
    }

    @Test(
        "§7 each rule is named, with the byte where it is broken",
        arguments: [
            (#"{"state":{}} x"#, .invalidJSON, 13),
            (#"[]"#, .invalidJSON, 0),
            (#"{"stat":{}}"#, .missingState, 0),
            (#"{"state":5}"#, .stateNotObject, 9),
            (#"{"state":{"desired":[]}}"#, .desiredNotObject, 20),
            (#"{"state":{"reported":1}}"#, .reportedNotObject, 21),
            (#"{"state":{"x":1}}"#, .invalidNode(name: "x"), 10),
            (#"{"state":{},"version":1.0}"#, .invalidVersion, 22),
            (#"{"state":{},"version":"1"}"#, .invalidVersion, 22),
            (#"{"state":{},"version":null}"#, .invalidVersion, 22),
            (#"{"state":{},"version":-1}"#, .invalidVersion, 22),
            (#"{"state":{},"clientToken":null}"#, .invalidClientToken, 26),
            (#"{"state":{"desired":{"a":[{"b":null}]}}}"#, .invalidNode(name: nil), 31),
        ] as [(String, ShadowRejection.Violation, Int)]
    )
    func names(text: String, violation: ShadowRejection.Violation, offset: Int) {
        #expect(rejection(text) == ShadowRejection(violation, at: offset))
    }

    @Test("§2 the order of the checks: the first rule counts, the token comes before it")
    func order() {
        let text = #"{"version":"x","state":{"y":1,"desired":5},"clientToken":"t"}"#
        #expect(rejection(text)?.violation == .invalidNode(name: "y"))
        #expect(rejection(text)?.clientToken == ClientToken("t"))
        let section = #"{"version":"x","state":{"desired":5}}"#
        #expect(rejection(section)?.violation == .desiredNotObject)
        let version = #"{"version":"x","state":{"desired":{"a":[null]}}}"#
        #expect(rejection(version)?.violation == .invalidVersion)
        let depth = #"{"state":{"desired":{"n":[null],"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}"#
        #expect(rejection(depth)?.violation == .tooDeep(maximum: 6))
    }

    @Test("§7 what is no UTF-8 is 415 wherever it stands, also behind a fault of JSON")
    func encoding() {
        for bytes in [[0x7B, 0xFF], Array(#"{"state" 5, "#.utf8) + [0xC3, 0x28]] as [[UInt8]] {
            #expect(
                throws: ShadowRejection(
                    .unsupportedEncoding,
                    at: bytes.count - (bytes.count == 2 ? 1 : 2)
                )
            ) {
                try ShadowRequest(parsing: bytes.span)
            }
        }
    }

    @Test("§8 depth: 6 levels with content, empty ones do not count")
    func depth() throws {
        let six = #"{"state":{"desired":{"a":{"a":{"a":{"a":{"a":{}}}}}}}}"#
        let array = #"{"state":{"desired":{"a":{"a":{"a":{"a":[[]]}}}}}}"#
        let seven = #"{"state":{"desired":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}"#
        _ = try read(six)
        _ = try read(array)
        #expect(rejection(seven)?.violation == .tooDeep(maximum: 6))
        _ = try read(seven, ShadowLimits(maximumDepth: 7))
        let deep = String(repeating: "[", count: 600)
        #expect(rejection("{\"state\":\(deep)")?.violation == .tooDeep(maximum: 6))
    }

    @Test("§8 a client token of 64 bytes passes, of 65 not; escapes count as what they stand for")
    func clientToken() throws {
        func text(_ token: String) -> String { "{\"state\":{},\"clientToken\":\"\(token)\"}" }
        let limit = String(repeating: "x", count: 64)
        #expect(try read(text(limit)).clientToken == ClientToken(limit))
        #expect(rejection(text(limit + "x"))?.violation == .invalidClientToken)
        let escaped = String(repeating: "\\u00e9", count: 32)
        #expect(
            try read(text(escaped)).clientToken?.description == String(repeating: "é", count: 32)
        )
        #expect(rejection(text(escaped + "x"))?.violation == .invalidClientToken)
    }

    @Test("§8 a payload of the limit passes, of one byte more not")
    func requestLength() throws {
        let text = #"{"state":{}}"#
        _ = try read(text, ShadowLimits(maximumRequestLength: 12))
        let refused = self.rejection(text, ShadowLimits(maximumRequestLength: 11))
        #expect(refused?.violation == .tooLarge && refused?.code == 413)
    }

    @Test(
        "§8 state is measured as text with the shortest escapes",
        arguments: [(12, true), (11, false)]
    )
    func stateLength(limit: Int, passes: Bool) throws {
        let request = try read(#"{"state":{"desired": { "\u0061" : "\u00e9\n" }}}"#)
        let engine = ShadowEngine(limits: ShadowLimits(maximumStateLength: limit))
        let change = try? engine.update(.absent, with: request, at: .epoch)
        #expect((change != nil) == passes)
        if let change { #expect(change.next.stateLength == 12) }
    }

    @Test("§3 version 0 asks for a shadow that is not there, also after a deletion")
    func versionZero() throws {
        let engine = ShadowEngine()
        let key = try ShadowKey(thing: "a")
        let first = try read(#"{"state":{},"version":0}"#)
        let live = try engine.update(.absent, with: first, at: .epoch).next
        #expect(throws: ShadowRejection(.versionConflict)) {
            try engine.update(.live(live), with: first, at: .epoch)
        }
        let tombstone = try engine.delete(.live(live), of: key, at: .epoch).next
        #expect(try engine.update(tombstone, with: first, at: .epoch).next.version == 3)
        let huge = try read(#"{"state":{},"version":123456789012345678901234567890}"#)
        #expect(throws: ShadowRejection(.versionConflict)) {
            try engine.update(.live(live), with: huge, at: .epoch)
        }
    }

    @Test("§6 a get takes an empty payload or an object; a deletion takes anything")
    func payloads() throws {
        func get(_ text: String) throws -> ClientToken? {
            var reader = ShadowRequestReader()
            return try reader.get(Array(text.utf8).span)
        }
        func delete(_ text: String) -> ClientToken? {
            var reader = ShadowRequestReader()
            return reader.delete(Array(text.utf8).span)
        }
        #expect(try get("") == nil)
        #expect(try get("{}") == nil)
        #expect(try get(#"{"clientToken":"a"}"#) == ClientToken("a"))
        #expect(throws: ShadowRejection(.invalidJSON, at: 0)) { try get("x") }
        #expect(throws: ShadowRejection(.invalidClientToken, at: 15)) {
            try get(#"{"clientToken":5}"#)
        }
        #expect(delete("x") == nil)
        #expect(delete(#"{"clientToken":5}"#) == nil)
        #expect(delete(#"{"clientToken":"a"}"#) == ClientToken("a"))
    }

    @Test("§8 names: 128 bytes for things, 64 for shadows, dollar only in shadows")
    func keys() throws {
        let name = String(repeating: "x", count: 64)
        _ = try ShadowKey(thing: name + name, name: name)
        _ = try ShadowKey(thing: "a:b_c-D9", name: "$a:b_c-D9")
        #expect(throws: ShadowRejection(.invalidThingName)) {
            try ShadowKey(thing: name + name + "x")
        }
        #expect(throws: ShadowRejection(.invalidThingName)) { try ShadowKey(thing: "") }
        #expect(throws: ShadowRejection(.invalidThingName)) { try ShadowKey(thing: "$a", name: "") }
        #expect(throws: ShadowRejection(.invalidShadowName)) {
            try ShadowKey(thing: "a", name: name + "x")
        }
        #expect(throws: ShadowRejection(.invalidShadowName)) {
            try ShadowKey(thing: "a", name: "é")
        }
    }

    @Test("§7 a name that a client chose is escaped in the answer, and cut")
    func echo() throws {
        let text = #"{"state":{"\"\n\#(String(repeating: "x", count: 500))":1}}"#
        let refused = try #require(self.rejection(text))
        let answer = try JSONValue(parsing: refused.payload(at: .epoch).span)
        let message = try #require(answer["message"]?.string)
        #expect(message.hasPrefix("State contains an invalid node: '\"\nxxx"))
        #expect(message.utf8.count < 200)
    }
}
