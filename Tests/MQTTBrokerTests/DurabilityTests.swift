import IoTTestSupport
import IoTTime
import MQTTBroker
import MQTTCodec
import Testing

@Suite("Durable mode: nothing is acknowledged before it is stored, and nothing stored is lost")
struct DurabilityTests {
    private let kept: [Property] = [.sessionExpiryInterval(100)]

    private func durable(
        _ configure: (inout Broker.Configuration) -> Void = { _ in }
    ) -> Simulation {
        Simulation {
            $0.isDurable = true
            configure(&$0)
        }
    }

    private func back(
        _ simulation: Simulation,
        _ name: String
    ) -> (Connack?, [Publish], [PacketType]) {
        let client = simulation.open()
        client.connect(name, clean: false, properties: kept)
        var connack: Connack?
        var publishes: [Publish] = []
        var types: [PacketType] = []
        for packet in client.take() {
            types.append(packet.packetType)
            if case .connack(let packet) = packet { connack = packet }
            if case .publish(let packet) = packet { publishes.append(packet) }
        }
        return (connack, publishes, types)
    }

    @Test("PUBACK, PUBREC and the message itself wait until they are stored; QoS 0 does not")
    func waits() {
        let simulation = durable()
        let subscriber = simulation.connect("s", properties: kept)
        subscriber.subscribe("#", .exactlyOnce)
        let publisher = simulation.connect("p")
        simulation.storesAtOnce = false
        publisher.publish("t", "0")
        #expect(subscriber.takePayloads() == ["0"])
        publisher.publish("t", "1", .atLeastOnce, id: 1)
        publisher.publish("t", "2", .exactlyOnce, id: 2)
        publisher.send(bytes: [0xC0, 0])
        #expect(publisher.take() == [])
        #expect(subscriber.take() == [])
        #expect(simulation.openStores == 2)
        simulation.commitStores(1)
        simulation.drain()
        #expect(publisher.take().map(\.packetType) == [.puback])
        #expect(subscriber.takePayloads() == ["1"])
        simulation.commitStores()
        simulation.drain()
        #expect(publisher.take().map(\.packetType) == [.pubrec, .pingresp])
        #expect(subscriber.takePayloads() == ["2"])
    }

    @Test("PUBREL, PUBCOMP, SUBACK and CONNACK of a kept session wait as well")
    func waitsToo() {
        let simulation = durable()
        simulation.storesAtOnce = false
        let client = simulation.open()
        client.connect("a", properties: kept)
        #expect(client.raw == [])
        simulation.commitStores()
        simulation.drain()
        #expect(client.take().map(\.packetType) == [.connack])
        #expect(client.subscribe("#", .exactlyOnce) == [])
        simulation.commitStores()
        simulation.drain()
        #expect(client.take().map(\.packetType) == [.suback])
        client.publish("t", "", .exactlyOnce, id: 1)
        simulation.commitStores()
        simulation.drain()
        #expect(client.take().map(\.packetType) == [.publish, .pubrec])
        client.acknowledge(.pubrec, 1)
        client.acknowledge(.pubrel, 1)
        #expect(client.raw == [])
        simulation.commitStores()
        simulation.drain()
        #expect(client.take().map(\.packetType) == [.pubrel, .pubcomp])
    }

    @Test("a refusal, PINGRESP and DISCONNECT wait for nothing; what was held is not sent any more")
    func doesNotWait() {
        let simulation = durable()
        simulation.storesAtOnce = false
        let refused = simulation.open()
        refused.connect(String(repeating: "x", count: 300))
        #expect(refused.raw == [0x20, 3, 0, 0x85, 0])
        let client = simulation.connect("a")
        client.publish("t", "1", .atLeastOnce, id: 1, retain: true)
        #expect(client.raw == [])
        client.send(bytes: [0xE1, 0])
        #expect(client.raw == [0xE0, 1, 0x81])
        simulation.commitStores()
        simulation.drain()
        #expect(client.raw == [])
    }

