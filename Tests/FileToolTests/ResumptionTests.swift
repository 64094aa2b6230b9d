import FileEncryption
import FileTool
import Foundation
import IoTTestSupport
import Testing

@Suite("Resumed transfers", .serialized)
struct ResumptionTests {
    /// A source whose reads fail after a number of ranges, and start again.
    struct FlakySource: RangeSource {
        var inner: LocalRangeSource
        var left: Int

        mutating func read(
            _ range: Range<UInt64>
        ) throws(FileToolError) -> (bytes: [UInt8], length: UInt64) {
            guard left > 0 else { throw FileToolError(.system, "connection lost") }
            left -= 1
            return try inner.read(range)
        }
    }

    func sample(_ folder: Folder, bytes: Int, sealed: Bool = true) throws -> [UInt8] {
        let recipient = try folder.key()
        var random = SplitMix64(seed: 5)
        _ = try folder.write("plain", random.bytes(bytes))
        var command = FileEncryptionCommand()
        command.recipients = [recipient]
        command.isSegmented = true
        command.isSealed = sealed
        command.segmentSize = .kibibytes4
        command.input = folder.path("plain")
        command.output = folder.path("source")
        try command.run()
        return try folder.read("source")
    }

    @Test("a lost connection is resumed, and what was saved is not fetched again")
    func lostConnection() throws {
        let folder = try Folder()
        let file = try sample(folder, bytes: 1_000_000)
        var command = FileResumption(output: folder.path("out"))
        command.identityFiles = [folder.path("key")]
        command.segmentsPerSave = 16
        command.showsProgress = false
        var source = FlakySource(inner: try LocalRangeSource(folder.path("source")), left: 5)
        #expect(throws: FileToolError.self) { try command.run(&source) }
        #expect(folder.names.contains("out.part"))
        #expect(!folder.names.contains("out"))
        source.left = .max
        #expect(try command.run(&source) > 0)
        #expect(try folder.read("out") == file)
        #expect(folder.names == ["key", "out", "plain", "source"])
    }

    @Test("without a key a sealed file is fetched and checked; an unsealed one is refused")
    func relay() throws {
        for sealed in [true, false] {
            let folder = try Folder()
            let file = try sample(folder, bytes: 50_000, sealed: sealed)
            var command = FileResumption(output: folder.path("out"))
            command.showsProgress = false
            var source = try LocalRangeSource(folder.path("source"))
            guard sealed else {
                #expect(throws: FileToolError.self) { try command.run(&source) }
                continue
            }
            try command.run(&source)
            #expect(try folder.read("out") == file)
        }
    }

    @Test("a state that a kill left half replaced is no obstacle, and is gone in the end")
    func staleStagedState() throws {
        let folder = try Folder()
        let file = try sample(folder, bytes: 2_000_000)
        try Data("left by a kill".utf8)
            .write(to: URL(fileURLWithPath: folder.path("out.part.state.new")))
        var command = FileResumption(output: folder.path("out"))
        command.identityFiles = [folder.path("key")]
        command.segmentsPerSave = 4
        command.showsProgress = false
        var source = try LocalRangeSource(folder.path("source"))
        try command.run(&source)
        #expect(try folder.read("out") == file)
        #expect(folder.names.allSatisfy { !$0.hasPrefix("out.") && !$0.hasPrefix(".iot") })
    }

    @Test("200 kills at random moments: each transfer ends in the whole file")
    func kills() throws {
        let here = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let helper = here.appendingPathComponent("IoTTransferHelper").path
        guard FileManager.default.isExecutableFile(atPath: helper) else {
            return print("transfer kills: skipped, the helper program was not built")
        }
        let folder = try Folder()
        let file = try sample(folder, bytes: 2_000_000)
        var random = SplitMix64(seed: UInt64.random(in: 0...UInt64.max))
        var kills = 0
        var finished = 0
        let began = ContinuousClock.now
        while kills < 200, ContinuousClock.now - began < .seconds(90) {
            let process = SpawnedProcess()
            process.executableURL = URL(fileURLWithPath: helper)
            process.arguments = [folder.path("source"), folder.path("out"), folder.path("key")]
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            usleep(UInt32(1_000 + random.below(160_000)))
            if process.isRunning {
                kill(process.processIdentifier, SIGKILL)
                kills += 1
            }
            process.waitUntilExit()
            guard folder.names.contains("out") else { continue }
            // It may have been killed after the file was whole: then it is.
            #expect(try folder.read("out") == file)
            finished += 1
            for name in folder.names where name.hasPrefix("out") {
                try FileManager.default.removeItem(atPath: folder.path(name))
            }
        }
        var command = FileResumption(output: folder.path("out"))
        command.identityFiles = [folder.path("key")]
        command.showsProgress = false
        var source = try LocalRangeSource(folder.path("source"))
        if !folder.names.contains("out") { try command.run(&source) }
        #expect(try folder.read("out") == file)
        #expect(folder.names.allSatisfy { !$0.hasPrefix(".iot") })
        print("transfer kills: \(kills) kills, \(finished + 1) whole files")
        #expect(kills > 0)
    }
}
