#if Endpoint
import Foundation
import IoTTestSupport
import IoTTime
import MQTTBroker
import MQTTCodec
import Testing

@testable import CloudEndpoint

@Suite("BrokerDatabase: what a durable broker keeps")
struct BrokerDatabaseTests {
    private func withFile(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("iot-database-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder.appendingPathComponent("broker.sqlite").path)
    }

    private func write(_ commands: [Broker.StoreCommand], _ database: BrokerDatabase) async -> Bool
    {
        await withCheckedContinuation { continuation in
            database.write(commands) { continuation.resume(returning: $0) }
        }
    }

    @Test("groups of any changes, read back by another process's life", arguments: 1...6)
    func replay(seed: Int) async throws {
        try await withFile { path in
            var changes = RandomChanges(seed: UInt64(seed))
            var expected = Broker.StoredState()
            for _ in 0..<4 {
                let database = try BrokerDatabase(path: path, synchronization: .normal)
                #expect(try database.load() == expected)
                await withTaskGroup { group in
                    for _ in 0..<30 {
                        let commands = changes.group()
                        for command in commands { expected.apply(command) }
                        let (stream, done) = AsyncStream.makeStream(of: Bool.self)
                        database.write(commands) {
                            done.yield($0)
                            done.finish()
                        }
                        group.addTask {
                            for await isStored in stream { #expect(isStored) }
                        }
                    }
                }
            }
            #expect(try BrokerDatabase(path: path).load() == expected)
            #expect(changes.count > 300)
        }
    }

    @Test("a second opener, a file of something else and a later format are refused")
    func refusals() async throws {
        try await withFile { path in
            do {
                let database = try BrokerDatabase(path: path)
                #expect(await write([], database))
                #expect(throws: (any Error).self) { try BrokerDatabase(path: path) }
            }
            let other = path + "-other"
            try Data("no database at all, whatever its name says".utf8)
                .write(to: URL(fileURLWithPath: other))
            #expect(throws: (any Error).self) { try BrokerDatabase(path: other) }
        }
    }

    @Test("after a change that cannot be stored nothing is, because the others build on it")
    func failure() async throws {
        try await withFile { path in
            do {
                let database = try BrokerDatabase(path: path)
                let stranger = Broker.StoreCommand.putInbound(ClientIdentifier("nobody"), 1)
                #expect(await write([.putRetained(1)], database))
                #expect(await !write([.putRetained(2), stranger], database))
                #expect(await !write([.putRetained(3)], database))
            }
            var expected = Broker.StoredState()
            expected.apply(.putRetained(1))
            #expect(try BrokerDatabase(path: path).load() == expected)
        }
    }
}

/// Changes that a broker could put out: only of sessions that are kept.
private struct RandomChanges {
    private var random: SplitMix64
    private var sessions: Set<String> = []
    private(set) var count = 0

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func group() -> [Broker.StoreCommand] {
        (0..<random.below(8)).map { _ in
            count += 1
            return change()
        }
    }

    private mutating func change() -> Broker.StoreCommand {
        let name = "client/\(random.below(6))é"
        let client = ClientIdentifier(name)
        let number = UInt64(random.below(20) + 1)
        let identifier = PacketIdentifier(rawValue: UInt16(random.below(5) + 65_530)) ?? 1
        if !sessions.contains(name) {
            switch random.below(4) {
            case 0: return .putMessage(message(number))
            case 1: return .removeMessage(number)
            case 2: return random.oneIn(2) ? .putRetained(number) : .removeRetained(number)
            default:
                sessions.insert(name)
                return .putSession(session(client))
            }
        }
        switch random.below(12) {
        case 0...1: return .putSession(session(client))
        case 2:
            sessions.remove(name)
            return .removeSession(client)
        case 3...4: return .putSubscription(client, subscription())
        case 5: return .removeSubscription(client, filter: "f/\(random.below(3))/#")
        case 6...8: return .putDelivery(client, delivery(identifier))
        case 9: return .removeDelivery(client, sequence: UInt64(random.below(9) + 1))
        case 10: return .putInbound(client, identifier)
        default: return .removeInbound(client, identifier)
        }
    }

    private mutating func content() -> SharedPublish? {
        let payload = (0..<random.below(40)).map { UInt8(truncatingIfNeeded: $0 * 37) }
        let properties = try? Properties([
            .userProperty(name: "k", value: "\(random.below(9))"), .contentType("text/plain"),
        ])
        return try? SharedPublish(
            topicName: "t/\(random.below(9))",
            payload: payload.span,
            properties: properties ?? Properties()
        )
    }

    private mutating func message(_ number: UInt64) -> Broker.StoredMessage {
        guard let content = content() else { preconditionFailure("a valid message") }
        return Broker.StoredMessage(
            number: number,
            content: content,
            qos: random.oneIn(2) ? .atLeastOnce : .exactlyOnce,
            retain: random.oneIn(2),
            expiresAt: random.oneIn(2) ? WallClock(milliseconds: 1_700_000_000_123) : nil
        )
    }

    private mutating func session(_ client: ClientIdentifier) -> Broker.StoredSession {
        var will: Broker.StoredSession.Will?
        if random.oneIn(3), let content = content() {
            will = Broker.StoredSession.Will(
                content: content,
                qos: .exactlyOnce,
                retain: random.oneIn(2),
                messageExpiryInterval: random.oneIn(2) ? .max : nil,
                delay: UInt32(random.below(1_000))
            )
        }
        return Broker.StoredSession(
            client: Broker.Client(
                identifier: client,
                userName: random.oneIn(2) ? "user" : nil,
                version: random.oneIn(2) ? .v311 : .v5,
                peer: Broker.Peer(address: "::1", principal: random.oneIn(2) ? "cert" : nil)
            ),
            expiryInterval: random.oneIn(2) ? .max : 60,
            disconnectedAt: random.oneIn(2) ? WallClock(milliseconds: -5) : nil,
            will: will
        )
    }

    private mutating func subscription() -> Broker.StoredSubscription {
        Broker.StoredSubscription(
            filter: "f/\(random.below(3))/#",
            qos: .exactlyOnce,
            noLocal: random.oneIn(2),
            retainAsPublished: random.oneIn(2),
            identifier: random.oneIn(2) ? 0 : 268_435_455
        )
    }

    private mutating func delivery(_ identifier: PacketIdentifier) -> Broker.StoredDelivery {
        let states: [Broker.StoredDelivery.State] = [
            .queued, .published(identifier), .released(identifier),
        ]
        return Broker.StoredDelivery(
            sequence: UInt64(random.below(9) + 1),
            message: UInt64(random.below(20)),
            qos: .atLeastOnce,
            retain: random.oneIn(2),
            subscriptionIdentifiers: random.oneIn(2) ? [] : [1, 268_435_455, 7],
            state: states[random.below(3)]
        )
    }
}
#endif
