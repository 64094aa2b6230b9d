#if Endpoint
internal import JSONDocument
internal import MQTTCodec

/// The line goes dead: the will is published, the event says why, the session waits.
struct PresenceChapter {
    let stage: Stage
    let console: DeviceClient
    let device: StoryDevice

    func play() async throws {
        let timeline = stage.timeline
        timeline.did(Stage.device, "loses its connection, without DISCONNECT")
        try await device.client().cut()

        let will = try await console.next("device/\(Stage.device)/status")
        timeline.check(
            "the last will is published",
            Timeline.shown(will.payload) == StoryDevice.will
        )
        let gone = try await event("disconnected")
        timeline.check(
            "the event says that the device did not mean to leave",
            gone["clientInitiatedDisconnect"] == false
                && gone["disconnectReason"] == "CONNECTION_LOST",
            found: gone["disconnectReason"]?.string ?? ""
        )
        let command = #"{"command":"blink","times":3}"#
        try await console.publish("device/\(Stage.device)/commands", command)

        let refusal = await device.attempt(cleanStart: false)
        timeline.check("it is let in again", refusal == nil, found: refusal ?? "")
        timeline.check("its session was kept", device.sessionWasPresent)
        let waiting = try await device.client().next("device/\(Stage.device)/commands")
        timeline.check(
            "and so was the command that was sent meanwhile",
            Timeline.shown(waiting.payload) == command
        )
        let back = try await event("connected")
        let versions = [gone, back].map { $0["versionNumber"]?.number?.int64 ?? 0 }
        timeline.check(
            "the events are numbered, so that a late one can be told",
            versions[1] == versions[0] + 1,
            found: "\(versions[0]), then \(versions[1])"
        )
    }

    private func event(_ name: String) async throws -> JSONValue {
        let topic = "$aws/events/presence/\(name)/\(Stage.device)"
        return try JSONValue(parsing: try await console.next(topic).payload.span)
    }
}
#endif
