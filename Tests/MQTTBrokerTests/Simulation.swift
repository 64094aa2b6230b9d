import IoTTestSupport
import IoTTime
import MQTTBroker
import MQTTCodec
import Testing

/// A broker with a clock that the test turns, and clients whose packets the test reads.
final class Simulation {
    var broker: Broker
    private(set) var now = Broker.Now(monotonic: .zero, wall: WallClock(milliseconds: 1_000))
    /// Weak, because each client keeps its simulation alive.
    private var clients: [Broker.ConnectionID: Weak] = [:]

    private var drains = 0

    /// What was stored, and the groups that were not yet.
    private(set) var image = Broker.StoredState()
    private var stores: [(Broker.StoreID, [Broker.StoreCommand])] = []
    var storesAtOnce = true
    var openStores: Int { stores.count }
    private(set) var steps: [(Broker.EffectID, Broker.AuthenticationStep)] = []

    private let configuration: Broker.Configuration
    private let policy: any BrokerPolicy
    private struct Weak { weak var client: TestClient? }
    private(set) var events: [Broker.Event] = []
    private(set) var published: [Broker.PublishedMessage] = []
    private(set) var questions: [(Broker.EffectID, Broker.Question)] = []

    init(
        policy: any BrokerPolicy = Broker.AllowAll(),
        _ configure: (inout Broker.Configuration) -> Void = { _ in }
    ) {
        var configuration = Broker.Configuration()
        configure(&configuration)
        self.configuration = configuration
        self.policy = policy
        broker = Broker(
            configuration: configuration,
            policy: policy,
            random: SplitMix64(seed: 7)
        )
    }

    /// Opens a connection without sending anything.
    func open(
        _ version: ProtocolVersion = .v5,
        peer: Broker.Peer = Broker.Peer(address: "192.0.2.1")
    ) -> TestClient {
        let id = broker.opened(peer, at: now)
        let client = TestClient(self, id, version)
        clients[id] = Weak(client: client)
        drain()
        return client
    }

    /// Opens a connection, sends CONNECT and expects to be let in.
    func connect(
        _ identifier: String,
        _ version: ProtocolVersion = .v5,
        clean: Bool = true,
        keepAlive: UInt16 = 0,
        will: Will? = nil,
        properties: [Property] = []
    ) -> TestClient {
        let client = open(version)
        client.connect(
            identifier,
            clean: clean,
            keepAlive: keepAlive,
            will: will,
            properties: properties
        )
        client.connack = client.takeConnack()
        #expect(client.connack?.reasonCode == .success)
        return client
    }

    /// Lets time pass and runs the timers that come due, one by one.
    func advance(milliseconds: Int64) {
        let end = now.monotonic.adding(milliseconds: milliseconds)
        while let next = broker.nextTimeout, next <= end {
            move(to: max(next, now.monotonic))
            broker.handleTimeout(at: now)
            drain()
        }
        move(to: end)
    }

    func advance(seconds: Int64) { advance(milliseconds: seconds * 1_000) }

    private func move(to time: MonotonicTime) {
        let passed = time.nanoseconds(since: now.monotonic) / 1_000_000
        now = Broker.Now(monotonic: time, wall: now.wall.adding(milliseconds: passed))
    }

