#if Endpoint
import AccessPolicy
import CloudEndpoint
import Foundation
import Logging
import Testing
import X509Verification

/// HTTP over mutual TLS: what a device may do is what its policies say.
@Suite("HTTPS with principals", .enabled(if: Program.isInstalled("/usr/bin/curl", for: "HTTPS")))
struct HTTPSTests {
    private struct Setting {
        let authority: TestAuthority
        let directory: PolicyDirectory
        let trusted: TrustedAuthorities
        let lamp: TestAuthority.Issued
        let other: TestAuthority.Issued
        let https: Int

        /// Expects a status.
        func expect(
            _ status: Int,
            _ client: TestAuthority.Issued?,
            _ path: String,
            _ options: [String] = [],
            at place: SourceLocation = #_sourceLocation
        ) async throws {
            let answer = try await curl(client, path, options)
            #expect(answer.status == status, "\(answer.body)", sourceLocation: place)
        }

        /// The status and the body of a request.
        func curl(
            _ client: TestAuthority.Issued?,
            _ path: String,
            _ options: [String] = []
        ) async throws -> (status: Int, body: String) {
            var arguments = ["--silent", "--show-error", "--cacert", authority.certificateFile]
            if let client {
                arguments += ["--cert", client.certificateFile, "--key", client.keyFile]
            }
            arguments += ["--write-out", "\n%{http_code}"] + options
            let result = try await ChildProcess.run(
                "/usr/bin/curl",
                arguments + ["https://localhost:\(https)\(path)"]
            )
            let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
            return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
        }
    }

    /// A lamp may use its own shadow and topics, and list.
    private static let lampPolicy = """
        {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": ["iot:GetThingShadow", "iot:UpdateThingShadow"],
           "Resource": ["arn:aws:iot:local:000000000000:thing/${iot:Certificate.Subject.CommonName}",
                        "arn:aws:iot:local:000000000000:thing/${iot:Certificate.Subject.CommonName}/open"]},
          {"Effect": "Allow", "Action": ["iot:Publish", "iot:RetainPublish", "iot:GetRetainedMessage"],
           "Resource": "arn:aws:iot:local:000000000000:topic/lamp/*"},
          {"Effect": "Allow", "Action": ["iot:ListNamedShadowsForThing", "iot:ListRetainedMessages"],
           "Resource": "*"}]}
        """

    /// Publishing without retaining, and nothing else.
    private static let otherPolicy = """
        {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "iot:Publish", "Resource": "*"},
          {"Effect": "Allow", "Action": "iot:List*",
           "Resource": "arn:aws:iot:local:000000000000:thing/*"}]}
        """

    private func withHTTPS(
        clients: TLSServer.ClientCertificates = .required,
        token: String? = nil,
        _ body: (Setting) async throws -> Void
    ) async throws {
        let authority = try TestAuthority()
        let directory = PolicyDirectory(
            auditLogger: Logger(label: "audit") { _ in SwiftLogNoOpLogHandler() }
        )
        directory.setPolicy("lamp", try PolicyDocument(Self.lampPolicy))
        directory.setPolicy("other", try PolicyDocument(Self.otherPolicy))
        let (lamp, other) = (try authority.issue("lamp"), try authority.issue("other"))
        directory.attach("lamp", to: lamp.id)
        directory.attach("other", to: other.id)
        let trusted = TrustedAuthorities(anchors: [TrustAnchor(authority.certificate)])
        try await withEndpoints {
            try $0.listenSecurely(
                authority,
                clients: clients,
                policies: directory,
                admission: trusted
            )
            var http = CloudEndpoint.HTTPConfiguration(listeners: [.init(port: 0, isSecure: true)])
            http.adminToken = token
            $0.http = http
        } _: { addresses in
            try await body(
                Setting(
                    authority: authority,
                    directory: directory,
                    trusted: trusted,
                    lamp: lamp,
                    other: other,
                    https: addresses.first { $0.scheme == "https" }?.port ?? 0
                )
            )
        }
    }

