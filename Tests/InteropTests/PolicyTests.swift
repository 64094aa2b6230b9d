#if Endpoint
import AccessPolicy
import CloudEndpoint
import Foundation
import Logging
import Testing

/// Policies over real sockets: two devices with certificates of one authority.
@Suite("Policies over mutual TLS")
struct PolicyTests {
    private static let client = Program.root
        .appendingPathComponent("Tests/InteropTests/Clients/policy_client.py").path

    private static func quietLogger() -> Logger {
        var logger = Logger(label: "audit")
        logger.logLevel = .error
        return logger
    }

    private static func devicePolicy() throws -> PolicyDocument {
        let prefix = "arn:aws:iot:local:000000000000"
        return try PolicyDocument(
            """
            {"Version": "2012-10-17", "Statement": [
              {"Effect": "Allow", "Action": "iot:Connect",
               "Resource": "\(prefix):client/${iot:Connection.Thing.ThingName}"},
              {"Effect": "Allow", "Action": ["iot:Publish", "iot:Receive", "iot:RetainPublish"],
               "Resource": "\(prefix):topic/device/${iot:ClientId}/*"},
              {"Effect": "Allow", "Action": "iot:Publish", "Resource": "\(prefix):topic/$aws/*"},
              {"Effect": "Allow", "Action": "iot:Subscribe",
               "Resource": "\(prefix):topicfilter/device/${iot:ClientId}/*"}]}
            """
        )
    }

    /// Two things with a certificate each, and the policy of every certificate.
    private func withDevices(
        _ body: (TestAuthority, PolicyDirectory, _ port: Int) async throws -> Void
    ) async throws {
        let authority = try TestAuthority()
        let directory = PolicyDirectory(auditLogger: Self.quietLogger())
        directory.setPolicy("device", try Self.devicePolicy())
        directory.attach("device", to: PolicyDirectory.everyCertificate)
        for name in ["lamp-a", "lamp-b"] {
            let device = try authority.issue(name)
            directory.attach(AttachedThing(name: name), to: device.id)
        }
        try await withEndpoint {
            try $0.listenSecurely(authority, policies: directory)
        } _: {
            try await body(authority, directory, $0)
        }
    }

