#if Endpoint
import CloudEndpoint
import DeviceRegistration
import Foundation
import Testing
import X509Verification

/// Just-in-time registration over real TLS: openssl s_client, mosquitto_pub and awsiotsdk.
@Suite(
    "Just-in-time registration with three TLS stacks",
    .enabled(if: Program.isInstalled(Program.mosquittoPub, for: "mosquitto"))
)
struct JITRClientTests {
    /// A client that connects once with a device's certificate.
    enum Client: String, CaseIterable {
        case openssl12, openssl13, mosquitto, sdk3, sdk5

        var isInstalled: Bool { rawValue.hasPrefix("sdk") ? Program.hasDeviceSDKs : true }
    }

    private static let activates: ActivationHook = { _ in
        .activate(policies: ["device"], thing: nil)
    }

    /// Connects once: whether CONNACK said yes.
    private func connect(
        _ client: Client,
        _ harness: RegistryHarness,
        _ device: TestAuthority.Issued,
        name: String
    ) async throws -> Bool {
        switch client {
        case .mosquitto: return try await harness.publish(device).status == 0
        case .openssl12, .openssl13:
            // CONNECT of MQTT 3.1.1 with a keep-alive of one second: the endpoint ends it then.
            let connect = "\u{10}\u{0D}\u{0}\u{4}MQTT\u{4}\u{2}\u{0}\u{1}\u{0}\u{1}a"
            let result = try await ChildProcess.run(
                "/usr/bin/timeout",
                [
                    "60", "/usr/bin/openssl", "s_client", "-connect",
                    "localhost:\(harness.secure)", "-servername", "localhost", "-CAfile",
                    harness.authority.certificateFile, "-cert", device.certificateFile, "-key",
                    device.keyFile, "-quiet", client == .openssl12 ? "-tls1_2" : "-tls1_3",
                ],
                input: connect
            )
            return result.output.hasPrefix("\u{20}\u{2}\u{0}\u{0}")
        case .sdk3, .sdk5: return try await run(client, harness, name, "refused").status != 0
        }
    }

    private func run(
        _ client: Client,
        _ harness: RegistryHarness,
        _ name: String,
        _ mode: String
    ) async throws -> ChildProcess.Result {
        let script = Program.root.appendingPathComponent(
            "Tests/InteropTests/Clients/jitr_client.py"
        )
        return try await ChildProcess.run(
            Program.python,
            [
                script.path, "\(harness.secure)", harness.authority.folder.path, name,
                client == .sdk3 ? "3" : "5", mode,
            ]
        )
    }

    @Test(
        "§4: a fresh certificate is registered, with an event, activated, and connects again",
        arguments: Client.allCases.filter(\.isInstalled)
    )
    func registered(client: Client) async throws {
        try await RegistryHarness.run(hook: Self.activates) { harness in
            let listener = try ChildProcess(
                "/usr/bin/stdbuf",
                [
                    "-oL", Program.mosquittoSub, "-d", "-p", "\(harness.plain)", "-t",
                    "$aws/events/certificates/registered/+", "-v", "-W", "300",
                ]
            )
            let isListening = try await listener.waitForOutput("Subscribed (mid")
            #expect(isListening)
            let device = try harness.authority.issue("fresh")
            if client == .sdk3 || client == .sdk5 {
                let result = try await run(client, harness, "fresh", "register")
                #expect(result.status == 0, "\(result.errors)")
            } else {
                var attempts = 1
                while try await !connect(client, harness, device, name: "fresh") {
                    attempts += 1
                    try #require(attempts < 100)
                    try await Task.sleep(for: .milliseconds(100))
                }
                #expect(attempts > 1)
            }
            let authority = harness.authority.certificate.id(crypto: harness.crypto)
            let isTold = try await listener.waitForOutput("registered/\(authority) ", seconds: 60)
            #expect(isTold)
            listener.signal(SIGKILL)
            let output = await listener.wait().output
            #expect(output.contains("\"certificateId\":\"\(device.id)\""))
            let registered = try await harness.waitForAudit(of: device) { $0.event == "registered" }
            #expect(registered?.authority?.rawValue == authority)
            let active = try await harness.waitForAudit(of: device) { $0.after == "ACTIVE" }
            #expect(active?.before == "PENDING_ACTIVATION")
            let admitted = try await harness.waitForAudit(of: device) { $0.verdict == "admitted" }
            #expect(admitted != nil)
        }
    }

    @Test(
        "§4 step 5: each wrong certificate is refused, stored nowhere, and its reason is on record",
        arguments: Client.allCases.filter(\.isInstalled)
    )
    func refused(client: Client) async throws {
        let other = try TestAuthority("Another authority")
        try await RegistryHarness.run(hook: Self.activates) { harness in
            func copy(_ device: TestAuthority.Issued, _ name: String) throws {
                for (file, suffix) in [(device.certificateFile, "pem"), (device.keyFile, "key")] {
                    let target = harness.authority.folder.appendingPathComponent(
                        "\(name).\(suffix)"
                    )
                    guard target.path != file else { continue }
                    try FileManager.default.copyItem(atPath: file, toPath: target.path)
                }
            }
            let wrong = [
                ("foreign", try other.issue("foreign"), "issuer_unknown"),
                (
                    "expired", try harness.authority.issue("expired", from: -7_200, until: -3_600),
                    "expired"
                ),
                ("tampered", try harness.authority.issueTampered("tampered"), "signature_invalid"),
                ("self", try harness.authority.issueSelfSigned("self"), "issuer_unknown"),
            ]
            for (name, device, rule) in wrong {
                try copy(device, name)
                let isIn = try await connect(client, harness, device, name: name)
                #expect(!isIn, "\(name)")
                let row = try await harness.waitForAudit(of: device) { $0.verdict == "refused" }
                #expect(row?.rule == rule, "\(name)")
                let id = try #require(CertificateID(device.id))
                #expect(try await harness.database.certificate(id) == nil, "\(name)")
            }
            let revoked = try harness.authority.issue("revoked")
            let isIn = try await harness.publishUntilIn(revoked)
            #expect(isIn)
            let id = try #require(CertificateID(revoked.id))
            let refusal = await harness.registry.setStatus(.revoked, of: id)
            #expect(refusal == nil)
            let isInAgain = try await connect(client, harness, revoked, name: "revoked")
            #expect(!isInAgain)
            let row = try await harness.waitForAudit(of: revoked) {
                $0.rule == "certificate_revoked"
            }
            #expect(row?.verdict == "refused")
        }
        withExtendedLifetime(other) {}
    }

    @Test(
        "a saved TLS session of a certificate that was revoked since is refused at CONNECT",
        .enabled(if: Program.isInstalled(Program.python, for: "TLS sessions")),
        arguments: ["1.2", "1.3"]
    )
    func resumed(version: String) async throws {
        try await RegistryHarness.run(hook: Self.activates) { harness in
            let device = try harness.authority.issue("lamp")
            let isIn = try await harness.publishUntilIn(device)
            #expect(isIn)
            let script = Program.root.appendingPathComponent(
                "Tests/InteropTests/Clients/resumed_client.py"
            )
            let child = try ChildProcess(
                Program.python,
                [script.path, "\(harness.secure)", harness.authority.folder.path, version]
            )
            let isResumed = try await child.waitForOutput("resumed", seconds: 60)
            #expect(isResumed)
            let id = try #require(CertificateID(device.id))
            let refusal = await harness.registry.setStatus(.revoked, of: id)
            #expect(refusal == nil)
            let result = await child.wait()
            #expect(result.status == 0, "\(result.errors)")
        }
    }
}
#endif
