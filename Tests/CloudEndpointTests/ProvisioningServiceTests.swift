#if Endpoint
import DeviceRegistration
import Foundation
import IoTTime
import JSONDocument
import Logging
import Synchronization
import Testing
import X509Verification
import X509VerificationOpenSSL

@testable import CloudEndpoint

@Suite("Fleet provisioning: requests, limits and the hook")
struct ProvisioningServiceTests {
    private static let template = """
        {"Parameters":{"SerialNumber":{"Type":"String"},
          "AWS::IoT::Certificate::Id":{"Type":"String"}},
         "Resources":{
          "t":{"Type":"AWS::IoT::Thing","Properties":{"ThingName":{"Ref":"SerialNumber"},
            "AttributePayload":{"n":{"Ref":"SerialNumber"}}},
            "OverrideSettings":{"AttributePayload":"FAIL"}},
          "c":{"Type":"AWS::IoT::Certificate","Properties":{
            "CertificateId":{"Ref":"AWS::IoT::Certificate::Id"}}}}}
        """

    private let folder: TemporaryFolder
    private let database: RegistryDatabase
    private let issuing: RegistryFixture.Party
    private let claim: CertificateID

    init() throws {
        folder = try TemporaryFolder()
        database = try RegistryDatabase.inMemory(actor: "test", clock: { RegistryFixture.now })
        issuing = try RegistryFixture().authority("Issuing")
        claim = try issuing.id
    }

    private func service(
        hook: PreProvisioningHook? = nil
    ) async throws
        -> ProvisioningService<RegistryDatabase>
    {
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let policies = PolicyDirectory(auditLogger: quiet)
        let resources = ProvisionedResources(database, directory: policies, logger: quiet)
        try Self.template.write(
            toFile: folder.path("lamps.json"),
            atomically: true,
            encoding: .utf8
        )
        let templates = TemplateFolder(path: folder.url.path)
        try templates.load()
        return ProvisioningService(
            registry: DeviceRegistry(
                try await RegistryFixture.registrar(database),
                policies: policies,
                resources: resources,
                clock: { RegistryFixture.now },
                auditLogger: quiet
            ),
            resources: resources,
            issuer: try CertificateIssuer(
                authority: issuing.certificate,
                signer: issuing.key,
                at: RegistryFixture.now
            ),
            templates: templates,
            hook: hook,
            logger: quiet
        )
    }

    private func request(
        _ topic: ProvisioningTopic,
        _ payload: String,
        connection: String = "1"
    ) -> ProvisioningRequest {
        ProvisioningRequest(
            topic: topic,
            payload: Array(payload.utf8),
            connection: connection,
            clientID: "client",
            claim: claim
        )
    }

    /// The code of a rejection, or `accepted`.
    private func word(_ reply: ProvisioningReply) -> String {
        switch reply {
        case .accepted: "accepted"
        case .rejected(let rejection): "\(rejection.statusCode) \(rejection.errorCode)"
        }
    }

    private func token(_ service: ProvisioningService<RegistryDatabase>) async throws -> String {
        let reply = await service.respond(to: request(.createKeysAndCertificate, ""))
        guard case .accepted(let object) = reply else { throw CancellationError() }
        return try #require(object["certificateOwnershipToken"]?.string)
    }

    @Test(
        "a key and a certificate that belong together, by the issuing CA, waiting; a token of 256 bits"
    )
    func keys() async throws {
        let service = try await service()
        let reply = await service.respond(to: request(.createKeysAndCertificate, "{}"))
        guard case .accepted(let object) = reply else {
            Issue.record("\(reply)")
            return
        }
        let pem = try #require(object["certificatePem"]?.string)
        let certificate = try #require(try Certificate.fromPEM(pem).first)
        let key = try OpenSSLPrivateKey(pem: object["privateKey"]?.string ?? "")
        #expect(certificate.publicKey == key.publicKey)
        #expect(certificate.issuer == issuing.certificate.subject)
        #expect(certificate.notAfter == issuing.certificate.notAfter)
        let validator = PathValidator(
            anchors: [TrustAnchor(issuing.certificate)],
            profile: .iotClient,
            crypto: OpenSSLCrypto()
        )
        #expect(validator.validate(certificate, at: RegistryFixture.now).isAccepted)
        let id = try #require(CertificateID(object["certificateId"]?.string ?? ""))
        #expect(try await database.certificate(id)?.status == .pendingActivation)
        #expect(object["certificateOwnershipToken"]?.string?.utf8.count == 64)
        let other = await service.respond(to: request(.createKeysAndCertificate, "{\"a\":1}"))
        #expect(word(other) == "400 InvalidRequest")
    }

