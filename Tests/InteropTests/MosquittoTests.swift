#if Endpoint
import Foundation
import Testing

/// Debian's mosquitto-clients against the endpoint.
@Suite("Interoperability: mosquitto_pub and mosquitto_sub")
struct MosquittoTests {
    static let versions = ["mqttv31", "mqttv311", "mqttv5"]

    private func subscribe(
        _ port: Int,
        _ version: String,
        _ arguments: [String]
    ) async throws -> ChildProcess {
        let child = try ChildProcess(
            // Line by line, or its report of the subscription stays in its buffer.
            "/usr/bin/stdbuf",
            [
                "-oL", Program.mosquittoSub, "-d", "-h", "127.0.0.1", "-p", "\(port)", "-V",
                version, "-W", "600",
            ] + arguments
        )
        #expect(try await child.waitForOutput("Subscribed (mid"))
        return child
    }

    private func publish(
        _ port: Int,
        _ version: String,
        _ arguments: [String],
        input: String? = nil
    ) async throws {
        let result = try await ChildProcess.run(
            Program.mosquittoPub,
            ["-h", "127.0.0.1", "-p", "\(port)", "-V", version] + arguments,
            input: input
        )
        #expect(result.status == 0, "\(result.errors)")
    }

    /// The messages among the debug lines: those that start with `> `.
    private func messages(_ output: String) -> [String] {
        output.split(separator: "\n").filter { $0.hasPrefix("> ") }.map { String($0.dropFirst(2)) }
    }

    @Test(
        "wildcards, QoS 0, 1 and 2, from each version to each",
        .enabled(if: Program.isInstalled(Program.mosquittoSub, for: "mosquitto")),
        arguments: versions,
        versions
    )
    func wildcards(from: String, to: String) async throws {
        try await withEndpoint { port in
            let subscriber = try await subscribe(
                port,
                to,
                ["-q", "2", "-t", "a/+/c/#", "-C", "6", "-F", "> %t %q %p"]
            )
            for qos in 0...2 {
                for topic in ["a/b/c", "a/b/x", "a/b/c/d/e"] {
                    try await publish(
                        port,
                        from,
                        ["-q", "\(qos)", "-t", topic, "-m", "m\(qos)"]
                    )
                }
            }
            let result = await subscriber.wait()
            #expect(result.status == 0)
            #expect(
                messages(result.output)
                    == (0...2).flatMap {
                        ["a/b/c \($0) m\($0)", "a/b/c/d/e \($0) m\($0)"]
                    }
            )
        }
    }

    @Test(
        "1,000 messages arrive in order",
        .enabled(if: Program.isInstalled(Program.mosquittoSub, for: "mosquitto")),
        arguments: versions,
        [0, 1, 2]
    )
    func order(version: String, qos: Int) async throws {
        try await withEndpoint { port in
            let subscriber = try await subscribe(
                port,
                version,
                ["-q", "\(qos)", "-t", "t", "-C", "1000", "-F", "> %p"]
            )
            let lines = (0..<1_000).map { "\($0)" }
            try await publish(
                port,
                version,
                ["-q", "\(qos)", "-t", "t", "-l"],
                input: lines.joined(separator: "\n") + "\n"
            )
            #expect(messages(await subscriber.wait().output) == lines)
        }
    }

    @Test(
        "a retained message meets a late subscriber until it is cleared",
        .enabled(if: Program.isInstalled(Program.mosquittoSub, for: "mosquitto")),
        arguments: versions
    )
    func retained(version: String) async throws {
        try await withEndpoint { port in
            try await publish(port, version, ["-q", "1", "-r", "-t", "r/1", "-m", "kept"])
            let first = try await subscribe(
                port,
                version,
                ["-t", "r/+", "-C", "1", "-F", "> %r %p"]
            )
            #expect(messages(await first.wait().output) == ["1 kept"])
            try await publish(port, version, ["-q", "1", "-r", "-t", "r/1", "-n"])
            let second = try await subscribe(
                port,
                version,
                ["-t", "r/+", "-C", "1", "-F", "> %r %p"]
            )
            try await publish(port, version, ["-q", "1", "-t", "r/1", "-m", "live"])
            #expect(messages(await second.wait().output) == ["0 live"])
        }
    }

    @Test(
        "the will of a killed client is published",
        .enabled(if: Program.isInstalled(Program.mosquittoSub, for: "mosquitto")),
        arguments: versions
    )
    func will(version: String) async throws {
        try await withEndpoint { port in
            let watcher = try await subscribe(
                port,
                version,
                ["-q", "1", "-t", "wills/#", "-C", "1", "-F", "> %t %p"]
            )
            let doomed = try await subscribe(
                port,
                version,
                [
                    "-t", "nothing", "--will-topic", "wills/me", "--will-payload", "gone",
                    "--will-qos", "1",
                ]
            )
            doomed.signal(SIGKILL)
            _ = await doomed.wait()
            #expect(messages(await watcher.wait().output) == ["wills/me gone"])
        }
    }

    @Test(
        "a payload of 1 MiB arrives unchanged",
        .enabled(if: Program.isInstalled(Program.mosquittoSub, for: "mosquitto")),
        arguments: versions
    )
    func large(version: String) async throws {
        let payload = String((0..<(1 << 20)).map { Character(UnicodeScalar(UInt8(33 + $0 % 89))) })
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("iot-large-\(UUID().uuidString)")
        try Data(payload.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try await withEndpoint { port in
            let subscriber = try await subscribe(
                port,
                version,
                ["-q", "1", "-t", "big", "-C", "1", "-F", "> %p"]
            )
            try await publish(port, version, ["-q", "1", "-t", "big", "-f", file.path])
            #expect(messages(await subscriber.wait().output) == [payload])
        }
    }
}
#endif
