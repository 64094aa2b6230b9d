#if Endpoint
import Foundation
import Testing

/// Downloads of the endpoint's files that are interrupted, by the programs that users have.
@Suite("Resumed downloads over HTTP ranges", .serialized)
struct ResumedDownloadTests {
    private func tool(_ arguments: [String]) async throws -> ChildProcess.Result {
        let result = try await ChildProcess.run(Program.iotCloud, arguments)
        #expect(result.status == 0, "\(arguments): \(result.errors)")
        return result
    }

    /// `key` and the encrypted, sealed `www/file`.
    private func publish(_ folder: TemporaryFolder, bytes: Int) async throws -> [UInt8] {
        var seed = UInt64(7)
        let plain = (0..<bytes).map { _ in
            seed = seed &* 6_364_136_223_846_793_005 &+ 1
            return UInt8(truncatingIfNeeded: seed >> 40)
        }
        try folder.write("plain", plain)
        try FileManager.default.createDirectory(
            atPath: folder.path + "/www",
            withIntermediateDirectories: true
        )
        _ = try await tool(["file", "keygen", "-o", folder.path + "/key"])
        _ = try await tool([
            "file", "encrypt", "-i", folder.path + "/key", "--segmented", "--seal",
            "--segment-size", "4096", "-o", folder.path + "/www/file", folder.path + "/plain",
        ])
        return plain
    }

    private func resume(_ folder: TemporaryFolder, _ port: Int) -> [String] {
        [
            "file", "resume", "-i", folder.path + "/key", "-o", folder.path + "/out",
            "http://127.0.0.1:\(port)/files/file",
        ]
    }

    private func decrypted(_ folder: TemporaryFolder) async throws -> [UInt8]? {
        _ = try await tool([
            "file", "decrypt", "-i", folder.path + "/key", "-o", folder.path + "/plain2",
            folder.path + "/out",
        ])
        return FileManager.default.contents(atPath: folder.path + "/plain2").map { [UInt8]($0) }
    }

