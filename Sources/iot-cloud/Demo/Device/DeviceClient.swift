#if Endpoint
internal import MQTTCodec
internal import MQTTCodecNIO
internal import MQTTTopics
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// A small MQTT 5 client over mutual TLS, as a device would have it: one connection, no magic.
///
/// Every call waits for the server's answer, at most ten seconds.
actor DeviceClient {
    /// Why something did not come about.
    enum Failure: Error, CustomStringConvertible {
        /// The server's CONNACK says no.
        case refused(ReasonCode)
        /// The connection ended; with the reason where one is known.
        case ended(String)
        /// Nothing came.
        case timedOut(waitingFor: String)

        var description: String {
            switch self {
            case .refused(let code): "CONNECT refused with 0x\(String(code.rawValue, radix: 16))"
            case .ended(let reason): "the connection ended: \(reason)"
            case .timedOut(let what): "nothing came, waiting for \(what)"
            }
        }
    }

    private struct Waiter {
        let id: Int
        let accepts: @Sendable (ControlPacket) -> Bool
        let continuation: CheckedContinuation<ControlPacket, any Error>
    }

    /// Who it is.
    nonisolated let identity: ClientIdentity
    private let timeline: Timeline
    private let channel: any Channel
    private var waiters: [Waiter] = []
    private var inbox: [Publish] = []
    private var end: Failure?
    private var lastWaiter = 0
    private var lastIdentifier: UInt16 = 0

    private init(_ identity: ClientIdentity, _ timeline: Timeline, _ channel: any Channel) {
        self.identity = identity
        self.timeline = timeline
        self.channel = channel
    }

    /// Opens a connection and a session.
    ///
    /// - Parameters:
    ///   - identity: who connects.
    ///   - port: where, on this machine.
    ///   - connect: the first packet.
    ///   - timeline: hears of every message.
    /// - Returns: the client, and whether the server had kept its session.
    /// - Throws: ``Failure``, or the system's error.
    static func connect(
        _ identity: ClientIdentity,
        to port: Int,
        _ connect: Connect,
        _ timeline: Timeline
    ) async throws -> (client: DeviceClient, sessionPresent: Bool) {
        let (packets, continuation) = AsyncThrowingStream.makeStream(of: ControlPacket.self)
        let context = identity.context
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        try NIOSSLClientHandler(context: context, serverHostname: "localhost"),
                        ByteToMessageHandler(MQTTFrameDecoder(PacketFramer(from: .server))),
                        MessageToByteHandler(MQTTPacketEncoder(as: .v5, from: .client)),
                        PacketReceiver(continuation),
                    ])
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .get()
        let client = DeviceClient(identity, timeline, channel)
        Task { await client.read(packets) }
        return (client, try await client.open(connect))
    }

    private func open(_ connect: Connect) async throws -> Bool {
        let answer = try await ask(.connect(connect), "CONNACK") { $0.packetType == .connack }
        guard case .connack(let connack) = answer else { return false }
        guard connack.reasonCode == .success else { throw Failure.refused(connack.reasonCode) }
        return connack.sessionPresent
    }

    /// Publishes at level 1.
    ///
    /// - Returns: the reason code of PUBACK.
    @discardableResult
    func publish(_ topic: String, _ payload: String) async throws -> ReasonCode {
        let identifier = nextIdentifier()
        let bytes = Array(payload.utf8)
        timeline.message(.sent, identity.name, topic, bytes)
        let publish = Publish(
            topicName: topic,
            payload: bytes,
            qos: .atLeastOnce,
            packetIdentifier: identifier
        )
        let answer = try await ask(.publish(publish), "PUBACK") {
            guard case .puback(let ack) = $0 else { return false }
            return ack.packetIdentifier == identifier
        }
        guard case .puback(let ack) = answer else { return .unspecifiedError }
        return ack.reasonCode
    }

    /// Subscribes at level 1.
    ///
    /// - Returns: a reason code for each filter.
    @discardableResult
    func subscribe(_ filters: String...) async throws -> [ReasonCode] {
        let identifier = nextIdentifier()
        timeline.did(identity.name, "subscribes to " + filters.joined(separator: ", "))
        let subscribe = Subscribe(
            packetIdentifier: identifier,
            subscriptions: filters.map { Subscription(topicFilter: $0, maximumQoS: .atLeastOnce) }
        )
        let answer = try await ask(.subscribe(subscribe), "SUBACK") {
            guard case .suback(let ack) = $0 else { return false }
            return ack.packetIdentifier == identifier
        }
        guard case .suback(let ack) = answer else { return [] }
        return ack.reasonCodes
    }

    /// The oldest message of a topic that was not taken yet; waits for one.
    func next(_ filter: String) async throws -> Publish {
        let wanted = try TopicFilter(filter)
        if let index = inbox.firstIndex(where: { Self.matches($0, wanted) }) {
            return inbox.remove(at: index)
        }
        let packet = try await packet("a message to \(filter)") {
            guard case .publish(let message) = $0 else { return false }
            return Self.matches(message, wanted)
        }
        guard case .publish(let message) = packet else { throw Failure.ended("no message") }
        return message
    }

    /// How many messages of a topic have come and were not taken.
    func waiting(_ filter: String) throws -> Int {
        let wanted = try TopicFilter(filter)
        return inbox.count { Self.matches($0, wanted) }
    }

    /// Says goodbye: no last will.
    func disconnect() async throws {
        try await channel.writeAndFlush(ControlPacket.disconnect(Disconnect()))
        try? await channel.close()
    }

    /// Cuts the connection without a word.
    func cut() async throws { try? await channel.close() }

    /// The reason of the server's DISCONNECT; waits for it.
    func disconnection() async throws -> ReasonCode {
        let packet = try await packet("DISCONNECT") { $0.packetType == .disconnect }
        guard case .disconnect(let disconnect) = packet else { return .unspecifiedError }
        return disconnect.reasonCode
    }

    private static func matches(_ message: Publish, _ filter: TopicFilter) -> Bool {
        guard let topic = try? TopicName(message.topicName) else { return false }
        return filter.matches(topic)
    }

    private func nextIdentifier() -> PacketIdentifier {
        lastIdentifier = lastIdentifier == .max ? 1 : lastIdentifier + 1
        return PacketIdentifier(rawValue: lastIdentifier) ?? 1
    }

    private func ask(
        _ packet: ControlPacket,
        _ answer: String,
        where accepts: @escaping @Sendable (ControlPacket) -> Bool
    ) async throws -> ControlPacket {
        channel.writeAndFlush(packet, promise: nil)
        return try await self.packet(answer, where: accepts)
    }

    // Nothing arrives before the waiter stands: what comes waits for this actor.
    private func packet(
        _ what: String,
        where accepts: @escaping @Sendable (ControlPacket) -> Bool
    ) async throws -> ControlPacket {
        if let end { throw end }
        lastWaiter += 1
        let id = lastWaiter
        let timer = Task {
            try await Task.sleep(for: .seconds(10))
            expire(id, what)
        }
        defer { timer.cancel() }
        return try await withCheckedThrowingContinuation { continuation in
            waiters.append(Waiter(id: id, accepts: accepts, continuation: continuation))
        }
    }

    private func expire(_ id: Int, _ what: String) {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return }
        waiters.remove(at: index).continuation.resume(
            throwing: Failure.timedOut(waitingFor: what)
        )
    }

    private func read(_ packets: AsyncThrowingStream<ControlPacket, any Error>) async {
        var reason = "closed by the server"
        do {
            for try await packet in packets { receive(packet) }
        } catch { reason = Self.reason(error) }
        end = .ended(reason)
        for waiter in waiters { waiter.continuation.resume(throwing: Failure.ended(reason)) }
        waiters = []
    }

    /// A TLS alert by its name; anything else as it is.
    private static func reason(_ error: any Error) -> String {
        let text = "\(error)"
        guard let name = text.split(separator: "OPENSSL_internal:").dropFirst().first else {
            return text
        }
        return "TLS " + name.prefix { $0 != " " }.lowercased().replacing("_", with: " ")
    }

    private func receive(_ packet: ControlPacket) {
        if case .publish(let message) = packet {
            timeline.message(.received, identity.name, message.topicName, message.payload)
            if let identifier = message.packetIdentifier {
                let ack = Acknowledgement(packetIdentifier: identifier)
                channel.writeAndFlush(ControlPacket.puback(ack), promise: nil)
            }
        }
        if let index = waiters.firstIndex(where: { $0.accepts(packet) }) {
            waiters.remove(at: index).continuation.resume(returning: packet)
        } else if case .publish(let message) = packet {
            inbox.append(message)
        }
    }
}
#endif
