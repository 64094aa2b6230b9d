#if Endpoint
import AccessPolicy
import CloudEndpoint
import DeviceRegistration
import Foundation
import IoTTime
import Logging
import Synchronization
import Testing
import X509Verification
import X509VerificationOpenSSL

/// What a rule on all of the endpoint's own topics saw.
private final class SeenMessages: Sendable {
    private let seen = Mutex<[String]>([])

    var topics: [String] { seen.withLock { $0 } }

    func engine(_ folder: URL) throws -> RulesEngine {
        var configuration = RulesConfiguration()
        configuration.closures["seen"] = { output in self.seen.withLock { $0.append(output.topic) }
        }
        let engine = RulesEngine(configuration, logger: RegistryHarness.quiet())
        let file = folder.appendingPathComponent("rules.json")
        let rules = """
            {"rules": {"seen": {"sql": "SELECT * FROM '$aws/#'", "actions": [{"closure":
             {"name": "seen"}}]}}}
            """
        try rules.write(to: file, atomically: true, encoding: .utf8)
        try engine.load(file.path)
        return engine
    }
}

/// Fleet provisioning and JITP over mutual TLS with awsiotsdk.
@Suite("Fleet provisioning by claim", .enabled(if: Program.hasDeviceSDKs))
struct FleetProvisioningTests {
    private static let template = """
        {"Parameters":{"SerialNumber":{"Type":"String"},
          "AWS::IoT::Certificate::Id":{"Type":"String"}},
         "Resources":{
          "thing":{"Type":"AWS::IoT::Thing","Properties":{
            "ThingName":{"Fn::Join":["",["lamp_",{"Ref":"SerialNumber"}]]}}},
          "certificate":{"Type":"AWS::IoT::Certificate","Properties":{
            "CertificateId":{"Ref":"AWS::IoT::Certificate::Id"},"Status":"Active"}},
          "policy":{"Type":"AWS::IoT::Policy","Properties":{"PolicyDocument":{
            "Version":"2012-10-17","Statement":[
             {"Effect":"Allow","Action":"iot:Connect",
              "Resource":"arn:aws:iot:local:000000000000:client/${iot:Connection.Thing.ThingName}"},
             {"Effect":"Allow","Action":"iot:Publish","Resource":{"Fn::Join":["",[
              "arn:aws:iot:local:000000000000:topic/lamps/lamp_",{"Ref":"SerialNumber"},
              "/state"]]}}]}}}},
         "DeviceConfiguration":{"region":"eu"}}
        """

    private static let jitp = """
        {"Parameters":{"AWS::IoT::Certificate::CommonName":{"Type":"String"},
          "AWS::IoT::Certificate::Id":{"Type":"String"}},
         "Resources":{
          "thing":{"Type":"AWS::IoT::Thing","Properties":{
            "ThingName":{"Ref":"AWS::IoT::Certificate::CommonName"}}},
          "certificate":{"Type":"AWS::IoT::Certificate","Properties":{
            "CertificateId":{"Ref":"AWS::IoT::Certificate::Id"},"Status":"Active"}},
          "policy":{"Type":"AWS::IoT::Policy","Properties":{"PolicyName":"device"}}}}
        """

    private static let claimPolicy = """
        {"Version":"2012-10-17","Statement":[
         {"Effect":"Allow","Action":"iot:Connect",
          "Resource":"arn:aws:iot:local:000000000000:client/claim-*"},
         {"Effect":"Allow","Action":["iot:Publish","iot:Receive"],"Resource":[
          "arn:aws:iot:local:000000000000:topic/$aws/certificates/*",
          "arn:aws:iot:local:000000000000:topic/$aws/provisioning-templates/*"]},
         {"Effect":"Allow","Action":"iot:Subscribe","Resource":[
          "arn:aws:iot:local:000000000000:topicfilter/$aws/certificates/*",
          "arn:aws:iot:local:000000000000:topicfilter/$aws/provisioning-templates/*"]}]}
        """