    /// Waits, far longer than it takes even under load.
    private func until(_ condition: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        while !condition() {
            try #require(ContinuousClock.now < deadline, "it never happened")
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    @Test("file resume is killed in the middle, and the next run fetches only the rest")
    func killed() async throws {
        let folder = try TemporaryFolder()
        let plain = try await publish(folder, bytes: 3_000_000)
        try await withHTTPEndpoint(folder: folder.path + "/www") { _, http in
            let proxy = try FlowProxy(to: http.port, allowing: 1_500_000, then: .stall)
            defer { proxy.stop() }
            let first = try ChildProcess(Program.iotCloud, resume(folder, proxy.port))
            try await until { proxy.isExhausted && exists(folder.path + "/out.part.state") }
            first.signal(SIGKILL)
            #expect(await first.wait().status != 0)
            #expect(!exists(folder.path + "/out"))

            proxy.allow(2_200_000)
            let second = try await tool(resume(folder, proxy.port))
            #expect(second.errors.contains("resumed: "), "\(second.errors)")
            #expect(!proxy.isExhausted, "the second run fetched everything again")
        }
        #expect(try await decrypted(folder) == plain)
        #expect(!exists(folder.path + "/out.part") && !exists(folder.path + "/out.part.state"))
    }

    @Test("a connection that breaks is made again within one run")
    func cut() async throws {
        let folder = try TemporaryFolder()
        let plain = try await publish(folder, bytes: 1_000_000)
        try await withHTTPEndpoint(folder: folder.path + "/www") { _, http in
            let proxy = try FlowProxy(to: http.port, allowing: 400_000, then: .cut)
            defer { proxy.stop() }
            let child = try ChildProcess(Program.iotCloud, resume(folder, proxy.port))
            try await until { proxy.isExhausted }
            proxy.allow(.max)
            let result = await child.wait()
            #expect(result.status == 0, "\(result.errors)")
        }
        #expect(try await decrypted(folder) == plain)
    }

    @Test("a file that becomes another one during the transfer is refused")
    func replaced() async throws {
        let folder = try TemporaryFolder()
        _ = try await publish(folder, bytes: 1_000_000)
        try await withHTTPEndpoint(folder: folder.path + "/www") { _, http in
            let proxy = try FlowProxy(to: http.port, allowing: 300_000, then: .stall)
            defer { proxy.stop() }
            let child = try ChildProcess(Program.iotCloud, resume(folder, proxy.port))
            try await until { proxy.isExhausted }
            let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/www/file"))
            try bytes.write(
                to: URL(fileURLWithPath: folder.path + "/www/file"),
                options: .atomic
            )
            proxy.allow(.max)
            let result = await child.wait()
            #expect(result.status == 3, "\(result.errors)")
            #expect(result.errors.contains("changed"), "\(result.errors)")
            #expect(!exists(folder.path + "/out"))
        }
    }

    @Test("the sample device takes its update from the endpoint, is killed, resumes and confirms")
    func device() async throws {
        let program = URL(fileURLWithPath: Program.iotCloud).deletingLastPathComponent()
            .appendingPathComponent("ExampleFirmwareDevice").path
        guard Program.isInstalled(program, for: "sample device") else { return }
        let folder = try TemporaryFolder()
        let image = (0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 17 ^ $0 >> 8) }
        try await publishFirmware(folder, image)
        try await withHTTPEndpoint(folder: folder.path + "/www") { _, http in
            let proxy = try FlowProxy(to: http.port, allowing: 700_000, then: .stall)
            defer { proxy.stop() }
            let arguments = [
                folder.path + "/device", folder.path + "/root.cbor",
                "http://127.0.0.1:\(proxy.port)/files/", Self.vendor, Self.deviceClass, "app",
                "16777216", "1000",
            ]
            let first = try ChildProcess(program, arguments)
            try await until { proxy.isExhausted }
            first.signal(SIGKILL)
            let killed = await first.wait()
            #expect(killed.output.contains("download app from 0"), "\(killed.output)")
            #expect(killed.output.contains("verified "), "\(killed.output)")

            proxy.allow(1_100_000)
            let second = try await ChildProcess.run(program, arguments)
            #expect(second.status == 0, "\(second.errors)")
            #expect(!second.output.contains("download app from 0"), "\(second.output)")
            #expect(second.output.contains("confirmed slot b"), "\(second.output)")
            #expect(!proxy.isExhausted, "the second run fetched everything again")
            proxy.allow(.max)
            let third = try await ChildProcess.run(program, arguments)
            #expect(third.output.contains("up to date, running slot b"), "\(third.output)")
        }
        let slot = FileManager.default.contents(atPath: folder.path + "/device/slot-b-617070")
        #expect(slot.map { [UInt8]($0) } == image)
    }

    private static let vendor = "01020304-0506-0708-090a-0b0c0d0e0f10"
    private static let deviceClass = "11121314-1516-1718-191a-1b1c1d1e1f20"

    /// Root, release set, manifest and image by the tool, into `www`.
    private func publishFirmware(_ folder: TemporaryFolder, _ image: [UInt8]) async throws {
        let at = { (name: String) in folder.path + "/" + name }
        try FileManager.default.createDirectory(
            atPath: at("www"),
            withIntermediateDirectories: true
        )
        try folder.write("www/image.bin", image)
        let header = [
            "--version", "1", "--environment", "test", "--issued", "900", "--expires", "1000000",
        ]
        _ = try await tool(["firmware", "keygen", at("signer")])
        let key = at("signer.pub")
        _ = try await tool(
            ["firmware", "root"] + header + [
                "--root-key", key, "--release-key", key, "--manifest-key", key, "--signer",
                at("signer"), "-o", at("root.cbor"),
            ]
        )
        _ = try await tool([
            "firmware", "manifest", "--sequence", "1", "--vendor", Self.vendor, "--class",
            Self.deviceClass, "--security-counter", "1", "--image",
            "app=\(at("www/image.bin"))=image.bin", "-o", at("www/manifest.cbor"),
        ])
        _ = try await tool([
            "firmware", "sign", "--signer", at("signer"), at("www/manifest.cbor"),
        ])
        _ = try await tool(
            ["firmware", "release"] + header + [
                "--signer", at("signer"), "-o", at("www/releases.cbor"), at("www/manifest.cbor"),
            ]
        )
    }
}
#endif
