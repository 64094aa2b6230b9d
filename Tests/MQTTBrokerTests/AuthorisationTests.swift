import MQTTBroker
import MQTTCodec
import MQTTTopics
import Synchronization
import Testing

/// A policy whose answers a test changes while the broker runs.
final class SwitchPolicy: BrokerPolicy {
    struct Answers {
        var connect = Broker.Decision.allow
        var remain = Broker.Decision.allow
        var publish = Broker.Decision.allow
        var subscribe: [String: Broker.Decision] = [:]
        var receive: [String: Broker.Decision] = [:]
        /// How often each kind of question was asked.
        var asked: [String: Int] = [:]
    }

    private let answers = Mutex(Answers())
    let decidesReceive = true

    func change(_ body: (inout Answers) -> Void) { answers.withLock { body(&$0) } }
    func asked(_ kind: String) -> Int { answers.withLock { $0.asked[kind, default: 0] } }

    private func answer(
        _ kind: String,
        _ pick: (Answers) -> Broker.Decision
    ) -> Broker.Decision {
        answers.withLock {
            $0.asked[kind, default: 0] += 1
            return pick($0)
        }
    }

    private static func text(_ bytes: Span<UInt8>) -> String {
        String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }

    func connect(_ client: Broker.Client, password: Password?) -> Broker.Decision {
        answer("connect", \.connect)
    }
    func remain(_ client: Broker.Client) -> Broker.Decision { answer("remain", \.remain) }
    func publish(
        _ client: Broker.Client,
        topic: Span<UInt8>,
        qos: QoS,
        retain: Bool
    ) -> Broker.Decision { answer("publish", \.publish) }
    func subscribe(
        _ client: Broker.Client,
        filter: Span<UInt8>,
        qos: QoS
    ) -> Broker.Decision {
        let filter = Self.text(filter)
        return answer("subscribe") { $0.subscribe[filter] ?? .allow }
    }
    func receive(_ client: Broker.Client, topic: Span<UInt8>) -> Broker.Decision {
        let topic = Self.text(topic)
        return answer("receive") { $0.receive[topic] ?? .allow }
    }
}