    /// Does what the broker wants until it wants nothing more.
    func drain() {
        while let output = broker.nextOutput() {
            if isRecording { record(output) }
            switch output {
            case .send(let id, let batch):
                if let client = clients[id]?.client {
                    client.arrived(batch)
                } else {
                    broker.written(batch.byteCount, on: id, at: now)
                }
            case .close(let id, let reason): clients[id]?.client?.closeReason = reason
            case .suspendReading(let id): clients[id]?.client?.isSuspended = true
            case .resumeReading(let id): clients[id]?.client?.isSuspended = false
            case .authorise(let effect, let question): questions.append((effect, question))
            case .event(let event): events.append(event)
            case .published(let message): published.append(message)
            case .authenticate(let effect, let step): steps.append((effect, step))
            case .store(let group, let commands):
                stores.append((group, commands))
                if storesAtOnce { commitStores() }
            @unknown default: Issue.record("an output that no test knows")
            }
        }
        // The check walks over everything there is: with a crowd, a sample of the steps is enough.
        drains += 1
        if clients.count <= 25 || drains % 500 == 0 { #expect(broker.firstInconsistency == nil) }
    }

    func takePublished() -> [Broker.PublishedMessage] {
        defer { published = [] }
        return published
    }

    func takeEvents() -> [Broker.Event] {
        defer { events = [] }
        return events
    }

    func hasSubscriber(_ topic: String) -> Bool { broker.hasSubscriber(topic) }

    func session(_ identifier: String) -> Broker.SessionSummary? {
        broker.session(of: ClientIdentifier(identifier))
    }

    /// Whether ``digest`` takes in every output.
    var isRecording = false
    private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var recorded = 0

    private func record(_ output: Broker.Output) {
        recorded += 1
        var bytes: [UInt8]
        switch output {
        case .send(let id, let batch): bytes = Array("\(id)".utf8) + batch.bytes
        case .published(let message): bytes = Array("\(message.origin)".utf8)
        default: bytes = Array("\(output)".utf8)
        }
        bytes.append(UInt8(truncatingIfNeeded: now.monotonic.nanoseconds / 1_000_000))
        for byte in bytes { digest = (digest ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    }

    /// The process dies: what was not stored is gone, and every connection with it.
    ///
    /// A new broker takes over what was stored.
    func crash() throws {
        stores = []
        clients = [:]
        questions = []
        steps = []
        events = []
        broker = Broker(
            configuration: configuration,
            policy: policy,
            random: SplitMix64(seed: 8)
        )
        try broker.restore(image, at: now)
        drain()
    }

    func restore(_ state: Broker.StoredState) throws(Broker.RestoreError) {
        try broker.restore(state, at: now)
    }

    /// Stores the oldest groups, all of them unless told how many.
    func commitStores(_ count: Int = .max) {
        for _ in 0..<min(count, stores.count) {
            let (group, commands) = stores.removeFirst()
            for command in commands { image.apply(command) }
            broker.stored(group, at: now)
        }
    }

    /// Answers the oldest step of an authentication.
    func authenticated(_ answer: Broker.AuthenticationAnswer) {
        let (effect, _) = steps.removeFirst()
        broker.authenticated(effect, answer, at: now)
        drain()
    }

    /// Answers the oldest open question.
    func answer(_ decision: Broker.Decision) {
        let (effect, _) = questions.removeFirst()
        broker.completed(effect, decision, at: now)
        drain()
    }
}

/// One end of a connection.
final class TestClient {
    let simulation: Simulation
    let id: Broker.ConnectionID
    let version: ProtocolVersion
    var connack: Connack?
    var closeReason: Broker.CloseReason?
    var isSuspended = false
    /// True: nothing is read from the socket, so that nothing counts as written.
    var isStalled = false
    private var unwritten = 0
    private var bytes: [UInt8] = []

    init(_ simulation: Simulation, _ id: Broker.ConnectionID, _ version: ProtocolVersion) {
        self.simulation = simulation
        self.id = id
        self.version = version
    }

    // MARK: Receiving

    func arrived(_ batch: OutboundBatch) {
        bytes += batch.bytes
        unwritten += batch.byteCount
        if !isStalled { read() }
    }

    /// Reads everything from the socket.
    func read() {
        guard unwritten > 0 else { return }
        let count = unwritten
        unwritten = 0
        simulation.broker.written(count, on: id, at: simulation.now)
    }

    /// Starts to read again after a stall.
    func resume() {
        isStalled = false
        read()
        simulation.drain()
    }

    /// All packets that arrived since the last call.
    func take() -> [ControlPacket] {
        var packets: [ControlPacket] = []
        while !bytes.isEmpty {
            do {
                guard let header = try FixedHeader(reading: bytes.span),
                    header.packetSize <= bytes.count
                else { break }
                let packet = Array(bytes[..<header.packetSize])
                bytes.removeFirst(header.packetSize)
                packets.append(
                    try ControlPacketView(packet.span, as: version, from: .server).owned()
                )
            } catch {
                Issue.record("the broker sent \(error)")
                bytes = []
            }
        }
        return packets
    }

    func takeConnack() -> Connack? {
        guard case .connack(let packet)? = take().first else { return nil }
        return packet
    }

    /// The PUBLISH packets that arrived; anything else is recorded as an issue.
    func takePublishes() -> [Publish] {
        take().compactMap { packet in
            guard case .publish(let publish) = packet else {
                Issue.record("\(packet) instead of PUBLISH")
                return nil
            }
            return publish
        }
    }

    /// The payloads of the PUBLISH packets that arrived.
    func takePayloads() -> [String] {
        takePublishes().map { String(decoding: $0.payload, as: UTF8.self) }
    }

    var raw: [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    // MARK: Sending

    func send(bytes: [UInt8]) {
        simulation.broker.received(bytes.span, on: id, at: simulation.now)
        simulation.drain()
    }

    func send(_ packet: some EncodablePacket) {
        do {
            send(bytes: try packet.encoded(as: version, from: .client))
        } catch {
            Issue.record("cannot encode \(packet): \(error)")
        }
    }

    func connect(
        _ identifier: String,
        clean: Bool = true,
        keepAlive: UInt16 = 0,
        will: Will? = nil,
        properties: [Property] = []
    ) {
        send(
            Connect(
                clientIdentifier: identifier,
                cleanStart: clean,
                keepAlive: keepAlive,
                will: will,
                properties: Self.properties(properties),
                protocolVersion: version
            )
        )
    }

    static func properties(_ list: [Property]) -> Properties {
        (try? Properties(list)) ?? Properties()
    }

    func publish(
        _ topic: String,
        _ payload: String,
        _ qos: QoS = .atMostOnce,
        id: PacketIdentifier? = nil,
        retain: Bool = false,
        duplicate: Bool = false,
        properties: [Property] = []
    ) {
        send(
            Publish(
                topicName: topic,
                payload: Array(payload.utf8),
                qos: qos,
                packetIdentifier: id,
                retain: retain,
                isDuplicate: duplicate,
                properties: Self.properties(properties)
            )
        )
    }

    /// Subscribes and returns the codes of the SUBACK; what else came stays for ``take()``.
    @discardableResult
    func subscribe(
        _ filters: [(String, Subscription.Options)],
        identifier: UInt32? = nil
    ) -> [ReasonCode] {
        send(
            Subscribe(
                packetIdentifier: 77,
                subscriptions: filters.map { Subscription(topicFilter: $0.0, options: $0.1) },
                properties: Self.properties(
                    identifier.map { [.subscriptionIdentifier($0)] } ?? []
                )
            )
        )
        guard let header = try? FixedHeader(reading: bytes.span) else { return [] }
        let packet = Array(bytes[..<header.packetSize])
        bytes.removeFirst(header.packetSize)
        guard
            case .suback(let suback)? = try? ControlPacketView(
                packet.span,
                as: version,
                from: .server
            ).owned(),
            suback.packetIdentifier == 77
        else { return [] }
        return suback.reasonCodes
    }

    @discardableResult
    func subscribe(_ filter: String, _ qos: QoS = .atMostOnce) -> [ReasonCode] {
        subscribe([(filter, Subscription.Options(maximumQoS: qos))])
    }

    func acknowledge(_ type: PacketType, _ identifier: PacketIdentifier, _ code: UInt8 = 0) {
        let flags: UInt8 = type == .pubrel ? 2 : 0
        let high = UInt8(identifier.rawValue >> 8)
        let low = UInt8(truncatingIfNeeded: identifier.rawValue)
        let body = code == 0 ? [2, high, low] : [3, high, low, code]
        send(bytes: [type.rawValue << 4 | flags] + body)
    }

    /// The transport breaks.
    func drop() {
        simulation.broker.closed(id, at: simulation.now)
        simulation.drain()
    }

    func disconnect(_ code: ReasonCode = .normalDisconnection, properties: [Property] = []) {
        send(Disconnect(reasonCode: code, properties: Self.properties(properties)))
    }
}

/// The expiry interval of a message.
func secondsLeft(_ publish: Publish?) -> UInt32? {
    guard let properties = publish?.properties else { return nil }
    return properties.view.messageExpiryInterval
}
