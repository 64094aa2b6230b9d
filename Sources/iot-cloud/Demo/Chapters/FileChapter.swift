#if Endpoint
internal import FileEncryption
internal import FileTool
internal import Foundation

/// A table of calibration data, sealed and encrypted for one device, over a line that breaks.
struct FileChapter {
    let stage: Stage

    private static let context = FileContext("calibration of \(Stage.device)")
    private static let length = 1_500_000

    func play() async throws {
        let timeline = stage.timeline
        let folder = stage.folder
        let plain = Self.table()
        try Data(plain).write(to: URL(fileURLWithPath: folder + "/calibration"))
        let (recipient, sender) = try await Stage.blocking {
            (
                try Self.keygen(folder + "/device/age.key", isSigning: false),
                try Self.keygen(folder + "/sender.key", isSigning: true)
            )
        }
        timeline.did("operator", "encrypts \(plain.count) bytes to \(recipient.prefix(18))…")
        try await Stage.blocking { try Self.encrypt(folder, to: recipient) }
        let sealed = FileManager.default.contents(atPath: folder + "/www/calibration") ?? Data()
        timeline.check(
            "the file on the server shows nothing of its content",
            sealed.count > plain.count && sealed.range(of: Data(plain.prefix(32))) == nil,
            found: "\(sealed.count) bytes"
        )
        let url = "http://127.0.0.1:\(stage.http)/files/calibration"
        timeline.did(Stage.device, "fetches \(url)")
        let first = try await fetch(url, breakingAfter: 800_000)
        timeline.check(
            "the line breaks, and there is no file yet",
            first.error != nil
                && !FileManager.default.fileExists(atPath: folder + "/device/calibration"),
            found: "\(first.bytes) bytes came"
        )
        let second = try await fetch(url, breakingAfter: .max)
        timeline.check(
            "the second run goes on where the first stopped",
            second.error == nil && second.resumed > 0
                && second.bytes < UInt64(sealed.count) * 3 / 4,
            found: "\(second.resumed) segments were there, \(second.bytes) bytes came"
        )
        try await open(plain, sender)
    }

    private func open(_ plain: [UInt8], _ sender: String) async throws {
        let folder = stage.folder
        let opened = try await Stage.blocking {
            try Self.decrypt(folder, to: "plain", folder + "/device/age.key", from: sender)
            return FileManager.default.contents(atPath: folder + "/device/plain")
        }
        stage.timeline.check(
            "the device has the sender's very bytes",
            opened.map { [UInt8]($0) } == plain
        )
        let refusal = await Self.refusal {
            _ = try Self.keygen(folder + "/thief.key", isSigning: false)
            try Self.decrypt(folder, to: "stolen", folder + "/thief.key", from: sender)
        }
        stage.timeline.check("another key opens nothing", refusal != nil, found: refusal ?? "")
        let forged = await Self.refusal {
            let other = try Self.keygen(folder + "/other-sender.key", isSigning: true)
            try Self.decrypt(folder, to: "forged", folder + "/device/age.key", from: other)
        }
        stage.timeline.check("another sender is not believed", forged != nil, found: forged ?? "")
    }

    private static func refusal(_ body: @escaping @Sendable () throws -> Void) async -> String? {
        do {
            try await Stage.blocking(body)
            return nil
        } catch { return "\(error)" }
    }

    /// Bytes that do not compress, the same in every run.
    private static func table() -> [UInt8] {
        var state: UInt64 = 7
        return (0..<length).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
    }

    private static func keygen(_ path: String, isSigning: Bool) throws -> String {
        var command = KeyGeneration()
        command.output = path
        command.isSigning = isSigning
        return try command.run()
    }

    private static func encrypt(_ folder: String, to recipient: String) throws {
        var command = FileEncryptionCommand()
        command.recipients = [recipient]
        command.isSegmented = true
        // Small ones: what an interruption costs is 64 of them.
        command.segmentSize = .kibibytes4
        command.isSealed = true
        command.context = context
        command.signingKeyFile = folder + "/sender.key"
        command.input = folder + "/calibration"
        command.output = folder + "/www/calibration"
        command.showsProgress = false
        try command.run()
    }

    private static func decrypt(
        _ folder: String,
        to name: String,
        _ key: String,
        from sender: String
    ) throws {
        var command = FileDecryptionCommand()
        command.identityFiles = [key]
        command.senders = [sender]
        command.context = context
        command.input = folder + "/device/calibration"
        command.output = folder + "/device/" + name
        command.showsProgress = false
        try command.run()
    }

    private struct Fetch: Sendable {
        var resumed: UInt64 = 0
        var bytes: UInt64 = 0
        var error: String?
    }

    private func fetch(_ url: String, breakingAfter limit: UInt64) async throws -> Fetch {
        let folder = stage.folder
        return try await Stage.blocking {
            var command = FileResumption(output: folder + "/device/calibration")
            command.identityFiles = [folder + "/device/age.key"]
            command.context = Self.context
            command.showsProgress = false
            var line = BreakingLine(try HTTPRangeSource(url), after: limit)
            var fetch = Fetch()
            do { fetch.resumed = try command.run(&line) } catch { fetch.error = "\(error)" }
            fetch.bytes = line.carried
            return fetch
        }
    }
}

/// A line that carries so many bytes and is dead then.
struct BreakingLine<Source: RangeSource>: RangeSource {
    private var source: Source
    private let limit: UInt64
    /// Bytes that came through.
    private(set) var carried: UInt64 = 0

    /// Breaks after `limit` bytes.
    init(_ source: Source, after limit: UInt64) {
        self.source = source
        self.limit = limit
    }

    mutating func read(
        _ range: Range<UInt64>
    ) throws(FileToolError) -> (bytes: [UInt8], length: UInt64) {
        guard carried < limit else { throw FileToolError(.system, "the line is dead") }
        let answer = try source.read(range)
        carried += UInt64(answer.bytes.count)
        return answer
    }
}
#endif