    @Test("a signing request of 4,096 characters, and none of 4,097; the key must prove itself")
    func signingRequest() async throws {
        let service = try await service()
        let key = try OpenSSLPrivateKey.generate(.ec(.p384))
        let made = try SigningRequestTemplate(
            subject: DistinguishedName([(.commonName, "chosen")])
        ).sign(with: key)
        let pem = PEM.encode(made.der, label: "CERTIFICATE REQUEST")
        func ask(_ text: String) async -> ProvisioningReply {
            var object = JSONObject()
            object["certificateSigningRequest"] = .string(text)
            return await service.respond(
                to: request(
                    .createCertificateFromCSR,
                    String(decoding: CompactJSON(.object(object)).bytes, as: UTF8.self)
                )
            )
        }
        let longest = pem + String(repeating: "\n", count: 4_096 - pem.utf8.count)
        let reply = await ask(longest)
        guard case .accepted(let object) = reply else {
            Issue.record("\(reply)")
            return
        }
        let issued = try Certificate.fromPEM(object["certificatePem"]?.string ?? "").first
        #expect(issued?.publicKey == key.publicKey)
        #expect(issued?.subject.description.contains("chosen") == false)
        #expect(object["privateKey"] == nil)
        #expect(word(await ask(longest + "\n")) == "400 InvalidRequest")
        var der = made.der
        der[der.count - 1] ^= 1
        let forged = PEM.encode(der, label: "CERTIFICATE REQUEST")
        #expect(word(await ask(forged)) == "400 InvalidCertificateSigningRequest")
        #expect(word(await ask(pem + pem)) == "400 InvalidCertificateSigningRequest")
    }

    @Test("100 parameters, and not 101; a payload of 65,536 bytes, and not one more")
    func limits() async throws {
        let service = try await service()
        func ask(_ token: String, parameters count: Int, padding: Int = 0) async -> String {
            let more = (1..<count).map { ",\"p\($0)\":\"\"" }.joined()
            let text =
                "{\"certificateOwnershipToken\":\"\(token)\","
                + "\"parameters\":{\"SerialNumber\":\"a\(count)\"\(more)}}"
            let spaces = String(repeating: " ", count: max(0, padding - text.utf8.count))
            return word(
                await service.respond(
                    to: request(.registerThing(template: "lamps"), text + spaces)
                )
            )
        }
        #expect(await ask(try await token(service), parameters: 100) == "accepted")
        let kept = try await token(service)
        #expect(await ask(kept, parameters: 101) == "400 InvalidRequest")
        #expect(await ask(kept, parameters: 1, padding: 65_537) == "413 RequestTooLarge")
        #expect(await ask(kept, parameters: 1, padding: 65_536) == "accepted")
    }

    @Test("§8: the hook is asked with everything, its overrides hold, and its no is final")
    func hook() async throws {
        let asked = Mutex<[PreProvisioningRequest]>([])
        let service = try await service { request in
            asked.withLock { $0.append(request) }
            return request.parameters["SerialNumber"] == "bad"
                ? .denied : .allowed(overrides: ["SerialNumber": "better"])
        }
        func ask(_ serial: String) async throws -> ProvisioningReply {
            await service.respond(
                to: request(
                    .registerThing(template: "lamps"),
                    """
                    {"certificateOwnershipToken":"\(try await token(service))",
                     "parameters":{"SerialNumber":"\(serial)"}}
                    """
                )
            )
        }
        #expect(word(try await ask("bad")) == "403 AccessDenied")
        let waiting = try await database.pendingCertificates(before: .distantFuture, limit: 9)
        #expect(waiting.isEmpty)
        guard case .accepted(let object) = try await ask("good") else {
            Issue.record("rejected")
            return
        }
        #expect(object["thingName"]?.string == "better")
        let first = try #require(asked.withLock { $0.first })
        #expect(first.claimCertificate == claim)
        #expect(first.clientID == "client")
        #expect(first.templateARN == "arn:aws:iot:local:000000000000:provisioningtemplate/lamps")
        #expect(first.certificatePEM.contains("BEGIN CERTIFICATE"))
    }

