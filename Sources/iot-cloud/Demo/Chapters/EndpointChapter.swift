#if Endpoint
internal import HTTPRangeClient

/// The endpoint comes up and says that it is well.
enum EndpointChapter {
    static func play(in folder: String, _ timeline: Timeline) async throws -> Stage {
        let stage = try await Stage(in: folder, timeline)
        for address in stage.endpoint.addresses {
            timeline.did("endpoint", "listens on \(address)")
        }
        timeline.did("endpoint", "keeps registry, shadows and rule tables in \(folder)")
        let port = stage.http
        let answer = try await Stage.blocking {
            try RangeClient().fetch(HTTPLocation("http://127.0.0.1:\(port)/health"), limit: 1_024)
        }
        let text = answer.map { Timeline.shown($0.bytes) } ?? "nothing"
        timeline.check("GET /health answers", text == #"{"status":"ok"}"#, found: text)
        return stage
    }
}
#endif
