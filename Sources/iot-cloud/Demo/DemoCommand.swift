#if Endpoint
internal import ArgumentParser
internal import Foundation
internal import JSONDocument

/// `iot-cloud demo`: plays the whole story in one process.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Play a device's life over real sockets, and check every step of it.",
        discussion: """
            Starts an endpoint on loopback, on ports that the system chooses, with everything it \
            keeps in a temporary folder. A device with a certificate that nobody has seen connects \
            and is registered; its telemetry goes through rules; it is steered through its shadow, \
            cut off, refused, given an encrypted file and a signed firmware update.

            Ends with status 0 only if every check of every step has passed.
            """
    )

    @Flag(help: "Print one JSON object instead of a timeline.")
    var json = false

    @Flag(help: "Keep the folder: certificates, databases, files.")
    var keep = false

    func run() async throws {
        let folder =
            FileManager.default.temporaryDirectory.path
            + "/iot-cloud-demo-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let printer = json ? nil : TimelinePrinter.standardOutput()
        printer?.say("iot-cloud demo: one device's life, in one process, over real sockets")
        let timeline = Timeline(printer)
        await Story(timeline: timeline).play(in: folder)
        if !keep { try? FileManager.default.removeItem(atPath: folder) }
        if json {
            print(timeline.json)
        } else {
            printer?.say(summary(timeline) + (keep ? "\nkept: \(folder)" : ""))
        }
        guard timeline.hasPassed else { throw ExitCode(1) }
    }

    private func summary(_ timeline: Timeline) -> String {
        let checks = timeline.steps.flatMap(\.checks)
        let failed = checks.count { !$0.hasPassed }
        let seconds = (timeline.now / 10).rounded() / 100
        let verdict = failed == 0 ? "all passed" : "\(failed) FAILED"
        return "\n\(timeline.steps.count) steps, \(checks.count) checks: \(verdict), \(seconds) s"
    }
}
#endif