    /// An endpoint that provisions, and a claim certificate that is active.
    private func withFleet(
        _ body: (RegistryHarness) async throws -> Void
    ) async throws {
        let seen = SeenMessages()
        try await RegistryHarness.run(setUp: { setup in
            let folder = setup.authority.folder.appendingPathComponent("templates")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Self.template.write(
                to: folder.appendingPathComponent("lamps.json"),
                atomically: true,
                encoding: .utf8
            )
            try Self.jitp.write(
                to: folder.appendingPathComponent("devices.jitp.json"),
                atomically: true,
                encoding: .utf8
            )
            let templates = TemplateFolder(path: folder.path)
            try templates.load()
            let key = try String(contentsOfFile: setup.authority.keyFile, encoding: .utf8)
            setup.configuration.provisioning = ProvisioningService(
                registry: setup.registry,
                resources: setup.resources,
                issuer: try CertificateIssuer(
                    authority: setup.authority.certificate,
                    signer: try OpenSSLPrivateKey(pem: key),
                    at: SystemClock.wall()
                ),
                templates: templates,
                logger: RegistryHarness.quiet()
            )
            setup.policies.setPolicy("claim", try PolicyDocument(Self.claimPolicy))
            setup.configuration.rules = try seen.engine(setup.authority.folder)
        }) { harness in
            let claim = try harness.authority.issue("claim")
            let id = try #require(CertificateID(claim.id))
            _ = try await harness.publish(claim)
            let refusal = await harness.registry.activate(id, policies: ["claim"])
            #expect(refusal == nil)
            try await body(harness)
            #expect(seen.topics.contains { $0.hasPrefix("$aws/events/") })
            #expect(seen.topics.filter { $0.hasPrefix("$aws/certificates") } == [])
            #expect(seen.topics.filter { $0.hasPrefix("$aws/provisioning") } == [])
        }
    }

    private func run(
        _ harness: RegistryHarness,
        _ mode: String
    ) async throws
        -> ChildProcess.Result
    {
        let script = Program.root.appendingPathComponent(
            "Tests/InteropTests/Clients/fleet_client.py"
        )
        return try await ChildProcess.run(
            Program.python,
            [script.path, "\(harness.secure)", harness.authority.folder.path, mode]
        )
    }

    @Test(
        "§7: a certificate, its token, the template, the next connection",
        arguments: ["keys", "csr"]
    )
    func provisions(mode: String) async throws {
        try await withFleet { harness in
            if mode == "csr" {
                let folder = harness.authority.folder.path
                let made = try await ChildProcess.run(
                    "/usr/bin/openssl",
                    [
                        "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout",
                        folder + "/device.key", "-out", folder + "/device.csr", "-subj",
                        "/CN=a name that is not taken over",
                    ]
                )
                #expect(made.status == 0)
            }
            let listener = try ChildProcess(
                "/usr/bin/stdbuf",
                [
                    "-oL", Program.mosquittoSub, "-d", "-p", "\(harness.plain)", "-t", "$aws/#",
                    "-t", "$aws/certificates/create/json/accepted", "-v", "-W", "300",
                ]
            )
            let isListening = try await listener.waitForOutput("Subscribed (mid")
            #expect(isListening)
            let result = try await run(harness, mode)
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.hasSuffix("ok\n"))
            listener.signal(SIGKILL)
            let heard = await listener.wait().output
            #expect(!heard.contains("PRIVATE"))
            // A message's line begins with its topic.
            let topics = heard.split(separator: "\n").filter {
                $0.hasPrefix("$aws/certificates/") || $0.hasPrefix("$aws/provisioning-templates/")
            }
            #expect(topics == [])
            #expect(heard.contains("\n$aws/events/presence/"))
            let line = result.output.split(separator: "\n").first ?? ""
            let id = try #require(CertificateID(String(line.split(separator: " ").last ?? "")))
            let record = try #require(try await harness.database.certificate(id))
            #expect(record.status == .active)
            #expect(record.origin == .issued)
            #expect(!record.certificate.subject.description.contains("not taken over"))
            let rows = try await harness.database.audit(of: id).map(\.row)
            #expect(rows.contains { $0.event == "provisioned" && $0.rule == "lamps" })
        }
    }

    @Test("§7: tokens of others, used ones, wrong parameters and too many requests are rejected")
    func rejections() async throws {
        try await withFleet { harness in
            let result = try await run(harness, "wrong")
            #expect(result.status == 0, "\(result.errors)")
            // Failed provisioning leaves nothing behind that waits.
            let waiting = try await harness.database.pendingCertificates(
                before: .distantFuture,
                limit: 100
            )
            #expect(waiting.count == 7)
        }
    }

    @Test("§5: a CA with a template provisions its devices by their first connection")
    func jitp() async throws {
        try await withFleet { harness in
            let id = try #require(
                CertificateID(harness.authority.certificate.id(crypto: harness.crypto))
            )
            var changes = AuthorityChanges()
            changes.configuration = .named("devices")
            let registrar = Registrar(
                store: harness.database,
                crypto: OpenSSLCrypto(),
                settings: .init(accountID: "000000000000")
            )
            _ = try await registrar.update(id, changes, at: SystemClock.wall()).get()
            let device = try harness.authority.issue("lamp-9")
            let first = try await harness.publish(device)
            #expect(first.status != 0)
            let isIn = try await harness.publishUntilIn(device)
            #expect(isIn)
            let row = try await harness.waitForAudit(of: device) { $0.event == "provisioned" }
            #expect(row?.rule == "devices")
        }
    }
}
#endif
