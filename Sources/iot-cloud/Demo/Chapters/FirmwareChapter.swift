#if Endpoint
internal import FirmwareManifest
internal import FirmwareManifestOpenSSL
internal import FirmwareManifestSodium
internal import FirmwareTool
internal import Foundation

/// Two releases are installed; an older one and a tampered one are not.
struct FirmwareChapter {
    let stage: Stage

    func play() async throws {
        let timeline = stage.timeline
        let releases = FirmwareReleases(stage.folder)
        try await Stage.blocking { try releases.prepare() }
        timeline.did("operator", "makes a trust root: a manifest needs an Ed25519 and a P-256 key")

        try await Stage.blocking { try releases.publish(1) }
        let broken = try await update(breakingAfter: 200_000)
        timeline.check(
            "release 1 breaks off during the download, nothing is installed",
            broken.refusal == "E_STORAGE" && broken.slot == "a",
            found: broken.refusal ?? "no refusal"
        )
        let first = try await update()
        timeline.check(
            "the next run goes on, verifies, boots slot b on trial and confirms it",
            first.refusal == nil && first.slot == "b" && first.resumedAt > 0,
            found: "from byte \(first.resumedAt)"
        )
        let image = FileManager.default.contents(atPath: releases.image(1)).map { [UInt8]($0) }
        timeline.check("the slot holds the signed image", image != nil && slot("b") == image)

        try await Stage.blocking { try releases.publish(2) }
        let second = try await update()
        timeline.check(
            "release 2 goes to the other slot",
            second.refusal == nil && second.slot == "a"
        )
        timeline.did("attacker", "puts release 1 back, with its valid signatures")
        try await Stage.blocking { try releases.publish(1) }
        let rollback = try await update()
        timeline.check(
            "the rollback is refused",
            rollback.refusal == "E_ROLLBACK" && rollback.slot == "a",
            found: rollback.refusal ?? "no refusal"
        )
        timeline.did("attacker", "changes one byte of release 3's image")
        try await Stage.blocking { try releases.publish(3, isTampered: true) }
        let tampered = try await update()
        timeline.check(
            "the tampered image is refused, and the device still runs release 2",
            tampered.refusal == "E_DIGEST" && tampered.slot == "a",
            found: tampered.refusal ?? "no refusal"
        )
    }

    private struct Outcome: Sendable {
        var refusal: String?
        var slot = ""
        var resumedAt: UInt64 = 0
    }

    private func slot(_ name: String) -> [UInt8]? {
        let path = stage.folder + "/device/firmware/slot-\(name)-617070"
        return FileManager.default.contents(atPath: path).map { [UInt8]($0) }
    }

    /// What the device's updater does when it looks for an update.
    private func update(breakingAfter limit: UInt64 = .max) async throws -> Outcome {
        let (folder, http, timeline) = (stage.folder, stage.http, stage.timeline)
        return try await Stage.blocking {
            guard let server = HTTPRangeSource("http://127.0.0.1:\(http)/files/firmware") else {
                throw FirmwareError(.unsafePath)
            }
            var outcome = Outcome()
            var begins: [String] = []
            let updater = DeviceUpdater(
                files: try FolderFiles(folder + "/device/firmware"),
                source: BreakingSource(server, after: limit),
                device: try FirmwareReleases.device,
                at: FirmwareTime(seconds: FirmwareReleases.now()),
                using: CombinedCryptography(
                    ed25519: SodiumCryptography(),
                    others: OpenSSLCryptography()
                ),
                report: { line in
                    timeline.did(Stage.device, line)
                    if line.hasPrefix("download app from ") { begins.append(line) }
                }
            )
            let root = FileManager.default.contents(atPath: folder + "/root.cbor") ?? Data()
            try updater.provision(root: [UInt8](root))
            do throws(FirmwareError) {
                if case .bootOnTrial = try updater.run() {
                    let slot = try updater.boot()
                    timeline.did(Stage.device, "boots slot \(slot) on trial")
                    try updater.confirm(running: slot)
                }
            } catch { outcome.refusal = error.code.rawValue }
            outcome.slot = "\(try updater.boot())"
            outcome.resumedAt = begins.last.flatMap { UInt64($0.dropFirst(18)) } ?? 0
            return outcome
        }
    }
}

/// A server that is gone after so many bytes of a payload.
final class BreakingSource: UpdateSource {
    private let source: HTTPRangeSource
    private let limit: UInt64
    private var carried: UInt64 = 0

    /// Breaks after `limit` bytes.
    init(_ source: HTTPRangeSource, after limit: UInt64) {
        self.source = source
        self.limit = limit
    }

    func fetch(
        _ path: String,
        range: Range<UInt64>?,
        limit most: Int
    ) throws(FirmwareError) -> [UInt8]? {
        guard carried < limit else { throw FirmwareError(.storage) }
        let bytes = try source.fetch(path, range: range, limit: most)
        if range != nil { carried += UInt64(bytes?.count ?? 0) }
        return bytes
    }
}
#endif
