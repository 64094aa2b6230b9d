#if Endpoint
import CloudEndpoint
import DeviceRegistration
import Foundation
import Testing

/// Activation by a web server of the operator's, and revocation lists by HTTP.
@Suite(
    "Activation by HTTP and pushed revocation lists",
    .enabled(if: Program.isInstalled(Program.mosquittoPub, for: "mosquitto")),
    .enabled(if: Program.isInstalled(Program.python, for: "a web server"))
)
struct ActivationHookTests {
    /// A web server that gives these answers in order.
    private final class Operator {
        let folder: URL
        let child: ChildProcess
        let port: Int

        init(_ answers: [String]) async throws {
            folder = FileManager.default.temporaryDirectory
                .appendingPathComponent("iot-operator-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try answers.joined(separator: "\n").write(
                to: folder.appendingPathComponent("answers"),
                atomically: true,
                encoding: .utf8
            )
            let script = Program.root.appendingPathComponent(
                "Tests/InteropTests/Clients/activation_server.py"
            )
            child = try ChildProcess(Program.python, [script.path, folder.path])
            _ = try await child.waitForOutput("\n", seconds: 60)
            let text = String(decoding: child.output, as: UTF8.self)
            port = try #require(Int(text.trimmingCharacters(in: .newlines)))
        }

        deinit {
            child.signal(SIGKILL)
            try? FileManager.default.removeItem(at: folder)
        }

        /// What was asked: path and body.
        var requests: [String] {
            let file = folder.appendingPathComponent("requests").path
            let data = FileManager.default.contents(atPath: file) ?? Data()
            return String(decoding: data, as: UTF8.self).split(separator: "\n").map { String($0) }
        }
    }

    private func hook(
        _ server: Operator,
        _ change: (inout HTTPActivation.Limits) -> Void = { _ in }
    ) throws -> ActivationHook {
        var limits = HTTPActivation.Limits()
        limits.firstDelay = .milliseconds(20)
        change(&limits)
        let activation = try #require(
            HTTPActivation(
                url: "http://127.0.0.1:\(server.port)/devices?x=1",
                limits: limits,
                logger: RegistryHarness.quiet()
            )
        )
        return { await activation.decide($0) }
    }

    @Test("two failures, then a yes with a policy of its own: the device is in and may use it")
    func activates() async throws {
        let policy = RegistryHarness.devicePolicy.replacingOccurrences(of: "\n", with: " ")
        let server = try await Operator([
            "503 busy", "500 x",
            "200 {\"verdict\": \"activate\", \"policyDocument\": \(policy), "
                + "\"thing\": {\"name\": \"lamp-1\", \"type\": \"lamp\"}}",
        ])
        try await RegistryHarness.run(hook: try hook(server)) { harness in
            let device = try harness.authority.issue("lamp")
            let isIn = try await harness.publishUntilIn(device)
            #expect(isIn)
            #expect(server.requests.count == 3)
            let request = try #require(server.requests.first)
            #expect(request.hasPrefix("/devices?x=1 {\"certificateId\":\"\(device.id)\","))
            #expect(request.contains("\"certificateStatus\":\"PENDING_ACTIVATION\""))
            #expect(request.contains("BEGIN CERTIFICATE"))
            #expect(!request.contains("PRIVATE"))
        }
    }

    @Test(
        "what is no clear yes leaves the certificate pending",
        arguments: [
            "200 {\"verdict\": \"keep\"}", "200 {}", "200 yes", "404 {\"verdict\": \"activate\"}",
            "204 ", "200 {\"verdict\": \"activate\", \"policyDocument\": {\"Version\": 1}}",
            "200 {\"verdict\": \"activate\", \"polices\": []}", "hang",
        ]
    )
    func staysPending(answer: String) async throws {
        let server = try await Operator([answer])
        let hook = try hook(server) {
            $0.timeout = answer == "hang" ? .milliseconds(500) : .seconds(60)
            $0.attempts = 2
        }
        try await RegistryHarness.run(hook: hook) { harness in
            let device = try harness.authority.issue("lamp")
            let first = try await harness.publish(device)
            #expect(first.status != 0)
            // An answer is final; silence is asked again.
            let count = answer == "hang" ? 2 : 1
            for _ in 0..<6_000 where server.requests.count < count {
                try await Task.sleep(for: .milliseconds(20))
            }
            try await Task.sleep(for: .milliseconds(600))
            let second = try await harness.publish(device)
            #expect(second.status != 0)
            let id = try #require(CertificateID(device.id))
            #expect(try await harness.database.certificate(id)?.status == .pendingActivation)
            #expect(server.requests.count == count)
        }
    }

    @Test("a no revokes for good")
    func revokes() async throws {
        let server = try await Operator(["200 {\"verdict\": \"revoke\"}"])
        try await RegistryHarness.run(hook: try hook(server)) { harness in
            let device = try harness.authority.issue("lamp")
            #expect(try await harness.publish(device).status != 0)
            let row = try await harness.waitForAudit(of: device) { $0.after == "REVOKED" }
            #expect(row?.before == "PENDING_ACTIVATION")
            #expect(try await harness.publish(device).status != 0)
        }
    }

    @Test("PUT /crls: ends live connections at once, and takes newer lists of registered CAs alone")
    func pushedLists() async throws {
        guard Program.isInstalled("/usr/bin/curl", for: "curl") else { return }
        let other = try TestAuthority("Another authority")
        let activate: ActivationHook = { _ in .activate(policies: ["device"], thing: nil) }
        try await RegistryHarness.run(hook: activate) { harness in
            let device = try harness.authority.issue("lamp")
            #expect(try await harness.publishUntilIn(device))
            let live = try await harness.stay(device)
            func push(_ list: Data, _ more: [String] = []) async throws -> String {
                let file = harness.authority.folder.appendingPathComponent("pushed")
                try list.write(to: file)
                return try await ChildProcess.run(
                    "/usr/bin/curl",
                    [
                        "-s", "-w", " %{http_code}", "-T", file.path,
                        "http://localhost:\(harness.http)/crls",
                    ] + more
                ).output
            }
            let empty = try await harness.authority.revocationList(1, revoking: [])
            let accepted = try await push(empty)
            #expect(accepted.hasSuffix(" 200"), "\(accepted)")
            #expect(accepted.contains("\"entries\":0"))
            #expect(try await push(empty).hasSuffix(" 409"))
            let list = try await harness.authority.revocationList(
                2,
                revoking: [device.serial]
            )
            let forwarded = try await push(list, ["-H", "X-Forwarded-For: 192.0.2.1"])
            #expect(forwarded.hasSuffix(" 403"), "\(forwarded)")
            let foreign = try await push(other.revocationList(9, revoking: []))
            #expect(foreign.hasSuffix(" 422"), "\(foreign)")
            let none = try await push(Data("no list".utf8))
            #expect(none.hasSuffix(" 400"), "\(none)")
            #expect(try await push(list).hasSuffix(" 200"))
            let isDropped = try await live.waitForOutput("Received DISCONNECT (135)", seconds: 60)
            #expect(isDropped)
            live.signal(SIGKILL)
            _ = await live.wait()
            #expect(try await harness.publish(device).status != 0)
            let row = try await harness.waitForAudit(of: device) { $0.rule == "revoked" }
            #expect(row?.verdict == "refused")
            #expect(try await push(empty).hasSuffix(" 409"))
        }
        withExtendedLifetime(other) {}
    }
}
#endif
