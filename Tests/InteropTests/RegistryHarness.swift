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

/// An endpoint with a registry in a file, inside the test process.
struct RegistryHarness {
    let authority: TestAuthority
    let database: RegistryDatabase
    let registry: DeviceRegistry<RegistryDatabase>
    let policies: PolicyDirectory
    /// The port of MQTT over TLS.
    let secure: Int
    /// The port of plain MQTT, for the principal `anonymous`, which may read everything.
    let plain: Int
    /// The port of HTTP.
    let http: Int

    static func quiet() -> Logger {
        Logger(label: "audit") { _ in SwiftLogNoOpLogHandler() }
    }

    /// What is set up before the endpoint starts.
    struct Setup {
        let authority: TestAuthority
        let registry: DeviceRegistry<RegistryDatabase>
        let resources: ProvisionedResources
        let policies: PolicyDirectory
        var configuration: CloudEndpoint.Configuration
    }

    static func run(
        hook: ActivationHook? = nil,
        setUp: (inout Setup) throws -> Void = { _ in },
        _ body: (RegistryHarness) async throws -> Void
    ) async throws {
        let authority = try TestAuthority()
        let policies = try policies()
        let database = try RegistryDatabase(
            path: authority.folder.appendingPathComponent("registry.sqlite").path,
            actor: "test"
        )
        let registrar = Registrar(
            store: database,
            crypto: OpenSSLCrypto(),
            settings: .init(accountID: "000000000000")
        )
        var registration = AuthorityRegistration(authority.certificate, verification: nil)
        registration.mode = .sniOnly
        registration.setAsActive = true
        registration.allowsAutoRegistration = true
        _ = try await registrar.register(registration, at: SystemClock.wall()).get()
        let resources = ProvisionedResources(database, directory: policies, logger: quiet())
        try await resources.refresh()
        let registry = DeviceRegistry(
            registrar,
            policies: policies,
            resources: resources,
            hook: hook,
            auditLogger: quiet()
        )
        var setup = Setup(
            authority: authority,
            registry: registry,
            resources: resources,
            policies: policies,
            configuration: CloudEndpoint.Configuration(listeners: [])
        )
        try setup.configuration.listenSecurely(
            authority,
            policies: policies,
            admission: registry
        )
        setup.configuration.listeners.append(.init(port: 0))
        setup.configuration.http = CloudEndpoint.HTTPConfiguration(listeners: [.init(port: 0)])
        try setUp(&setup)
        let watch = Task { try await RegistryWatch(registry).run() }
        defer { watch.cancel() }
        let configuration = setup.configuration
        try await withEndpoints {
            $0 = configuration
        } _: { addresses in
            func port(_ scheme: String) -> Int {
                addresses.first { $0.scheme == scheme }?.port ?? 0
            }
            try await body(
                RegistryHarness(
                    authority: authority,
                    database: database,
                    registry: registry,
                    policies: policies,
                    secure: port("mqtts"),
                    plain: port("mqtt"),
                    http: port("http")
                )
            )
        }
    }

    private static func policies() throws -> PolicyDirectory {
        let policies = PolicyDirectory(auditLogger: quiet())
        policies.setPolicy("device", try PolicyDocument(devicePolicy))
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
        return policies
    }

    /// A device may connect under any name, and use topics below `device/`.
    static let devicePolicy = """
        {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "iot:*", "Resource": [
          "arn:aws:iot:local:000000000000:client/*",
          "arn:aws:iot:local:000000000000:topic/device/*",
          "arn:aws:iot:local:000000000000:topicfilter/device/*"]}]}
        """

    var crypto: OpenSSLCrypto { OpenSSLCrypto() }

    /// mosquitto_pub with a device's certificate.
    func publish(_ device: TestAuthority.Issued) async throws -> ChildProcess.Result {
        try await ChildProcess.run(
            Program.mosquittoPub,
            [
                "-h", "localhost", "-p", "\(secure)", "--cafile", authority.certificateFile,
                "--cert", device.certificateFile, "--key", device.keyFile, "-V", "mqttv5", "-i",
                device.id, "-q", "1", "-t", "device/state", "-m", "x",
            ]
        )
    }

    /// mosquitto_pub until it is let in.
    func publishUntilIn(_ device: TestAuthority.Issued) async throws -> Bool {
        for _ in 0..<100 {
            if try await publish(device).status == 0 { return true }
            try await Task.sleep(for: .milliseconds(100))
        }
        return false
    }

    /// A client that stays, connected with a device's certificate.
    func stay(_ device: TestAuthority.Issued) async throws -> ChildProcess {
        let live = try ChildProcess(
            "/usr/bin/stdbuf",
            [
                "-oL", Program.mosquittoSub, "-d", "-h", "localhost", "-p", "\(secure)",
                "--cafile", authority.certificateFile, "--cert", device.certificateFile, "--key",
                device.keyFile, "-V", "mqttv5", "-i", device.id + "-live", "-t", "device/cmd",
                "-W", "300",
            ]
        )
        let isConnected = try await live.waitForOutput("Subscribed (mid", seconds: 60)
        #expect(isConnected)
        return live
    }

    /// Waits for a line of the audit log about a certificate.
    func waitForAudit(
        of device: TestAuthority.Issued,
        _ isRight: (AuditRow) -> Bool
    ) async throws -> AuditRow? {
        let id = try #require(CertificateID(device.id))
        for _ in 0..<300 {
            let rows = try await database.audit(of: id, limit: 1_000).map(\.row)
            if let row = rows.first(where: isRight) { return row }
            try await Task.sleep(for: .milliseconds(100))
        }
        return nil
    }
}
#endif
