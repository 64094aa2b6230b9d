#if Endpoint
import Foundation
import IoTTestSupport
import Testing

/// The durable `iot-cloud`, killed again and again under load.
@Suite("Durable mode: kill -9", .serialized)
struct ChaosTests {
    /// More than a handful when IOT_CHAOS_KILLS says so.
    private static var kills: Int {
        ProcessInfo.processInfo.environment["IOT_CHAOS_KILLS"].flatMap { Int($0) } ?? 4
    }

    @Test(
        "50 clients: nothing acknowledged is lost, nothing of QoS 2 arrives twice",
        arguments: ["full"]
    )
    func chaos(synchronization: String) async throws {
        try await withTaskExecutorPreference(BlockingExecutor.shared) {
            try await play(synchronization)
        }
    }

    private func play(_ synchronization: String) async throws {
        let folder = try TemporaryFolder()
        let arguments = [
            "--durable", folder.path + "/broker.sqlite", "--durable-sync", synchronization,
        ]
        var random = SplitMix64(seed: UInt64.random(in: 0...UInt64.max))
        let play = ChaosPlay(pairs: 25)
        guard var broker = try await Program.serve(arguments + ["--port", "0"]) else { return }
        #expect(play.begin(broker.port))
        for _ in 0..<Self.kills {
            play.run(broker.port, seconds: Double(random.below(400)) / 1_000)
            broker.child.signal(SIGKILL)
            _ = await broker.child.wait()
            play.disconnect()
            guard let next = try await Program.serve(arguments + ["--port", "\(broker.port)"])
            else {
                return
            }
            broker = next
        }
        play.finish(broker.port, seconds: 120)
        broker.child.signal(SIGTERM)
        #expect(await broker.child.wait().status == 0)
        #expect(play.isDone)
        #expect(play.missing == [])
        #expect(play.repeated == [])
        #expect(play.lostSessions == 0)
        #expect(play.acknowledged == play.publishedCount && play.acknowledged > 100)
        print(
            "chaos: \(Self.kills) kills, \(play.publishedCount) messages published, "
                + "\(play.acknowledged) acknowledged, \(play.missing.count) lost, "
                + "\(play.repeated.count) of QoS 2 repeated"
        )
    }
}
#endif