    @Test("in memory nothing is put out to be stored")
    func inMemory() {
        let simulation = Simulation()
        simulation.storesAtOnce = false
        let client = simulation.connect("a", properties: kept)
        client.subscribe("#", .exactlyOnce)
        client.publish("t", "1", .exactlyOnce, id: 1, retain: true)
        client.drop()
        #expect(simulation.openStores == 0)
    }

    @Test("what nobody keeps is not stored: sessions that end with their connection")
    func notKept() {
        let simulation = durable()
        simulation.storesAtOnce = false
        let client = simulation.connect("a")
        client.subscribe("#", .atLeastOnce)
        client.publish("t", "1", .exactlyOnce, id: 1)
        #expect(client.take().map(\.packetType) == [.publish, .pubrec])
        #expect(simulation.openStores == 0)
    }

    @Test("sessions, subscriptions, queues, both halves of QoS 2 and retained messages come back")
    func comesBack() throws {
        let simulation = durable()
        let subscriber = simulation.connect("s", properties: kept + [.receiveMaximum(3)])
        subscriber.subscribe(
            [
                (
                    "t/#",
                    Subscription.Options(maximumQoS: .exactlyOnce, retainAsPublished: true)
                )
            ],
            identifier: 5
        )
        let publisher = simulation.connect("p", properties: kept)
        publisher.publish("t/released", "a", .exactlyOnce, id: 1, retain: true)
        publisher.publish("t/sent", "b", .exactlyOnce, id: 2)
        publisher.publish("t/acknowledged", "c", .atLeastOnce, id: 3)
        publisher.publish("t/queued", "d", .atLeastOnce, id: 4)
        publisher.publish("t/last", "e", .exactlyOnce, id: 5)
        subscriber.acknowledge(.pubrec, 1)
        subscriber.acknowledge(.puback, 3)
        publisher.acknowledge(.pubrel, 5)
        try simulation.crash()
        #expect(simulation.broker.statistics.sessions == 2)
        #expect(simulation.broker.statistics.retainedMessages == 1)
        let (connack, publishes, types) = back(simulation, "s")
        #expect(connack?.sessionPresent == true)
        #expect(types.contains(.pubrel))
        #expect(publishes.map(\.topicName) == ["t/sent", "t/queued", "t/last"])
        #expect(publishes.map(\.isDuplicate) == [true, true, false])
        #expect(publishes.map { $0.packetIdentifier?.rawValue } == [2, 4, 5])
        let list = simulation.broker.subscriptions(of: ClientIdentifier("s"))
        #expect(list.map(\.identifier) == [5])
        #expect(list.map(\.retainAsPublished) == [true])
        // A repeat of what was taken over is acknowledged and goes nowhere; 5 was released.
        let again = simulation.open()
        again.connect("p", clean: false, properties: kept)
        _ = again.take()
        again.publish("t/sent", "b", .exactlyOnce, id: 2, duplicate: true)
        #expect(again.take() == [.pubrec(Acknowledgement(packetIdentifier: 2))])
        #expect(simulation.session("p")?.unreleasedMessages == 2)
        let reader = simulation.connect("r")
        reader.subscribe("t/released")
        #expect(reader.takePayloads() == ["a"])
    }

    @Test("what is done is forgotten: the store ends empty")
    func forgets() {
        let simulation = durable { $0.maximumQueuedMessages = 2 }
        let client = simulation.connect("a", properties: kept)
        client.subscribe("#", .exactlyOnce)
        client.publish("t", "1", .atLeastOnce, id: 1, retain: true)
        client.publish("t", "2", .exactlyOnce, id: 2)
        client.acknowledge(.puback, 1)
        client.acknowledge(.pubrec, 2)
        client.acknowledge(.pubcomp, 2)
        client.acknowledge(.pubrel, 2)
        client.publish("t", "", retain: true)
        #expect(simulation.image.counts == (1, 0, 0))
        client.drop()
        let publisher = simulation.connect("p")
        for number in 1...5 {
            publisher.publish(
                "t",
                "\(number)",
                .atLeastOnce,
                id: 1,
                properties: [.messageExpiryInterval(10)]
            )
        }
        #expect(simulation.image.counts == (1, 2, 0))
        simulation.advance(seconds: 101)
        #expect(simulation.image.counts == (0, 0, 0))
    }

