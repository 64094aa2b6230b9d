import DeviceShadow
import IoTTime
import JSONDocument

/// Requests, one behind the other with a byte 0 between them, on one shadow; stored bytes; topics.
@Sendable func fuzzShadowRequest(_ bytes: UnsafeRawBufferPointer) {
    let input = Array(bytes)
    switch input.first {
    case 0x11, 0x12: fuzzStoredShadow(input)
    case 0x24: fuzzShadowTopic(input)
    default: fuzzShadowRequests(input)
    }
}

private let shadowKey = try? ShadowKey(thing: "lamp", name: "a")

private func fuzzShadowRequests(_ input: [UInt8]) {
    guard let shadowKey else { return }
    var stored = StoredShadow.absent
    var reader = ShadowRequestReader()
    var second: Int64 = 1_700_000_000
    for payload in input.split(separator: 0, maxSplits: 7, omittingEmptySubsequences: false) {
        second += 50_000
        let now = WallClock(seconds: second)
        // The first byte may name another operation than an update.
        let operation: ShadowTopic.Operation =
            switch payload.first {
            case 0x67: .get
            case 0x64: .delete
            default: .update
            }
        let text = Array(operation == .update ? payload : payload.dropFirst())
        let reaction: ShadowReaction
        do throws(ShadowRejection) {
            let transaction = try ShadowTransaction(
                operation,
                on: shadowKey,
                payload: text.span,
                at: now,
                reader: &reader
            )
            reaction = transaction.attempt(on: stored)
        } catch {
            let answer = try? JSONValue(parsing: error.payload(at: now).span)
            precondition(answer?["code"]?.number?.int64 == Int64(error.code))
            precondition((error.offset ?? 0) <= text.count)
            continue
        }
        for message in reaction.messages {
            precondition((try? JSONValue(parsing: message.payload.span))?.object != nil)
        }
        guard let outcome = reaction.outcome else { continue }
        check(outcome, after: stored)
        stored = outcome
    }
}

/// What must hold of a shadow that an update has made.
private func check(_ outcome: StoredShadow, after previous: StoredShadow) {
    // Marks of the delta and the length, kept across updates, are those made from scratch.
    precondition((try? StoredShadow(serialized: outcome.serialized.span)) == outcome)
    guard let shadow = outcome.shadow else { return }
    precondition(shadow.version > previous.shadow?.version ?? 0)
    precondition(shadow.stateLength <= ShadowLimits.default.maximumStateLength)
    let document = try? JSONValue(parsing: shadow.document.span)
    precondition(document?["state"]?["desired"]?.object == shadow.desired)
    precondition(document?["metadata"]?["reported"]?.object == shadow.reportedMetadata)
    // Reporting what is wanted leaves nothing to want.
    guard let delta = shadow.delta else { return }
    var state = JSONObject()
    state["reported"] = .object(delta)
    var request = JSONObject()
    request["state"] = .object(state)
    let text = Array(JSONValue.object(request).description.utf8)
    let engine = ShadowEngine(limits: ShadowLimits(maximumStateLength: 1 << 20))
    guard let report = try? ShadowRequest(parsing: text.span),
        let change = try? engine.update(outcome, with: report, at: WallClock(seconds: 1))
    else { preconditionFailure("a delta cannot be reported") }
    precondition(!change.next.hasDelta)
}

private func fuzzStoredShadow(_ input: [UInt8]) {
    guard let stored = try? StoredShadow(serialized: input.span) else { return }
    guard let shadow = stored.shadow else {
        precondition(stored.serialized == input)
        return
    }
    precondition((try? JSONValue(parsing: shadow.document.span)) != nil)
    let text = Array(#"{"state":{"desired":{"a":{"b":1}},"reported":{"a":[1,{"c":2}]}}}"#.utf8)
    guard let request = try? ShadowRequest(parsing: text.span) else { return }
    guard let change = try? ShadowEngine().update(stored, with: request, at: .epoch) else { return }
    precondition((try? JSONValue(parsing: change.documents().span)) != nil)
    let next = StoredShadow.live(change.next)
    precondition((try? StoredShadow(serialized: next.serialized.span)) == next)
}

private func fuzzShadowTopic(_ input: [UInt8]) {
    guard let topic = try? ShadowTopic(parsing: input.span) else { return }
    precondition(Array(topic.description.utf8) == input)
    precondition(ShadowTopic.isReserved(input.span))
}
