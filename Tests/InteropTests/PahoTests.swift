#if Endpoint
import CloudEndpoint
import Foundation
import MQTTBroker
import Testing

/// PyPI's paho-mqtt against the endpoint; the scenarios stand in Clients/paho_client.py.
@Suite("Interoperability: paho-mqtt")
struct PahoTests {
    @Test(
        "each scenario in each version",
        .enabled(if: Program.isInstalled(Program.python, for: "paho-mqtt")),
        arguments: ["wildcards", "retained", "will", "large", "ordered", "offline"],
        ["3.1", "3.1.1", "5"]
    )
    func scenario(_ scenario: String, version: String) async throws {
        try await run(scenario, version)
    }

    @Test(
        "MQTT 5.0 properties go through unchanged; No Local, Retain As Published, topic alias",
        .enabled(if: Program.isInstalled(Program.python, for: "paho-mqtt"))
    )
    func version5() async throws { try await run("version5", "5") }

    @Test(
        "MQTT 5.0 features, one by one",
        .enabled(if: Program.isInstalled(Program.python, for: "paho-mqtt")),
        arguments: [
            "overlapping", "user_properties", "expiry", "session_expiry", "will_delay", "shared",
            "retain_handling", "no_local", "connack", "receive_maximum", "maximum_packet_size",
            "refused_filter", "topic_aliases", "take_over",
        ]
    )
    func feature(_ feature: String) async throws {
        try await withEndpoint {
            $0.broker.maximumKeepAlive = 60
            $0.broker.maximumPacketSize = 4_000
            $0.refusedFilters = ["test/nosubscribe"]
        } _: { port in
            let script = Program.root.appendingPathComponent(
                "Tests/InteropTests/Clients/features_client.py"
            )
            let result = try await ChildProcess.run(
                Program.python,
                [script.path, "\(port)", feature]
            )
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output == "ok \(feature)\n")
        }
    }

    private func run(_ scenario: String, _ version: String) async throws {
        try await withEndpoint { port in
            let result = try await ChildProcess.run(
                Program.python,
                [Program.pahoClient, "\(port)", version, scenario]
            )
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output == "ok \(scenario) \(version)\n")
        }
    }
}
#endif