    @Test("time goes on while the process is down: sessions, messages and wills")
    func time() throws {
        let simulation = durable()
        let watcher = simulation.connect("w", properties: kept)
        watcher.subscribe("gone/#", .atLeastOnce)
        let soon = simulation.connect("soon", properties: [.sessionExpiryInterval(20)])
        soon.subscribe("x")
        soon.drop()
        _ = simulation.connect(
            "late",
            will: Will(
                topicName: "gone/late",
                payload: [],
                qos: .atLeastOnce,
                properties: TestClient.properties([.willDelayInterval(30)])
            ),
            properties: kept
        )
        _ = simulation.connect(
            "now",
            will: Will(topicName: "gone/now", payload: [], qos: .atLeastOnce),
            properties: kept
        )
        watcher.drop()
        simulation.connect("p").publish(
            "gone/expires",
            "",
            .atLeastOnce,
            id: 1,
            properties: [.messageExpiryInterval(40)]
        )
        try simulation.crash()
        simulation.advance(seconds: 25)
        #expect(simulation.session("soon") == nil)
        try simulation.crash()
        let (_, publishes, _) = back(simulation, "w")
        #expect(publishes.map(\.topicName) == ["gone/expires", "gone/now"])
        #expect(secondsLeft(publishes.first) == 15)
        simulation.advance(seconds: 31)
        #expect(simulation.session("w")?.inflightMessages == 3)
    }

    @Test("(3.1.1: [MQTT-4.8.0-2]) a failed store closes everybody, and lets nobody in")
    func failure() {
        let simulation = durable()
        simulation.storesAtOnce = false
        let client = simulation.connect("a")
        client.publish("t", "1", .atLeastOnce, id: 1, retain: true)
        simulation.broker.storageFailed(at: simulation.now)
        simulation.drain()
        #expect(client.raw == [0xE0, 1, 0x80])
        let next = simulation.open()
        #expect(simulation.broker.statistics.connections == 0)
        next.connect("b")
        #expect(next.raw == [])
    }

    @Test("stored state that contradicts itself is refused, with what is wrong")
    func contradictions() throws {
        let client = Broker.Client(
            identifier: ClientIdentifier("a"),
            userName: nil,
            version: .v5,
            peer: Broker.Peer(address: "")
        )
        let session = Broker.StoreCommand.putSession(
            .init(client: client, expiryInterval: 1, disconnectedAt: nil, will: nil)
        )
        let name = client.identifier
        func delivery(
            _ sequence: UInt64,
            _ message: UInt64,
            _ id: PacketIdentifier
        )
            -> Broker.StoreCommand
        {
            .putDelivery(
                name,
                .init(
                    sequence: sequence,
                    message: message,
                    qos: .exactlyOnce,
                    retain: false,
                    subscriptionIdentifiers: [],
                    state: message == 0 ? .released(id) : .published(id)
                )
            )
        }
        let filter = Broker.StoredSubscription(
            filter: "a/#/b",
            qos: .atMostOnce,
            noLocal: false,
            retainAsPublished: false,
            identifier: 0
        )
        let cases: [([Broker.StoreCommand], Broker.RestoreError)] = [
            ([.putRetained(4)], .unknownMessage(4)),
            ([.putInbound(name, 1)], .unknownSession(name)),
            ([session, delivery(1, 9, 1)], .unknownMessage(9)),
            ([session, delivery(1, 0, 7), delivery(2, 0, 7)], .identifierInUse(name, 7)),
            ([session, .putSubscription(name, filter)], .invalidFilter(name, "a/#/b")),
        ]
        for (commands, expected) in cases {
            var state = Broker.StoredState()
            for command in commands { state.apply(command) }
            let simulation = durable()
            #expect(throws: expected) { try simulation.restore(state) }
        }
        #expect(throws: Broker.RestoreError.notDurable) {
            try Simulation().restore(Broker.StoredState())
        }
        let busy = durable()
        _ = busy.connect("a")
        #expect(throws: Broker.RestoreError.notEmpty) {
            try busy.restore(Broker.StoredState())
        }
    }

    @Test("messages and wills survive as packets, whatever their properties")
    func packets() throws {
        let properties = TestClient.properties([
            .userProperty(name: "b", value: "1"), .contentType("text/plain"),
            .userProperty(name: "a", value: "2"), .responseTopic("r"), .correlationData([0, 255]),
        ])
        let payload: [UInt8] = [1, 2, 3]
        for qos in [QoS.atMostOnce, .atLeastOnce, .exactlyOnce] {
            let message = Broker.StoredMessage(
                number: 3,
                content: try SharedPublish(
                    topicName: "t/é",
                    payload: payload.span,
                    properties: properties
                ),
                qos: qos,
                retain: true,
                expiresAt: nil
            )
            let bytes = message.packet
            let again = try Broker.StoredMessage(number: 3, packet: bytes.span, expiresAt: nil)
            #expect(again == message)
            let short = Array(bytes.dropLast(4))
            #expect(throws: PacketError.self) {
                try Broker.StoredMessage(number: 3, packet: short.span, expiresAt: nil)
            }
        }
        let ping: [UInt8] = [0xD0, 0]
        #expect(throws: PacketError.self) {
            try Broker.StoredMessage(number: 3, packet: ping.span, expiresAt: nil)
        }
    }

    @Test(
        "a store that dies at any moment: nothing acknowledged is lost, QoS 2 arrives exactly once",
        arguments: 1...8 as ClosedRange<UInt64>
    )
    func chaos(seed: UInt64) throws {
        var play = CrashPlay(seed: seed)
        try play.run(steps: 2_000)
        #expect(play.crashes > 5)
        #expect(play.published > 50)
        #expect(play.missing == [])
        #expect(play.repeated == [])
    }
}

