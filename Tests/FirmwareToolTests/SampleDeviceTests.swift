import FirmwareManifest
import FirmwareTool
import Foundation
import IoTTestSupport
import Testing

@Suite("Sample device", .serialized)
struct SampleDeviceTests {
    /// The program, beside the test bundle.
    static var program: String? {
        let folders =
            [
                Bundle.main.bundlePath,
                URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path,
            ] + Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent().path }
        return folders.map { $0 + "/ExampleFirmwareDevice" }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }

    func process(
        _ work: String,
        _ root: String,
        _ source: String,
        _ p: Publisher
    ) throws -> SpawnedProcess {
        let process = SpawnedProcess()
        process.executableURL = URL(fileURLWithPath: try #require(Self.program))
        process.arguments = [
            work, root, source, p.vendor.description, p.vendor.description, "app", "16777216",
            "1000",
        ]
        process.standardOutput = Pipe()
        process.standardError = Pipe()
        return process
    }

    func run(_ process: SpawnedProcess) throws -> String {
        try process.run()
        let pipe = try #require(process.standardOutput as? Pipe)
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    @Test("it updates from a folder and over HTTP ranges, and resumes after it was killed")
    func killedAndResumed() throws {
        guard Self.program != nil else {
            print("sample device: skipped, the program was not built")
            return
        }
        let folder = TemporaryFolder()
        var publisher = try Publisher()
        try publisher.publish(1, count: 1_000_000)
        let published = folder.path + "/www"
        try publisher.write(to: published)
        let rootFile = folder.path + "/root.cbor"
        try Data(publisher.root).write(to: URL(fileURLWithPath: rootFile))
        let server = try #require(RangeServer(folder: published))
        defer { server.stop() }
        let url = "http://127.0.0.1:\(server.port)/"
        let work = folder.path + "/device"

        // About half of the image arrives, then the device is killed without warning.
        server.allow(120)
        let first = try process(work, rootFile, url, publisher)
        try first.run()
        let deadline = Date().addingTimeInterval(60)
        while server.offsets.count < 120, Date() < deadline { usleep(10_000) }
        usleep(200_000)
        kill(first.processIdentifier, SIGKILL)
        first.waitUntilExit()
        #expect(server.offsets.max() == 119 * 4_096)

        server.clearLog()
        server.allow(.max)
        let output = try run(process(work, rootFile, url, publisher))
        #expect(output.contains("confirmed slot b"), "\(output)")
        // It went on at its last durable claim, not at the start.
        let resumedAt = try #require(server.offsets.min())
        #expect(resumedAt >= 119 * 4_096 - 131_072 && resumedAt > 0, "\(resumedAt)")
        let image = FileManager.default.contents(atPath: work + "/slot-b-617070")
        #expect(image.map { [UInt8]($0) } == Publisher.image(1, count: 1_000_000))

        // A second release goes into the other slot, from a folder this time.
        try publisher.publish(2, count: 300_000)
        try publisher.write(to: published)
        #expect(try run(process(work, rootFile, published, publisher)).contains("confirmed slot a"))
        #expect(try run(process(work, rootFile, published, publisher)).contains("up to date"))

        // The first release again is a rollback.
        var old = try Publisher()
        try old.publish(1, count: 1_000_000)
        try old.write(to: published)
        let refused = try process(work, rootFile, published, publisher)
        _ = try run(refused)
        let errors = try #require(refused.standardError as? Pipe)
        let text = String(
            decoding: errors.fileHandleForReading.readDataToEndOfFile(),
            as: UTF8.self
        )
        #expect(text.contains("E_ROLLBACK"), "\(text)")
        #expect(refused.terminationStatus == 1)
    }
}
