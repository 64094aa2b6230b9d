#if Endpoint
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