/// Publishers and subscribers that follow the protocol to the letter, over a store that dies.
private struct CrashPlay {
    private struct Publisher {
        let name: String
        var client: TestClient?
        /// What was not acknowledged to the end, oldest first.
        var open: [(id: UInt16, text: String, qos: QoS, isReleased: Bool)] = []
        var nextID: UInt16 = 1
    }

    private struct Subscriber {
        let name: String
        var client: TestClient?
        var unreleased: Set<PacketIdentifier> = []
        var received: [String: Int] = [:]
    }

    private let simulation = Simulation {
        $0.isDurable = true
        $0.maximumInflight = 4
    }
    private var random: SplitMix64
    private var publishers = ["p0", "p1"].map { Publisher(name: $0) }
    private var subscribers = ["s0", "s1", "s2"].map { Subscriber(name: $0) }
    private(set) var crashes = 0
    private(set) var published = 0

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    private var texts: [String] { (0..<published).map { "\($0 % 2 + 1):\($0)" } }

    var missing: [String] {
        subscribers.flatMap { subscriber in
            texts.filter { subscriber.received[$0] == nil }.map { subscriber.name + " " + $0 }
        }
    }

    var repeated: [String] {
        subscribers.flatMap { subscriber in
            subscriber.received.filter { $0.key.hasPrefix("2") && $0.value > 1 }.map(\.key)
        }
    }

    mutating func run(steps: Int) throws {
        for index in subscribers.indices {
            connect(subscriber: index)
            subscribers[index].client?.subscribe("t", .exactlyOnce)
        }
        for index in publishers.indices { connect(publisher: index) }
        simulation.storesAtOnce = false
        for _ in 0..<steps { try step() }
        simulation.storesAtOnce = true
        for _ in 0..<400 {
            simulation.commitStores()
            simulation.drain()
            for index in publishers.indices { work(publisher: index) }
            for index in subscribers.indices { work(subscriber: index, patience: 0) }
        }
    }

    private mutating func step() throws {
        switch random.below(100) {
        case 0...24: publish(random.below(publishers.count))
        case 25...44: work(publisher: random.below(publishers.count))
        case 45...74: work(subscriber: random.below(subscribers.count), patience: 4)
        case 75...90:
            simulation.commitStores(random.below(4))
            simulation.drain()
        case 91...92: publishers[random.below(publishers.count)].client?.drop()
        case 93...94: subscribers[random.below(subscribers.count)].client?.drop()
        case 95...96: simulation.advance(milliseconds: Int64(random.below(300)))
        default:
            guard random.oneIn(3) else { return }
            crashes += 1
            try simulation.crash()
            for index in publishers.indices { publishers[index].client = nil }
            for index in subscribers.indices { subscribers[index].client = nil }
        }
    }

