import DeviceRegistration
import IoTTime
import JSONDocument
import Testing
import X509Verification
import X509VerificationOpenSSL

@Suite("Fleet provisioning by claim, and its hook")
struct FleetProvisioningTests {
    private let now = TestRegistry.now
    private let template = """
        {"Parameters":{"SerialNumber":{"Type":"String"},"AWS::IoT::Certificate::Id":{"Type":"String"}},
         "Resources":{
          "t":{"Type":"AWS::IoT::Thing","Properties":{"ThingName":{"Fn::Join":["",["lamp_",{"Ref":"SerialNumber"}]]}}},
          "c":{"Type":"AWS::IoT::Certificate","Properties":{"CertificateId":{"Ref":"AWS::IoT::Certificate::Id"}}},
          "p":{"Type":"AWS::IoT::Policy","Properties":{"PolicyName":"lamps"}}},
         "DeviceConfiguration":{"region":"eu"}}
        """

    @Test("§7: a new certificate, its token, the template, and the next connection")
    func wholeStory() async throws {
        let registry = TestRegistry()
        let registrar = registry.registrar
        let device = try TestRegistry.device(by: try TestRegistry.authority("Issuing"))
        let record = try await registrar.registerIssued(
            device.certificate,
            status: .pendingActivation,
            at: now
        ).get()
        let token = await registrar.makeToken(
            .ownership,
            for: record.id,
            connection: "claim-1",
            using: registry.random,
            at: now
        )
        #expect(await registry.admit([device]).word == "pending")

        let id = try await registrar.redeem(token, .ownership, connection: "claim-1", at: now).get()
        let facts = CertificateFacts(device.certificate, crypto: registrar.crypto)
        let plan = try ProvisioningTemplate(template, kind: .fleet).evaluate(
            ["SerialNumber": "007"],
            certificate: CertificateParameters(facts),
            crypto: registrar.crypto
        )
        #expect(plan.thing?.name == "lamp_007")
        #expect(plan.deviceConfiguration["region"]?.string == "eu")
        #expect(plan.policies.map(\.name) == ["lamps"])
        #expect(plan.certificate?.source == .id(id))
        #expect(try plan.certificate?.resolved(record.status) == .active)
        _ = try await registrar.apply(.activate, to: id, at: now).get()
        #expect(await registry.admit([device]).word == "admitted")
    }

    @Test("§8: the hook is asked with every member")
    func request() throws {
        let id = try #require(CertificateID(String(repeating: "a", count: 64)))
        let request = PreProvisioningRequest(
            claimCertificate: id,
            certificate: id,
            certificatePEM: "-----BEGIN\n",
            templateARN: "arn:t",
            clientID: "c\"1",
            parameters: ["b": "2", "a": "1"]
        )
        let value = try JSONValue(parsing: request.payload.span)
        #expect(
            value.object?.names == [
                "claimCertificateId", "certificateId", "certificatePem", "templateArn", "clientId",
                "parameters",
            ]
        )
        #expect(value["clientId"]?.string == "c\"1")
        #expect(value["parameters"]?.object?.names == ["a", "b"])
    }

    @Test(
        "§8: anything but a clear yes is a no",
        arguments: [
            (#"{"allowProvisioning":true}"#, PreProvisioningDecision.allowed(overrides: [:])),
            (#"{"allowProvisioning":true,"parameterOverrides":null}"#, .allowed(overrides: [:])),
            (
                #"{"allowProvisioning":true,"parameterOverrides":{"a":"b"}}"#,
                .allowed(overrides: ["a": "b"])
            ),
            (#"{"allowProvisioning":false}"#, .denied), (#"{"allowProvisioning":"true"}"#, .denied),
            (#"{"allowProvisioning":1}"#, .denied), (#"{}"#, .denied), (#"true"#, .denied),
            (#""#, .denied), (#"{"allowProvisioning":true"#, .denied),
            (#"{"allowProvisioning":false,"allowProvisioning":true}"#, .denied),
            (#"{"allowProvisioning":true,"parameterOverrides":{"a":1}}"#, .denied),
            (#"{"allowProvisioning":true,"parameterOverrides":["a"]}"#, .denied),
            (
                #"{"allowProvisioning":true,"parameterOverrides":{"AWS::IoT::Certificate::Id":"b"}}"#,
                .denied
            ),
        ]
    )
    func decision(_ answer: String, _ expected: PreProvisioningDecision) {
        #expect(PreProvisioningDecision(Array(answer.utf8).span) == expected)
    }

    @Test("The hook's answer: at the limit of its length, and one byte more")
    func answerLength() {
        let answer = #"{"allowProvisioning":true}"#
        let rest = PreProvisioningDecision.maximumLength - answer.utf8.count
        let longest = Array((answer + String(repeating: " ", count: rest)).utf8)
        #expect(PreProvisioningDecision(longest.span) == .allowed(overrides: [:]))
        #expect(PreProvisioningDecision((longest + [0x20]).span) == .denied)
    }
}