    @Test(
        "an override setting that says FAIL rejects, and leaves neither certificate nor thing changed"
    )
    func conflict() async throws {
        let service = try await service()
        func ask(_ name: String) async throws -> String {
            word(
                await service.respond(
                    to: request(
                        .registerThing(template: "lamps"),
                        """
                        {"certificateOwnershipToken":"\(try await token(service))",
                         "parameters":{"SerialNumber":"\(name)"}}
                        """
                    )
                )
            )
        }
        #expect(try await ask("lamp") == "accepted")
        // The same attributes are no conflict.
        #expect(try await ask("lamp") == "accepted")
        let registry = service.registry
        let record = try #require(
            try await database.certificates(of: nil, after: nil, limit: 1).first
        )
        let thing = AttachedThing(name: "lamp", attributes: ["n": "other"])
        #expect(await registry.attach([], thing: thing, to: record.id) == nil)
        #expect(try await ask("lamp") == "409 ResourceConflict")
        #expect(service.resources.thing("lamp")?.attributes == ["n": "other"])
    }

    @Test(
        "topics: three requests in JSON, and nothing else",
        arguments: [
            ("$aws/certificates/create/json", ProvisioningTopic.createKeysAndCertificate),
            ("$aws/certificates/create-from-csr/json", .createCertificateFromCSR),
            ("$aws/provisioning-templates/a-B_9/provision/json", .registerThing(template: "a-B_9")),
            ("$aws/certificates/create/cbor", nil), ("$aws/certificates/create/json/", nil),
            ("$aws/certificates/create/json/accepted", nil), ("$aws/certificates//json", nil),
            ("$aws/provisioning-templates//provision/json", nil),
            ("$aws/provisioning-templates/a.b/provision/json", nil), ("", nil),
        ] as [(String, ProvisioningTopic?)]
    )
    func topics(name: String, topic: ProvisioningTopic?) {
        #expect(ProvisioningTopic(name) == topic)
        if let topic { #expect(topic.name == name) }
    }

    @Test("names of templates have 36 characters, and not 37; a bad file refuses the folder")
    func templateFolder() throws {
        #expect(TemplateFolder.isName(String(repeating: "a", count: 36)))
        #expect(!TemplateFolder.isName(String(repeating: "a", count: 37)))
        #expect(!TemplateFolder.isName(""))
        try Self.template.write(
            toFile: folder.path("good.json"),
            atomically: true,
            encoding: .utf8
        )
        let templates = TemplateFolder(path: folder.url.path)
        try templates.load()
        #expect(templates.template("good", .fleet) != nil)
        #expect(templates.template("good", .jitp) == nil)
        try "{}".write(toFile: folder.path("bad.jitp.json"), atomically: true, encoding: .utf8)
        #expect(throws: TemplateFolder.Failure.self) { try templates.load() }
        #expect(templates.template("good", .fleet) != nil)
    }

    @Test("what cannot issue: a key of another certificate, and a certificate of no CA")
    func issuer() throws {
        let other = try RegistryFixture().authority("Other")
        #expect(throws: CertificateIssuer.Failure.keyDoesNotMatch) {
            try CertificateIssuer(
                authority: issuing.certificate,
                signer: other.key,
                at: RegistryFixture.now
            )
        }
        let fixture = try RegistryFixture()
        let device = try fixture.device(issuing, serial: [9])
        #expect(throws: CertificateIssuer.Failure.self) {
            try CertificateIssuer(
                authority: device.certificate,
                signer: device.key,
                at: RegistryFixture.now
            )
        }
    }
}
#endif
