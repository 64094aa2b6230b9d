#if Endpoint
internal import CertificateTool
internal import CloudEndpoint
internal import DeviceRegistration
internal import JSONDocument
internal import MQTTCodec
internal import X509Verification

/// A device nobody has seen is registered by its first connection, activated, and comes back.
struct RegistrationChapter {
    let stage: Stage
    let console: DeviceClient

    func play() async throws -> StoryDevice {
        let timeline = stage.timeline
        try await refuseStranger()
        let issued = try stage.factory.issue(Stage.device, for: .client, days: 1)
        let device = StoryDevice(
            identity: try ClientIdentity(
                Stage.device,
                issued,
                trusting: stage.cloud.certificate
            ),
            stage: stage
        )
        timeline.did(Stage.device, "connects with certificate \(issued.id.prefix(12))…")
        let first = await device.attempt()
        timeline.check("the first connection is closed", first != nil, found: first ?? "let in")

        let event = try await console.next("$aws/events/certificates/registered/#")
        let payload = try JSONValue(parsing: event.payload.span)
        let authority = stage.factory.certificate.id(crypto: stage.registrar.crypto)
        timeline.check(
            "an event under the authority's identifier names the certificate",
            event.topicName.hasSuffix(authority)
                && payload["certificateId"]?.string == issued.id
                && payload["certificateStatus"]?.string == "PENDING_ACTIVATION"
        )
        var attempts = 1
        var refusal = await device.attempt()
        while refusal != nil, attempts < 100 {
            try await Task.sleep(for: .milliseconds(20))
            refusal = await device.attempt()
            attempts += 1
        }
        timeline.did(Stage.device, "tries again, \(attempts) time\(attempts == 1 ? "" : "s")")
        timeline.check("the activation hook lets it in", refusal == nil, found: refusal ?? "")
        let present = try await console.next("$aws/events/presence/connected/\(Stage.device)")
        let presence = try JSONValue(parsing: present.payload.span)
        timeline.check(
            "its presence names the certificate as principal",
            presence["principalIdentifier"]?.string == issued.id
        )
        let record = try await stage.registrar.store.certificate(tbsDigest: digest(issued))
        let history = try await stage.registrar.store.audit(of: CertificateID(issued.id))
        timeline.check(
            "the registry has it as ACTIVE, and its audit log how it came to be",
            record?.status == .active
                && history.contains {
                    $0.row.before == "PENDING_ACTIVATION" && $0.row.after == "ACTIVE"
                },
            found: history.map(\.row.event).joined(separator: ", ")
        )
        return device
    }

    private func digest(_ issued: LocalAuthority.Issued) -> [UInt8] {
        issued.certificate.tbsDigest(crypto: stage.registrar.crypto)
    }

    /// Another authority of the same name is not the registered one.
    private func refuseStranger() async throws {
        let stranger = try LocalAuthority("Lamp factory", days: 1)
        let issued = try stranger.issue(Stage.device, for: .client, days: 1)
        let device = StoryDevice(
            identity: try ClientIdentity("stranger", issued, trusting: stage.cloud.certificate),
            stage: stage
        )
        stage.timeline.did("stranger", "connects with a forged factory's certificate")
        let refusal = await device.attempt()
        let record = try await stage.registrar.store.certificate(tbsDigest: digest(issued))
        stage.timeline.check(
            "a forged authority of the same name is refused and leaves no trace",
            refusal != nil && record == nil
        )
    }
}
#endif