@Suite("Authorisation: receiving, wills, a changed policy, what a refusal looks like")
struct AuthorisationTests {
    @Test("a refused delivery is dropped and nobody is told; the question is asked once a topic")
    func receive() {
        let policy = SwitchPolicy()
        policy.change { $0.receive["no"] = .deny(.notAuthorized) }
        let simulation = Simulation(policy: policy)
        let client = simulation.connect("a")
        client.subscribe("#", .atLeastOnce)
        let publisher = simulation.connect("p")
        for _ in 0..<3 {
            publisher.publish("no", "1", .atLeastOnce, id: 1)
            publisher.publish("yes", "2")
        }
        #expect(client.takePayloads() == ["2", "2", "2"])
        #expect(policy.asked("receive") == 2)
        #expect(simulation.broker.statistics.denied == 3)
        #expect(
            publisher.take()
                == Array(repeating: .puback(Acknowledgement(packetIdentifier: 1)), count: 3)
        )
        #expect(client.closeReason == nil)
    }

    @Test("a late answer about receiving: all messages wait, and keep their order")
    func lateReceive() {
        for answer in [Broker.Decision.allow, .deny(.notAuthorized)] {
            let policy = SwitchPolicy()
            policy.change { $0.receive["later"] = .later }
            let simulation = Simulation(policy: policy)
            let client = simulation.connect("a")
            client.subscribe("#", .atLeastOnce)
            let publisher = simulation.connect("p")
            publisher.publish("x", "0")
            publisher.publish("later", "1", .atLeastOnce, id: 1)
            publisher.publish("x", "2")
            publisher.publish("later", "3")
            #expect(client.takePayloads() == ["0"])
            #expect(
                simulation.questions.map(\.1.action) == [.receive(topic: Array("later".utf8))]
            )
            simulation.answer(answer)
            #expect(
                client.takePayloads() == (answer == .allow ? ["1", "2", "3"] : ["2"])
            )
            #expect(simulation.questions.isEmpty)
        }
    }

    @Test("an answer for a session that has ended changes nothing")
    func lateReceiveTooLate() {
        let policy = SwitchPolicy()
        policy.change { $0.receive["later"] = .later }
        let simulation = Simulation(policy: policy)
        let client = simulation.connect("a")
        client.subscribe("#")
        client.publish("later", "1")
        client.drop()
        let next = simulation.connect("a")
        simulation.answer(.allow)
        #expect(next.take() == [])
    }

    @Test("what waited for a client that was away is asked about when it is sent")
    func receiveOnResume() {
        let policy = SwitchPolicy()
        let simulation = Simulation(policy: policy)
        let properties: [Property] = [.sessionExpiryInterval(100)]
        let client = simulation.connect("a", properties: properties)
        client.subscribe("#", .atLeastOnce)
        client.drop()
        let publisher = simulation.connect("p")
        publisher.publish("x", "1", .atLeastOnce, id: 1)
        publisher.publish("y", "2", .atLeastOnce, id: 2)
        #expect(policy.asked("receive") == 0)
        policy.change { $0.receive["x"] = .deny(.notAuthorized) }
        let again = simulation.open()
        again.connect("a", clean: false, properties: properties)
        #expect(again.take().map(\.packetType) == [.connack, .publish])
        #expect(simulation.broker.statistics.denied == 1)
    }

    @Test("a topic beyond the table's longest is asked about each time")
    func longTopic() {
        let policy = SwitchPolicy()
        let simulation = Simulation(policy: policy)
        let client = simulation.connect("a")
        client.subscribe("#")
        for (size, asked) in [(512, 1), (513, 3)] {
            let topic = String(repeating: "t", count: size)
            client.publish(topic, "1")
            client.publish(topic, "2")
            #expect(client.takePayloads() == ["1", "2"])
            #expect(policy.asked("receive") == asked)
        }
    }

    @Test("a small table forgets, and never mixes topics up")
    func smallTable() {
        let policy = SwitchPolicy()
        for number in stride(from: 0, to: 50, by: 2) {
            policy.change { $0.receive["t\(number)"] = .deny(.notAuthorized) }
        }
        let simulation = Simulation(policy: policy) { $0.receiveDecisionsPerSession = 4 }
        let client = simulation.connect("a")
        client.subscribe("#")
        for _ in 0..<2 {
            for number in 0..<50 { client.publish("t\(number)", "\(number)") }
            #expect(client.takePayloads() == stride(from: 1, to: 50, by: 2).map { "\($0)" })
        }
    }

    @Test("a will is asked about again when it is published", arguments: [0, 1, 2])
    func will(answer: Int) {
        let policy = SwitchPolicy()
        let simulation = Simulation(policy: policy)
        let watcher = simulation.connect("w")
        watcher.subscribe("#")
        let client = simulation.connect("a", will: Will(topicName: "gone", payload: [1]))
        policy.change { $0.publish = [.allow, .deny(.notAuthorized), .later][answer] }
        client.drop()
        #expect(watcher.take().count == (answer == 0 ? 1 : 0))
        if answer == 2 {
            #expect(
                simulation.questions.map(\.1.action)
                    == [
                        .publish(topic: Array("gone".utf8), qos: .atMostOnce, retain: false)
                    ]
            )
            simulation.answer(.allow)
            #expect(watcher.take().count == 1)
        }
    }

    @Test("a changed policy disconnects who may not remain, with the reason")
    func remain() {
        let policy = SwitchPolicy()
        let simulation = Simulation(policy: policy)
        let client = simulation.connect("a")
        let old = simulation.connect("b", .v311)
        policy.change { $0.remain = .deny(.notAuthorized) }
        simulation.broker.policyChanged(at: simulation.now)
        simulation.drain()
        #expect(client.raw == [0xE0, 1, 0x87])
        #expect(client.closeReason == .server(.notAuthorized))
        #expect(old.raw == [])
        #expect(old.closeReason == .server(.notAuthorized))
        #expect(policy.asked("connect") == 2)
    }

    @Test("a late answer about remaining: the client goes on until it comes")
    func lateRemain() {
        let policy = SwitchPolicy()
        let simulation = Simulation(policy: policy)
        let stays = simulation.connect("a")
        let goes = simulation.connect("b")
        policy.change { $0.remain = .later }
        simulation.broker.policyChanged(at: simulation.now)
        simulation.drain()
        #expect(simulation.questions.map(\.1.action) == [.remain, .remain])
        stays.send(bytes: [0xC0, 0])
        #expect(stays.raw == [0xD0, 0])
        simulation.answer(.allow)
        simulation.answer(.deny(.notAuthorized))
        #expect(stays.closeReason == nil)
        #expect(goes.raw == [0xE0, 1, 0x87])
    }

    @Test("a changed policy removes subscriptions and forgets answers, of clients away as well")
    func resubscribe() {
        let policy = SwitchPolicy()
        let simulation = Simulation(policy: policy)
        let client = simulation.connect("a")
        client.subscribe("x")
        client.subscribe("y")
        client.subscribe("z")
        let away = simulation.connect("b", properties: [.sessionExpiryInterval(60)])
        away.subscribe("x")
        away.drop()
        client.publish("y", "1")
        #expect(client.takePayloads() == ["1"])
        _ = simulation.takeEvents()
        policy.change {
            $0.subscribe = ["x": .deny(.notAuthorized), "z": .later]
            $0.receive["y"] = .deny(.notAuthorized)
        }
        simulation.broker.policyChanged(at: simulation.now)
        simulation.drain()
        #expect(!simulation.hasSubscriber("x"))
        #expect(simulation.hasSubscriber("z"))
        simulation.answer(.deny(.notAuthorized))
        #expect(!simulation.hasSubscriber("z"))
        client.publish("y", "2")
        #expect(client.take() == [])
        var removed: [[String]] = []
        for case .unsubscribed(_, let filters, _) in simulation.takeEvents() {
            removed.append(filters)
        }
        #expect(removed == [["x"], ["x"], ["z"]])
    }

    @Test("another policy takes over and is asked at once")
    func replace() {
        let simulation = Simulation()
        let client = simulation.connect("nobody")
        simulation.broker.replacePolicy(WordPolicy(), at: simulation.now)
        simulation.drain()
        #expect(client.closeReason == .server(.notAuthorized))
    }

    @Test("a refused CONNECT takes no session over")
    func refusedTakesNothingOver() {
        let policy = SwitchPolicy()
        let simulation = Simulation(policy: policy)
        let client = simulation.connect("a")
        policy.change { $0.connect = .deny(.badUserNameOrPassword) }
        let thief = simulation.open()
        thief.connect("a")
        #expect(thief.closeReason == .refused(.badUserNameOrPassword))
        #expect(client.closeReason == nil)
    }

    @Test("the AWS dialect: return code 7 for CONNECT, and PUBLISH closes the connection")
    func awsDenials() {
        let policy = SwitchPolicy()
        let simulation = Simulation(policy: policy) { $0.dialect = .aws }
        let client = simulation.connect("a", .v311)
        policy.change {
            $0.publish = .deny(.notAuthorized)
            $0.connect = .deny(.notAuthorized)
            $0.subscribe["no"] = .deny(.notAuthorized)
        }
        #expect(client.subscribe("no") == [.unspecifiedError])
        client.publish("t", "1", .atLeastOnce, id: 1)
        #expect(client.raw == [])
        #expect(client.closeReason == .server(.notAuthorized))
        let refused = simulation.open(.v311)
        refused.connect("b")
        #expect(refused.raw == [0x20, 2, 0, 7])
        let modern = simulation.open()
        modern.connect("c")
        #expect(modern.raw == [0x20, 3, 0, 0x87, 0])
    }

    @Test("a refused filter may close the connection", arguments: [ProtocolVersion.v311, .v5])
    func refusedFilterCloses(version: ProtocolVersion) {
        let policy = SwitchPolicy()
        policy.change { $0.subscribe["no"] = .deny(.notAuthorized) }
        let simulation = Simulation(policy: policy) {
            $0.denials = .init(subscribe: .disconnect)
        }
        let client = simulation.connect("a", version)
        #expect(client.subscribe("yes") == [.grantedQoS0])
        client.send(
            Subscribe(
                packetIdentifier: 1,
                subscriptions: ["yes2", "no"].map {
                    Subscription(topicFilter: $0, options: .init(maximumQoS: .atMostOnce))
                }
            )
        )
        #expect(client.raw == (version == .v5 ? [0xE0, 1, 0x87] : []))
        #expect(client.closeReason == .server(.notAuthorized))
    }
}