    private let update = ["-d", #"{"state":{"reported":{"power":"on"}}}"#]

    @Test(
        "iot:GetThingShadow, iot:UpdateThingShadow: a device reaches its own shadows and no other"
    )
    func shadows() async throws {
        try await withHTTPS { setting in
            let made = try await setting.curl(setting.lamp, "/things/lamp/shadow", update)
            #expect(made.status == 200 && made.body.contains(#""version":1"#), "\(made)")
            let read = try await setting.curl(setting.lamp, "/things/lamp/shadow")
            #expect(read.status == 200 && read.body.contains(#""power":"on""#))
            let named = try await setting.curl(
                setting.lamp,
                "/things/lamp/shadow?name=open",
                update
            )
            #expect(named.status == 200)
            // Not this name, not this thing, not this verb, not this device.
            for (client, path, options) in [
                (setting.lamp, "/things/lamp/shadow?name=closed", update),
                (setting.lamp, "/things/other/shadow", []),
                (setting.lamp, "/things/lamp/shadow", ["-X", "DELETE"]),
                (setting.other, "/things/lamp/shadow", []),
                (setting.other, "/things/lamp/shadow", update),
            ] {
                let refused = try await setting.curl(client, path, options + ["--include"])
                #expect(refused.status == 403, "\(path) \(options)")
                #expect(refused.body.lowercased().contains("x-amzn-errortype: forbiddenexception"))
            }
            setting.directory.detach("lamp", from: setting.lamp.id)
            try await setting.expect(403, setting.lamp, "/things/lamp/shadow")
        }
    }

    @Test("iot:Publish, iot:RetainPublish, iot:GetRetainedMessage, iot:List…: topics and lists")
    func topics() async throws {
        try await withHTTPS { setting in
            let kept = ["-X", "POST", "--data-binary", "kept"]
            let own = "/topics/lamp/state?qos=1&retain=true"
            try await setting.expect(200, setting.lamp, own, kept)
            let read = try await setting.curl(setting.lamp, "/retainedMessage/lamp/state")
            #expect(read.status == 200 && read.body.contains(#""qos":1"#))
            try await setting.expect(200, setting.lamp, "/retainedMessage")
            let list = "/api/things/shadow/ListNamedShadowsForThing/lamp"
            try await setting.expect(200, setting.lamp, list)
            try await setting.expect(200, setting.other, "/topics/lamp/x", kept)
            for (client, path, options) in [
                (setting.lamp, "/topics/elsewhere", kept),
                (setting.other, own, kept),
                (setting.other, "/topics/$aws/events/presence/connected/x", kept),
                (setting.other, "/topics/$aws/things/lamp/shadow/update/accepted", kept),
                (setting.other, "/retainedMessage/lamp/state", []),
                (setting.other, "/retainedMessage", []),
                // A list concerns no thing: a resource that names things does not allow it.
                (setting.other, list, []),
            ] {
                let refused = try await setting.curl(client, path, options)
                #expect(refused.status == 403, "\(path)")
            }
        }
    }

    @Test(
        "without a certificate: no handshake where one is required, no rights where it is optional"
    )
    func anonymous() async throws {
        try await withHTTPS { setting in
            try await setting.expect(0, nil, "/health")
            let stranger = try TestAuthority("Test authority").issue("lamp")
            try await setting.expect(0, stranger, "/things/lamp/shadow")
        }
        try await withHTTPS(clients: .optional) { setting in
            try await setting.expect(200, nil, "/health")
            try await setting.expect(403, nil, "/things/lamp/shadow", update)
            setting.directory.attach("other", to: PolicyDirectory.anonymous)
            let post = ["-X", "POST", "--data-binary", "x"]
            try await setting.expect(200, nil, "/topics/lamp/x", post)
        }
    }

    @Test("administration over TLS takes the token, wherever the request comes from")
    func administration() async throws {
        try await withHTTPS(token: "0123456789abcdef") { setting in
            try await setting.expect(403, setting.lamp, "/metrics")
            let token = ["-H", "Authorization: Bearer 0123456789abcdef"]
            try await setting.expect(200, setting.other, "/metrics", token)
            let shadow = "/things/lamp/shadow"
            try await setting.expect(200, setting.other, shadow, token + update)
            // The signature of an AWS client is no token: its certificate decides.
            let signature = ["-H", "Authorization: AWS4-HMAC-SHA256 Credential=x"]
            try await setting.expect(200, setting.lamp, shadow, signature + update)
            try await setting.expect(403, setting.other, shadow, signature)
            let wrong = ["-H", "Authorization: Bearer 0123456789abcdeX"]
            try await setting.expect(401, setting.lamp, shadow, wrong)
        }
    }

    @Test(
        "requests of a kept connection are judged one by one: boto3 and http.client",
        .enabled(
            if: Program.isInstalled(Program.python, for: "HTTPS")
                && Program.hasPythonModules("boto3")
        )
    )
    func keptConnection() async throws {
        try await withHTTPS { setting in
            let script = Program.root
                .appendingPathComponent("Tests/InteropTests/Clients/https_client.py").path
            let child = try ChildProcess(
                Program.python,
                [script, "\(setting.https)", setting.authority.folder.path]
            )
            #expect(try await child.waitForOutput("allowed"))
            setting.directory.detach("lamp", from: setting.lamp.id)
            try Data().write(to: setting.authority.folder.appendingPathComponent("detached"))
            let result = await child.wait()
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output == "allowed\nrefused\n")
        }
    }
}
#endif
