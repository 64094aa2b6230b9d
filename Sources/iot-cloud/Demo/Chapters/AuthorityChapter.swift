#if Endpoint
internal import CertificateTool
internal import CloudEndpoint
internal import DeviceRegistration
internal import MQTTCodec

/// The factory's authority proves that it holds its key; the operator's console gets a certificate.
struct AuthorityChapter {
    let stage: Stage

    func play() async throws -> DeviceClient {
        let timeline = stage.timeline
        let code = try await stage.registrar.registrationCode(using: SystemRandomSource())
        timeline.did("operator", "asks for a registration code: \(code.prefix(12))…")

        let wrong = try stage.factory.issue("guessed", for: .proof, days: 1)
        let refusal = try await register(wrong)
        timeline.check(
            "a proof without the code is refused",
            refusal == "registration_code_mismatch",
            found: refusal
        )
        let proof = try stage.factory.issue(code, for: .proof, days: 1)
        let outcome = try await register(proof)
        timeline.check("a proof with the code registers the authority", outcome == "registered")

        let issued = try stage.factory.issue("console", for: .client, days: 1)
        let identity = try ClientIdentity("console", issued, trusting: stage.cloud.certificate)
        let record = try await stage.registrar.register(
            issued.certificate,
            status: .active,
            at: SystemClock.wall()
        )
        timeline.check(
            "the console's certificate is registered by hand",
            (try? record.get()) != nil
        )
        stage.policies.attach("console", to: issued.id)
        let (console, _) = try await DeviceClient.connect(
            identity,
            to: stage.mqtt,
            Connect(clientIdentifier: "console", keepAlive: 60),
            timeline
        )
        timeline.did("console", "connected over mutual TLS")
        let granted = try await console.subscribe(
            "$aws/events/certificates/#",
            "$aws/events/presence/#",
            "alerts/#",
            "device/#",
            "$aws/things/+/shadow/#"
        )
        timeline.check(
            "every subscription is granted at QoS 1",
            granted == Array(repeating: .grantedQoS1, count: 5)
        )
        return console
    }

    private func register(_ proof: LocalAuthority.Issued) async throws -> String {
        var registration = AuthorityRegistration(
            stage.factory.certificate,
            verification: proof.certificate
        )
        registration.setAsActive = true
        registration.allowsAutoRegistration = true
        switch try await stage.registrar.register(registration, at: SystemClock.wall()) {
        case .success: return "registered"
        case .failure(let error): return error.code
        }
    }
}
#endif