    @Test(
        "thing and client variables: each device reaches its own topics and no other",
        .enabled(if: Program.isInstalled(Program.python, for: "paho-mqtt")),
        arguments: ["3.1.1", "5"]
    )
    func ownTopics(version: String) async throws {
        try await withDevices { authority, _, port in
            let result = try await ChildProcess.run(
                Program.python,
                [Self.client, "\(port)", authority.folder.path, version, "own"]
            )
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output == "ok own\n")
        }
    }

    @Test(
        "a change of policies applies to a live connection at once",
        .enabled(if: Program.isInstalled(Program.python, for: "paho-mqtt"))
    )
    func liveChange() async throws {
        try await withDevices { authority, directory, port in
            let child = try ChildProcess(
                Program.python,
                [Self.client, "\(port)", authority.folder.path, "5", "change"]
            )
            #expect(try await child.waitForOutput("allowed"))
            directory.detach("device", from: PolicyDirectory.everyCertificate)
            let result = await child.wait()
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output == "allowed\nok change\n")
        }
    }

    @Test("iot:ConnectAttributes and iot:LastWillTopic: what a CONNECT asks for decides too")
    func connectAttributes() async throws {
        guard Program.isInstalled(Program.mosquittoPub, for: "mosquitto") else { return }
        let directory = PolicyDirectory(auditLogger: Self.quietLogger())
        directory.setPolicy(
            "will",
            try PolicyDocument(
                """
                {"Version": "2012-10-17", "Statement": [
                  {"Effect": "Allow", "Action": "iot:Publish", "Resource": "*"},
                  {"Effect": "Allow", "Action": "iot:Connect", "Resource": "*", "Condition": {
                    "ForAllValues:StringEquals": {"iot:ConnectAttributes": ["LastWill"]},
                    "ArnEquals": {"iot:LastWillTopic":
                      "arn:aws:iot:local:000000000000:topic/gone"}}}]}
                """
            )
        )
        directory.attach("will", to: PolicyDirectory.anonymous)
        try await withEndpoint {
            $0.policies = directory
        } _: { port in
            let base = ["-h", "127.0.0.1", "-p", "\(port)", "-t", "a", "-m", "x", "-q", "1"]
            let will = ["--will-topic", "gone", "--will-payload", "x"]
            let allowed = try await ChildProcess.run(Program.mosquittoPub, base + will)
            #expect(allowed.status == 0, "\(allowed.errors)")
            let other = ["--will-topic", "other", "--will-payload", "x"]
            for more in [[], other, will + ["-c", "-i", "kept"]] {
                let refused = try await ChildProcess.run(Program.mosquittoPub, base + more)
                #expect(refused.status != 0, "\(more)")
            }
        }
    }

    @Test("without any policy nothing is allowed")
    func nothing() async throws {
        guard Program.isInstalled(Program.mosquittoPub, for: "mosquitto") else { return }
        let directory = PolicyDirectory(auditLogger: Self.quietLogger())
        try await withEndpoint {
            $0.policies = directory
        } _: { port in
            let result = try await ChildProcess.run(
                Program.mosquittoPub,
                ["-h", "127.0.0.1", "-p", "\(port)", "-t", "a", "-m", "x"]
            )
            #expect(result.status != 0)
            #expect(result.errors.contains("not authorised"))
        }
    }

    @Test("a folder of policies is read whole, or refused with the file and the byte")
    func folder() throws {
        let authority = try TestAuthority()
        let folder = authority.folder.appendingPathComponent("policies")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        func write(_ text: String, _ name: String) throws {
            try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        }
        let directory = PolicyDirectory(auditLogger: Self.quietLogger())
        let reader = PolicyFolder(path: folder.path)
        let policy = #"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "#
        try write(policy + #""Action": "iot:Connect", "Resource": "*"}]}"#, "all.json")
        try write(#"{"anonymous": {"policies": ["all"]}}"#, "principals.json")
        try reader.load(into: directory)

        try write(policy + #""Action": 7, "Resource": "*"}]}"#, "all.json")
        let malformed = #expect(throws: PolicyFolder.Failure.self) {
            try reader.load(into: directory)
        }
        #expect(malformed?.file == "all.json")

        try write(policy + #""Action": "iot:Connect", "Resource": "*"}]}"#, "all.json")
        try write(#"{"anonymous": {"policy": ["all"]}}"#, "principals.json")
        let unknown = #expect(throws: PolicyFolder.Failure.self) {
            try reader.load(into: directory)
        }
        #expect(unknown?.file == "principals.json")
    }
}

/// `iot-cloud policy`, as an operator runs it.
@Suite("The command iot-cloud policy")
struct PolicyCommandTests {
    private func withPolicy(_ text: String, _ body: (String) async throws -> Void) async throws {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("iot-policy-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(text.utf8).write(to: file)
        try await body(file.path)
    }

    @Test("check accepts a document, and points into one that is malformed")
    func check() async throws {
        try await withPolicy(
            """
            {"Version": "2012-10-17",
             "Statement": {"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"}}
            """
        ) { file in
            let result = try await ChildProcess.run(Program.iotCloud, ["policy", "check", file])
            #expect(result.status == 0)
            #expect(result.output.hasSuffix("ok, 1 statement\n"))
        }
        try await withPolicy("{\"Version\": \"2012-10-17\",\n \"Statement\": 7}") { file in
            let result = try await ChildProcess.run(Program.iotCloud, ["policy", "check", file])
            #expect(result.status == 2)
            #expect(result.errors.contains(":2:"))
        }
    }

    @Test("explain says which statement decides, and what the request does not have")
    func explain() async throws {
        let document = """
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:Publish",
             "Resource": "arn:aws:iot:local:000000000000:topic/${iot:ClientId}/state"}]}
            """
        try await withPolicy(document) { file in
            let request = [
                "policy", "explain", file, "--action", "iot:Publish", "--resource",
                "arn:aws:iot:local:000000000000:topic/lamp-1/state",
            ]
            let allowed = try await ChildProcess.run(
                Program.iotCloud,
                request + ["--set", "iot:ClientId=lamp-1"]
            )
            #expect(allowed.status == 0)
            #expect(allowed.output.hasPrefix("allowed by "))
            let denied = try await ChildProcess.run(Program.iotCloud, request)
            #expect(denied.status == 1)
            #expect(denied.output.contains("missing iot:clientid"))
        }
    }
}
#endif
