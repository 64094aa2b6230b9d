#if Endpoint
/// A device's life, from its first connection to a refused firmware image, played over real sockets.
struct Story {
    let timeline: Timeline

    /// Plays every chapter; the first that cannot go on ends the story.
    ///
    /// - Parameter folder: an empty folder.
    func play(in folder: String) async {
        guard
            let stage = try? await timeline.step(
                "endpoint",
                "The endpoint starts",
                { try await EndpointChapter.play(in: folder, timeline) }
            )
        else { return }
        // A failed step is on the timeline already.
        try? await play(on: stage)
        await stage.strike()
    }

    private func play(on stage: Stage) async throws {
        let console = try await timeline.step(
            "authority",
            "An authority of devices is registered, and an operator's console connects"
        ) { try await AuthorityChapter(stage: stage).play() }
        let device = try await timeline.step(
            "registration",
            "A device connects for the first time: just-in-time registration"
        ) { try await RegistrationChapter(stage: stage, console: console).play() }
        try await timeline.step(
            "telemetry",
            "Telemetry goes through a rule to three actions"
        ) { try await TelemetryChapter(stage: stage, console: console, device: device).play() }
        try await timeline.step(
            "shadow",
            "Command and control through the device's shadow"
        ) { try await ShadowChapter(stage: stage, console: console, device: device).play() }
        try await timeline.step(
            "policy",
            "What the policy does not allow is refused"
        ) { try await PolicyChapter(stage: stage, console: console, device: device).play() }
        try await timeline.step(
            "presence",
            "The device is cut off: last will, lifecycle events, and a session that waits"
        ) { try await PresenceChapter(stage: stage, console: console, device: device).play() }
        try await timeline.step(
            "file",
            "An encrypted file is fetched, interrupted and resumed"
        ) { try await FileChapter(stage: stage).play() }
        try await timeline.step(
            "firmware",
            "A signed firmware update; a rollback and a tampered image are refused"
        ) { try await FirmwareChapter(stage: stage).play() }
    }
}
#endif
