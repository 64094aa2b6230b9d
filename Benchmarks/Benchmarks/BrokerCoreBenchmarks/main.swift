import BenchmarkSupport
import IoTTime
import MQTTBroker
import MQTTCodec

/// The core alone, without sockets: bytes of publishers in, bytes of subscribers out.
struct Generator: RandomNumberGenerator, Sendable {
    var state: UInt64 = 1
    mutating func next() -> UInt64 {
        state &*= 6_364_136_223_846_793_005
        state &+= 1_442_695_040_888_963_407
        return state
    }
}

/// Allows everything, and wants to be asked about each delivery.
struct AskingPolicy: BrokerPolicy {
    let decidesReceive = true
    func connect(_ client: Broker.Client, password: Password?) -> Broker.Decision { .allow }
    func publish(
        _ client: Broker.Client,
        topic: Span<UInt8>,
        qos: QoS,
        retain: Bool
    ) -> Broker.Decision { .allow }
    func subscribe(
        _ client: Broker.Client,
        filter: Span<UInt8>,
        qos: QoS
    ) -> Broker.Decision { .allow }
    func receive(_ client: Broker.Client, topic: Span<UInt8>) -> Broker.Decision { .allow }
}

/// A broker with one publisher and some subscribers.
final class Stage {
    private var broker: Broker
    private let now = Broker.Now(monotonic: .zero, wall: .epoch)
    private var publisher: Broker.ConnectionID?
    private var subscribers: [Broker.ConnectionID] = []
    private let qos: QoS
    private let packets: [UInt8]
    private let perBatch: Int
    private var sent: UInt64 = 0
    private var acknowledgements: [UInt8] = []

    init(
        subscribers count: Int,
        qos: QoS,
        policy: any BrokerPolicy = Broker.AllowAll(),
        properties: [Property] = [],
        _ configure: (inout Broker.Configuration) -> Void = { _ in }
    ) throws {
        var configuration = Broker.Configuration()
        configure(&configuration)
        broker = Broker(configuration: configuration, policy: policy, random: Generator())
        self.qos = qos
        perBatch = 16
        var bytes: [UInt8] = []
        for number in 1...16 {
            bytes += try Publish(
                topicName: "devices/device-0001/telemetry",
                payload: [UInt8](repeating: 0x41, count: 64),
                qos: qos,
                packetIdentifier: qos == .atMostOnce
                    ? nil : PacketIdentifier(rawValue: UInt16(number))
            ).encoded(as: .v5, from: .client)
        }
        packets = bytes
        publisher = try connect("publisher", [])
        for number in 0..<count {
            let id = try connect("subscriber-\(number)", properties)
            subscribers.append(id)
            let subscribe = try Subscribe(
                packetIdentifier: 1,
                subscriptions: [Subscription(topicFilter: "devices/+/telemetry", maximumQoS: qos)]
            ).encoded(as: .v5, from: .client)
            broker.received(subscribe.span, on: id, at: now)
        }
        drain()
    }

    private func connect(
        _ name: String,
        _ properties: [Property]
    ) throws -> Broker.ConnectionID {
        let id = broker.opened(Broker.Peer(address: ""), at: now)
        let packet = try Connect(clientIdentifier: name, properties: Properties(properties))
            .encoded(as: .v5, from: .client)
        broker.received(packet.span, on: id, at: now)
        return id
    }

    /// Publishes `count` messages, and takes what comes out.
    ///
    /// - Returns: how many PUBLISH packets were sent.
    func run(_ count: Int) -> UInt64 {
        let before = broker.statistics.sent
        guard let publisher else { return 0 }
        let packets = packets
        for _ in 0..<(count / perBatch) {
            broker.received(packets.span, on: publisher, at: now)
            drain()
            if qos == .atLeastOnce { acknowledge() }
        }
        return broker.statistics.sent - before
    }

    private func drain() {
        while let output = broker.nextOutput() {
            if case .send(let id, let batch) = output {
                if qos == .atLeastOnce, subscribers.first == id { collect(batch) }
                broker.written(batch.byteCount, on: id, at: now)
            }
        }
    }

    /// Answers each PUBLISH of the batch; all have one size after the first.
    private func collect(_ batch: OutboundBatch) {
        acknowledgements.removeAll(keepingCapacity: true)
        for segment in batch.segments {
            segment.withBytes { bytes in
                var start = 0
                while start + 2 < bytes.count {
                    let topic = Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])
                    if bytes[start] & 0xF0 == 0x30 {
                        let place = start + 4 + topic
                        acknowledgements += [0x40, 2, bytes[place], bytes[place + 1]]
                    }
                    start += 2 + Int(bytes[start + 1])
                }
            }
        }
    }

    private func acknowledge() {
        guard let first = subscribers.first, !acknowledgements.isEmpty else { return }
        let bytes = acknowledgements
        acknowledgements.removeAll(keepingCapacity: true)
        broker.received(bytes.span, on: first, at: now)
        drain()
    }
}

let program = BenchmarkProgram("MQTTBroker: the core without sockets, 64-byte payloads, MQTT 5")
let count = program.isSmoke ? 1_600 : 160_000

@MainActor
func row(_ name: String, count: Int, fanOut: Int = 1, bar: Double, _ stage: Stage) {
    program.compare(
        "broker-core/" + name,
        count: count * fanOut,
        expect: UInt64(count * fanOut),
        bar: bar,
        ours: { _ in stage.run(count) }
    )
}

row("qos0-1-to-1", count: count, bar: 1_000, try Stage(subscribers: 1, qos: .atMostOnce))
row(
    "qos0-1-to-1-alias",
    count: count,
    bar: 1_000,
    try Stage(subscribers: 1, qos: .atMostOnce, properties: [.topicAliasMaximum(10)])
)
row(
    "qos0-1-to-1-receive-asked",
    count: count,
    bar: 1_100,
    try Stage(subscribers: 1, qos: .atMostOnce, policy: AskingPolicy())
)
row(
    "qos0-1-to-1-tapped",
    count: count,
    bar: 1_300,
    try Stage(subscribers: 1, qos: .atMostOnce) { $0.publishedTap = .all }
)
row("qos1-1-to-1", count: count, bar: 2_000, try Stage(subscribers: 1, qos: .atLeastOnce))
row(
    "qos0-1-to-100",
    count: count / 100 / 16 * 16,
    fanOut: 100,
    bar: 300,
    try Stage(subscribers: 100, qos: .atMostOnce)
)
program.finish()