    // MARK: Publishers

    private mutating func connect(publisher index: Int) {
        let client = simulation.open()
        client.connect(
            publishers[index].name,
            clean: false,
            properties: [.sessionExpiryInterval(100_000)]
        )
        publishers[index].client = client
    }

    private mutating func publish(_ index: Int) {
        guard let client = publishers[index].client, client.closeReason == nil,
            client.connack != nil, publishers[index].open.count < 10
        else { return }
        let text = "\(published % 2 + 1):\(published)"
        let qos: QoS = published % 2 == 0 ? .atLeastOnce : .exactlyOnce
        published += 1
        while publishers[index].open.contains(where: { $0.id == publishers[index].nextID }) {
            publishers[index].nextID = publishers[index].nextID % 40 + 1
        }
        let id = publishers[index].nextID
        publishers[index].nextID = id % 40 + 1
        publishers[index].open.append((id, text, qos, false))
        if let identifier = PacketIdentifier(rawValue: id) {
            client.publish("t", text, qos, id: identifier)
        }
    }

    private mutating func work(publisher index: Int) {
        guard let client = publishers[index].client, client.closeReason == nil else {
            return connect(publisher: index)
        }
        for packet in client.take() {
            switch packet {
            case .connack(let connack):
                #expect(
                    connack.sessionPresent || !publishers[index].open.contains { $0.isReleased }
                )
                client.connack = connack
                resend(index, client)
            case .puback(let packet): finish(index, packet.packetIdentifier)
            case .pubcomp(let packet): finish(index, packet.packetIdentifier)
            case .pubrec(let packet):
                let id = packet.packetIdentifier
                for place in publishers[index].open.indices
                where publishers[index].open[place].id == id.rawValue {
                    publishers[index].open[place].isReleased = true
                }
                client.acknowledge(.pubrel, id)
            default: Issue.record("\(packet)")
            }
        }
    }

    private func resend(_ index: Int, _ client: TestClient) {
        for entry in publishers[index].open {
            guard let id = PacketIdentifier(rawValue: entry.id) else { continue }
            if entry.isReleased {
                client.acknowledge(.pubrel, id)
            } else {
                client.publish("t", entry.text, entry.qos, id: id, duplicate: true)
            }
        }
    }

    private mutating func finish(_ index: Int, _ id: PacketIdentifier) {
        publishers[index].open.removeAll { $0.id == id.rawValue }
    }

    // MARK: Subscribers

    private mutating func connect(subscriber index: Int) {
        let client = simulation.open()
        client.connect(
            subscribers[index].name,
            clean: false,
            properties: [.sessionExpiryInterval(100_000)]
        )
        subscribers[index].client = client
    }

    /// Reads what came; one packet in `patience` is never answered.
    private mutating func work(subscriber index: Int, patience: Int) {
        guard let client = subscribers[index].client, client.closeReason == nil else {
            return connect(subscriber: index)
        }
        for packet in client.take() {
            switch packet {
            case .publish(let publish):
                guard let id = publish.packetIdentifier else { continue }
                let text = String(decoding: publish.payload, as: UTF8.self)
                if publish.qos == .exactlyOnce {
                    if subscribers[index].unreleased.insert(id).inserted {
                        subscribers[index].received[text, default: 0] += 1
                    }
                    client.acknowledge(.pubrec, id)
                } else {
                    subscribers[index].received[text, default: 0] += 1
                    client.acknowledge(.puback, id)
                }
                if patience > 0, random.oneIn(patience * 5) { return client.drop() }
            case .pubrel(let packet):
                subscribers[index].unreleased.remove(packet.packetIdentifier)
                client.acknowledge(.pubcomp, packet.packetIdentifier)
            default: continue
            }
        }
    }
}
