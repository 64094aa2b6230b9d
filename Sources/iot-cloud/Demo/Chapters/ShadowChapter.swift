#if Endpoint
internal import JSONDocument
internal import MQTTCodec

/// The console asks for a state, the device reports it, and who comes late is told.
struct ShadowChapter {
    let stage: Stage
    let console: DeviceClient
    let device: StoryDevice

    private let shadow = "$aws/things/\(Stage.device)/shadow"

    func play() async throws {
        let timeline = stage.timeline
        let lamp = try device.client()
        let granted = try await lamp.subscribe(
            shadow + "/update/accepted",
            shadow + "/update/delta"
        )
        timeline.check("the device listens to its shadow", granted.allSatisfy { !$0.isError })

        try await console.publish(
            shadow + "/update",
            #"{"state":{"desired":{"power":"on","brightness":80}},"clientToken":"console-1"}"#
        )
        let delta = try await answer(lamp, "/update/delta")
        timeline.check(
            "the device gets what is desired and not yet so",
            delta["state"] == ["power": "on", "brightness": 80] && delta["version"] == 1
                && delta["clientToken"] == "console-1"
        )
        _ = try await answer(lamp, "/update/accepted")
        try await lamp.publish(
            shadow + "/update",
            #"{"state":{"reported":{"power":"on","brightness":80}},"clientToken":"lamp-1"}"#
        )
        let accepted = try await answer(lamp, "/update/accepted")
        timeline.check(
            "its report is accepted under its own token, as version 2",
            accepted["clientToken"] == "lamp-1" && accepted["version"] == 2
        )
        try await console.publish(shadow + "/get", #"{"clientToken":"console-2"}"#)
        let document = try await answer(console, "/get/accepted")
        timeline.check(
            "the document has both sides and no delta",
            document["state"]?["reported"] == ["power": "on", "brightness": 80]
                && document["state"]?["desired"] == document["state"]?["reported"]
                && document["state"]?["delta"] == nil && document["clientToken"] == "console-2"
        )
        try await readOverHTTPS()
        try await console.publish(
            shadow + "/update",
            #"{"state":{"desired":{"power":"off"}},"version":1,"clientToken":"console-3"}"#
        )
        let rejected = try await answer(console, "/update/rejected")
        timeline.check(
            "an update against an old version is a conflict",
            rejected["code"] == 409 && rejected["clientToken"] == "console-3",
            found: rejected["message"]?.string ?? ""
        )
        let surplus = try await lamp.waiting(shadow + "/update/delta")
        timeline.check("and the device hears nothing of it", surplus == 0)
    }

    /// The same document by REST, for whom a policy allows it.
    private func readOverHTTPS() async throws {
        let path = "/things/\(Stage.device)/shadow"
        let (timeline, port) = (stage.timeline, stage.https)
        timeline.did("console", "GET https://localhost:\(port)\(path)")
        let read = try await WebRequest.get(path, as: console.identity, from: port)
        let document = try JSONValue(parsing: read.body.span)
        timeline.check(
            "over HTTPS the console's certificate reads the same version",
            read.status == 200 && document["version"] == 2
        )
        let refused = try await WebRequest.get(path, as: device.identity, from: port)
        timeline.check(
            "the device's does not: its policy allows it MQTT alone",
            refused.status == 403 && refused.errorType == "ForbiddenException",
            found: "\(refused.status) \(refused.errorType)"
        )
    }

    private func answer(_ client: DeviceClient, _ topic: String) async throws -> JSONValue {
        try JSONValue(parsing: try await client.next(shadow + topic).payload.span)
    }
}
#endif
