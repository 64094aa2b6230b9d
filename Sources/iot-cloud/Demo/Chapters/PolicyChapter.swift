#if Endpoint
internal import MQTTCodec

/// The device tries what its policy does not allow; nobody hears of it.
struct PolicyChapter {
    let stage: Stage
    let console: DeviceClient
    let device: StoryDevice

    func play() async throws {
        let timeline = stage.timeline
        let lamp = try device.client()
        let foreign = try await lamp.publish(
            "device/lamp-8/sensor/t1/v1",
            #"{"temperature": 99, "color": "blue"}"#
        )
        timeline.check(
            "another device's topic: PUBACK says not authorised",
            foreign == .notAuthorized,
            found: code(foreign)
        )
        let subscription = try await lamp.subscribe("#", "device/\(Stage.device)/commands")
        timeline.check(
            "the subscription to everything is refused, the one to its commands is not",
            subscription == [.notAuthorized, .grantedQoS1],
            found: subscription.map(code).joined(separator: ", ")
        )
        let forged = try await console.publish(
            "$aws/events/presence/connected/ghost",
            #"{"clientId":"ghost"}"#
        )
        timeline.check(
            "not even the console speaks with the endpoint's voice",
            forged == .notAuthorized,
            found: code(forged)
        )
        let other = await device.attempt(as: "lamp-8")
        timeline.check("another device's name is refused", other != nil, found: other ?? "let in")

        // What comes after everything above shows that nothing of it has come.
        try await lamp.publish("device/\(Stage.device)/status", #"{"status":"online"}"#)
        _ = try await console.next("device/\(Stage.device)/status")
        let leaked = try await console.waiting("device/lamp-8/#")
        let alerts = try await console.waiting("alerts/#")
        let ghosts = try await console.waiting("$aws/events/presence/connected/ghost")
        timeline.check(
            "nobody received any of it, and no rule saw it",
            leaked + alerts + ghosts == 0
        )
    }

    private func code(_ code: ReasonCode) -> String { "0x" + String(code.rawValue, radix: 16) }
}
#endif
