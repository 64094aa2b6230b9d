#if Endpoint
import AccessPolicy
import CloudEndpoint
import DeviceRegistration
import Foundation
import IoTTime
import Logging
import Testing
import X509Verification
import X509VerificationOpenSSL

/// Just-in-time registration over real TLS with mosquitto_pub.
@Suite(
    "Just-in-time registration",
    .enabled(if: Program.isInstalled(Program.mosquittoPub, for: "mosquitto"))
)
struct RegistrationTests {
    private typealias Registry = DeviceRegistry<InMemoryRegistryStore>

    private struct Setting {
        let authority: TestAuthority
        let registry: Registry
        let secure: Int
        let plain: Int
    }

    private static func quiet() -> Logger {
        Logger(label: "audit") { _ in SwiftLogNoOpLogHandler() }
    }

    /// An authority that registers devices, and an endpoint that activates them by a hook.
    private func withRegistry(
        autoRegistration: Bool = true,
        activates: Bool = true,
        _ body: (Setting) async throws -> Void
    ) async throws {
        let authority = try TestAuthority()
        let policies = PolicyDirectory(auditLogger: Self.quiet())
        policies.setPolicy(
            "device",
            try PolicyDocument(
                """
                {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*",
                 "Resource": ["arn:aws:iot:local:000000000000:client/${iot:CertificateId}",
                              "arn:aws:iot:local:000000000000:topic/device/${iot:ClientId}/*",
                              "arn:aws:iot:local:000000000000:topicfilter/device/*"]}]}
                """
            )
        )
        policies.setPolicy(
            "listener",
            try PolicyDocument(
                """
                {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action":
                 ["iot:Connect", "iot:Subscribe", "iot:Receive"], "Resource": "*"}]}
                """
            )
        )
        policies.attach("listener", to: PolicyDirectory.anonymous)
        var settings = Registrar<InMemoryRegistryStore, OpenSSLCrypto>.Settings(
            accountID: "000000000000"
        )
        settings.limits = .default
        let registrar = Registrar(
            store: InMemoryRegistryStore(),
            crypto: OpenSSLCrypto(),
            settings: settings
        )
        var registration = AuthorityRegistration(authority.certificate, verification: nil)
        registration.mode = .sniOnly
        registration.setAsActive = true
        registration.allowsAutoRegistration = autoRegistration
        _ = try await registrar.register(registration, at: SystemClock.wall()).get()
        let activate: ActivationHook = { _ in
            .activate(policies: ["device"], thing: nil)
        }
        let registry = Registry(
            registrar,
            policies: policies,
            hook: activates ? activate : nil,
            auditLogger: Self.quiet()
        )
        try await withEndpoints {
            try $0.listenSecurely(authority, policies: policies, admission: registry)
            $0.listeners.append(.init(port: 0))
        } _: { addresses in
            try await body(
                Setting(
                    authority: authority,
                    registry: registry,
                    secure: addresses[0].port,
                    plain: addresses[1].port
                )
            )
        }
    }

    private func publish(
        _ setting: Setting,
        _ device: TestAuthority.Issued
    ) async throws -> ChildProcess.Result {
        try await ChildProcess.run(
            Program.mosquittoPub,
            [
                "-h", "localhost", "-p", "\(setting.secure)", "--cafile",
                setting.authority.certificateFile, "--cert", device.certificateFile, "--key",
                device.keyFile, "-V", "mqttv5", "-i", device.id, "-q", "1", "-t",
                "device/\(device.id)/state", "-m", "x",
            ]
        )
    }

    private func publishUntilIn(
        _ setting: Setting,
        _ device: TestAuthority.Issued
    ) async throws -> Bool {
        for _ in 0..<100 {
            let result = try await publish(setting, device)
            if result.status == 0 { return true }
            try await Task.sleep(for: .milliseconds(100))
        }
        return false
    }

    @Test("§4: registered at the first connection, with an event; active at a later one")
    func firstConnection() async throws {
        try await withRegistry { setting in
            let listener = try ChildProcess(
                "/usr/bin/stdbuf",
                [
                    "-oL", Program.mosquittoSub, "-d", "-p", "\(setting.plain)", "-t",
                    "$aws/events/#", "-v", "-W", "300",
                ]
            )
            let isListening = try await listener.waitForOutput("Subscribed (mid")
            #expect(isListening)
            let device = try setting.authority.issue("lamp")
            let first = try await publish(setting, device)
            #expect(first.status != 0)
            let isIn = try await publishUntilIn(setting, device)
            #expect(isIn)
            let isTold = try await listener.waitForOutput("certificates/registered/", seconds: 60)
            #expect(isTold)
            let isPresent = try await listener.waitForOutput(
                "presence/connected/\(device.id)",
                seconds: 60
            )
            #expect(isPresent)
            listener.signal(SIGKILL)
            let output = await listener.wait().output
            #expect(output.contains("\"certificateId\":\"\(device.id)\""))
            #expect(output.contains("\"certificateStatus\":\"PENDING_ACTIVATION\""))
        }
    }

    @Test("§4 step 4: one that waits for its activation stays out, and is in once it is active")
    func pending() async throws {
        try await withRegistry(activates: false) { setting in
            let device = try setting.authority.issue("lamp")
            for _ in 0..<3 {
                let result = try await publish(setting, device)
                #expect(result.status != 0)
            }
            let id = try #require(CertificateID(device.id))
            let refusal = await setting.registry.activate(id, policies: ["device"])
            #expect(refusal == nil)
            let result = try await publish(setting, device)
            #expect(result.status == 0, "\(result.errors)")
        }
    }

    @Test("§1: a revoked certificate stays out, its live connection ends, nothing brings it back")
    func revoked() async throws {
        try await withRegistry { setting in
            let device = try setting.authority.issue("lamp")
            let isIn = try await publishUntilIn(setting, device)
            #expect(isIn)
            let live = try ChildProcess(
                "/usr/bin/stdbuf",
                [
                    "-oL", Program.mosquittoSub, "-d", "-h", "localhost", "-p",
                    "\(setting.secure)", "--cafile", setting.authority.certificateFile, "--cert",
                    device.certificateFile, "--key", device.keyFile, "-V", "mqttv5", "-i",
                    device.id, "-t", "device/cmd", "-W", "300",
                ]
            )
            let isConnected = try await live.waitForOutput("received CONNACK (0)")
            #expect(isConnected)
            let id = try #require(CertificateID(device.id))
            let refusal = await setting.registry.setStatus(.revoked, of: id)
            #expect(refusal == nil)
            let isDropped = try await live.waitForOutput("Received DISCONNECT (135)", seconds: 60)
            #expect(isDropped)
            live.signal(SIGKILL)
            _ = await live.wait()
            let again = try await publish(setting, device)
            #expect(again.status != 0)
            let undone = await setting.registry.activate(id)
            #expect(undone != nil)
        }
    }

    @Test("§4 step 5: a foreign authority, and one that does not register by itself, are refused")
    func refused() async throws {
        let other = try TestAuthority("Another authority")
        try await withRegistry { setting in
            let foreign = try other.issue("lamp")
            for _ in 0..<3 {
                let result = try await publish(setting, foreign)
                #expect(result.status != 0)
            }
        }
        try await withRegistry(autoRegistration: false) { setting in
            let device = try setting.authority.issue("lamp")
            for _ in 0..<3 {
                let result = try await publish(setting, device)
                #expect(result.status != 0)
            }
        }
    }
}
#endif
