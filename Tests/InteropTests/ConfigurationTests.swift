#if Endpoint
import Foundation
import Testing

/// `serve` with a configuration file, the environment and options; see Docs/Configuration.md.
@Suite("serve --config")
struct ConfigurationTests {
    private func write(_ text: String) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("iot.json", Array(text.utf8))
        return folder
    }

    /// Starts `serve` with variables of the environment; ends it once it listens, or when it ends.
    private func serve(
        _ arguments: [String],
        environment: [String] = [],
        until text: String = "listening on"
    ) async throws -> ChildProcess.Result {
        let child = try ChildProcess(
            "/usr/bin/env",
            environment + [Program.iotCloud, "serve"] + arguments
        )
        _ = try await child.waitForOutput(text)
        child.signal(SIGTERM)
        return await child.wait()
    }

    @Test("what is typed counts before the environment, and that before the file")
    func precedence() async throws {
        let folder = try write(#"{"port": 0, "httpPort": 0, "logLevel": "warning"}"#)
        let file = ["--config", folder.path + "/iot.json"]
        let fromFile = try await serve(file, until: "http://")
        #expect(fromFile.status == 0, "\(fromFile.errors)")
        #expect(fromFile.output.contains("http://127.0.0.1:"))
        #expect(!fromFile.errors.contains("stopped"))

        let fromEnvironment = try await serve(file, environment: ["IOT_CLOUD_LOG_LEVEL=info"])
        #expect(fromEnvironment.errors.contains("stopped"))

        let typed = try await serve(
            file + ["--log-level", "error"],
            environment: ["IOT_CLOUD_LOG_LEVEL=info"]
        )
        #expect(!typed.errors.contains("stopped"))

        let named = try await serve(
            [],
            environment: ["IOT_CLOUD_CONFIG=\(folder.path)/iot.json"],
            until: "http://"
        )
        #expect(named.output.contains("http://127.0.0.1:"), "\(named.errors)")
    }

    @Test("names of files begin at the file's own folder")
    func relativePaths() async throws {
        let folder = try write(#"{"port": 0, "shadows": "kept.sqlite"}"#)
        let result = try await serve(["--config", folder.path + "/iot.json"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(FileManager.default.fileExists(atPath: folder.path + "/kept.sqlite"))
    }

    @Test(
        "a file that cannot be used is refused with the place of the mistake",
        arguments: [
            (#"{"port": 0, "tlsPrt": 8883}"#, #"unknown key "tlsPrt""#),
            (#"{"port": "1883"}"#, "port must be a whole number"),
            (#"{"crl": "list.pem"}"#, "crl must be a list of names of files"),
            (#"{"allowAnonymous": 1}"#, "allowAnonymous must be true or false"),
            ("{\n  \"port\": 0,\n}", "line 3"), ("[]", "must be one JSON object"),
            (#"{"port": 70000}"#, "--port is 0...65535"),
            (#"{"tlsPort": 0}"#, "need --certificate and --key"),
        ]
    )
    func refusals(text: String, message: String) async throws {
        let folder = try write(text)
        let result = try await serve(["--config", folder.path + "/iot.json"])
        #expect(result.status == 64)
        #expect(result.errors.contains(message), "\(result.errors)")
    }

    @Test("a variable that is no option is refused, and so is a missing file")
    func environmentRefusals() async throws {
        let misspelt = try await serve(["--port", "0"], environment: ["IOT_CLOUD_PROT=1"])
        #expect(misspelt.status == 64)
        #expect(misspelt.errors.contains("IOT_CLOUD_PROT is no option of serve"))
        let wrong = try await serve([], environment: ["IOT_CLOUD_PORT=many"])
        #expect(wrong.errors.contains("IOT_CLOUD_PORT must be a whole number"))
        let missing = try await serve(["--config", "/nowhere/iot.json"])
        #expect(missing.errors.contains("/nowhere/iot.json cannot be read"))
    }

    @Test("every option of serve is a key, and stands in Docs/Configuration.md")
    func complete() async throws {
        let help = try await ChildProcess.run(Program.iotCloud, ["serve", "--help"])
        let options = Set(
            help.output.matches(of: /(?m)^  (?:-\w, )?(--[a-z0-9-]+)/).map { String($0.1) }
        ).subtracting(["--config", "--help", "--version"])
        #expect(options.count >= 24, "\(options)")
        let folder = try write(#"{"unknown": 0}"#)
        let refused = try await serve(["--config", folder.path + "/iot.json"])
        let known =
            refused.errors.split(separator: "known are: ").last
            .map { $0.prefix { $0 != "\n" }.split(separator: ", ").map(String.init) } ?? []
        let names = Set(
            options.map { option in
                option.dropFirst(2).split(separator: "-").enumerated()
                    .map { $0.offset == 0 ? String($0.element) : $0.element.capitalized }.joined()
            }
        )
        #expect(Set(known) == names)
        let page = try String(
            contentsOf: Program.root.appendingPathComponent("Docs/Configuration.md"),
            encoding: .utf8
        )
        for option in options {
            let isListed = page.contains("| `\(option)` |")
            #expect(isListed, "\(option) is missing in the table")
        }
    }
}
#endif
