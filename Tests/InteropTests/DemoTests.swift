#if Endpoint
import Foundation
import Testing

/// `iot-cloud demo`, as a stranger runs it.
@Suite("The story: iot-cloud demo", .serialized)
struct DemoTests {
    private struct Report: Decodable {
        struct Step: Decodable {
            struct Event: Decodable {
                var who: String
                var kind: String
                var topic: String?
                var text: String
            }
            struct Check: Decodable {
                var what: String
                var passed: Bool
                var found: String?
            }
            var name: String
            var passed: Bool
            var events: [Event]
            var checks: [Check]
        }
        var passed: Bool
        var milliseconds: Int
        var steps: [Step]
    }

    @Test("every check of every step passes, within 20 s, and leaves no folder behind")
    func plays() async throws {
        let result = try await ChildProcess.run(Program.iotCloud, ["demo", "--json"])
        let report = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
        for step in report.steps {
            for check in step.checks {
                #expect(check.passed, "\(step.name): \(check.what): \(check.found ?? "")")
            }
            #expect(step.passed && !step.events.isEmpty, "\(step.name)")
        }
        #expect(result.status == 0 && report.passed, "\(result.errors)")
        #expect(
            report.steps.map(\.name) == [
                "endpoint", "authority", "registration", "telemetry", "shadow", "policy",
                "presence", "file", "firmware",
            ]
        )
        #expect(report.milliseconds < 60_000)
        // What one side says it sent, the other side says it received.
        let alerts = report.steps.flatMap(\.events).filter { $0.topic == "alerts/lamp-7" }
        #expect(alerts.map(\.who) == ["console"] && alerts.map(\.kind) == ["received"])
        let folder = report.steps[0].events.compactMap { $0.text.split(separator: " ").last }.last
        #expect(folder.map { !FileManager.default.fileExists(atPath: String($0)) } == true)
    }

    @Test("a person gets a timeline with a verdict, and --keep keeps what was made")
    func tells() async throws {
        let result = try await ChildProcess.run(Program.iotCloud, ["demo", "--keep"])
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("9 steps, "))
        #expect(result.output.contains(" checks: all passed, "))
        #expect(!result.output.contains("✗"))
        let line = result.output.split(separator: "\n").last.map(String.init) ?? ""
        try #require(line.hasPrefix("kept: "))
        let folder = String(line.dropFirst("kept: ".count))
        let key = try FileManager.default.attributesOfItem(atPath: folder + "/server.key")
        #expect(key[.posixPermissions] as? Int == 0o600)
        #expect(FileManager.default.fileExists(atPath: folder + "/rules/rules.sqlite"))
        try FileManager.default.removeItem(atPath: folder)
    }
}
#endif
