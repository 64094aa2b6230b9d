import IoTTestSupport
import IoTTime
import MQTTBroker
import MQTTCodec
import Testing

@Suite("Lifecycle messages and $SYS counters")
struct PresenceTests {
    private func client(_ name: String, _ principal: String? = "cert-1") -> Broker.Client {
        Broker.Client(
            identifier: ClientIdentifier(name),
            userName: nil,
            version: .v5,
            peer: Broker.Peer(address: "192.0.2.7", principal: principal)
        )
    }

    private func text(_ message: PresenceMessages.Message?) -> String? {
        message.map { String(decoding: $0.payload, as: UTF8.self) }
    }

    @Test("connected, subscribed, unsubscribed and disconnected share session and version")
    func lifecycle() throws {
        var presence = PresenceMessages(random: SplitMix64(seed: 1))
        let time = WallClock(milliseconds: 1_700_000_000_123)
        let device = client("d\"1\u{1}")
        let connected = presence.message(
            for: .connected(device, sessionPresent: false, at: time)
        )
        let first = try #require(connected)
        #expect(first.topicName == "$aws/events/presence/connected/d\"1\u{1}")
        let payload = try #require(text(first))
        let start = #"{"clientId":"d\"1\u0001","timestamp":1700000000123,"eventType":"connected","#
        #expect(payload.hasPrefix(start + #""sessionIdentifier":""#))
        let session = String(payload.dropFirst(start.count + 21).prefix(36))
        #expect(session.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
        #expect(
            payload.hasSuffix(
                #","principalIdentifier":"cert-1","ipAddress":"192.0.2.7","versionNumber":0}"#
            )
        )
        let subscribed = presence.message(
            for: .subscribed(device, filters: ["a/+", "b"], at: time)
        )
        #expect(
            subscribed?.topicName == "$aws/events/subscriptions/subscribed/d\"1\u{1}"
        )
        #expect(text(subscribed)?.hasSuffix(#","topics":["a/+","b"]}"#) == true)
        #expect(text(subscribed)?.contains(session) == true)
        let removed = presence.message(for: .unsubscribed(device, filters: [], at: time))
        #expect(text(removed)?.hasSuffix(#","topics":[]}"#) == true)
        let last = text(
            presence.message(
                for: .disconnected(device, .clientDisconnected(.normalDisconnection), at: time)
            )
        )
        #expect(last?.contains(session) == true)
        #expect(last?.contains("ipAddress") == false)
        let end =
            #","clientInitiatedDisconnect":true,"disconnectReason":"CLIENT_INITIATED_DISCONNECT","#
        #expect(last?.hasSuffix(end + #""versionNumber":0}"#) == true)
    }

    @Test("versions grow, and begin again after an hour away, or when too many clients are away")
    func versions() {
        var presence = PresenceMessages(maximumClients: 2, random: SplitMix64(seed: 1))
        var time = WallClock(milliseconds: 0)
        func connect(_ name: String) -> String? {
            text(
                presence.message(for: .connected(client(name), sessionPresent: true, at: time))
            ).map { String($0.suffix(18)) }
        }
        func leave(_ name: String) {
            _ = presence.message(for: .disconnected(client(name), .connectionLost, at: time))
        }
        #expect(connect("a") == #""versionNumber":0}"#)
        leave("a")
        time = time.adding(milliseconds: 3_599_999)
        #expect(connect("a") == #""versionNumber":1}"#)
        leave("a")
        time = time.adding(milliseconds: 3_600_000)
        #expect(connect("a") == #""versionNumber":0}"#)
        leave("a")
        _ = connect("b")
        leave("b")
        _ = connect("c")
        leave("c")
        #expect(connect("a") == #""versionNumber":0}"#)
        #expect(connect("c") == #""versionNumber":1}"#)
    }

    @Test("a client identifier that no topic can hold gets no message", arguments: ["a#", "+"])
    func wildcards(name: String) {
        var presence = PresenceMessages(random: SplitMix64(seed: 1))
        let time = WallClock.epoch
        let message = presence.message(
            for: .connected(client(name), sessionPresent: false, at: time)
        )
        #expect(message == nil)
    }

    @Test("every end of a connection has its word")
    func reasons() {
        let words: [(Broker.CloseReason, String)] = [
            (.clientDisconnected(.disconnectWithWillMessage), "CLIENT_INITIATED_DISCONNECT"),
            (.connectionLost, "CONNECTION_LOST"), (.keepAliveTimeout, "MQTT_KEEP_ALIVE_TIMEOUT"),
            (.takenOver, "DUPLICATE_CLIENTID"),
            (.violation(.protocolError, offset: 0, rule: ""), "CLIENT_ERROR"),
            (.server(.notAuthorized), "AUTH_ERROR"), (.server(.quotaExceeded), "THROTTLED"),
            (.server(.serverShuttingDown), "SERVER_INITIATED_DISCONNECT"),
            (.server(.administrativeAction), "API_INITIATED_DISCONNECT"),
            (.server(.unspecifiedError), "SERVER_ERROR"),
        ]
        for (reason, word) in words { #expect(reason.disconnectReason == word) }
    }

    @Test("a whole life through the broker: messages reach a subscriber of $aws/events")
    func throughTheBroker() {
        let simulation = Simulation()
        var presence = PresenceMessages(random: SplitMix64(seed: 1))
        let watcher = simulation.connect("w")
        watcher.subscribe("$aws/events/#")
        _ = simulation.takeEvents()
        let device = simulation.connect("d")
        device.subscribe("x")
        device.drop()
        for event in simulation.takeEvents() {
            guard let message = presence.message(for: event) else { continue }
            simulation.broker.publish(
                message.topicName,
                payload: message.payload.span,
                at: simulation.now
            )
            simulation.drain()
        }
        #expect(
            watcher.takePublishes().map(\.topicName) == [
                "$aws/events/presence/connected/d", "$aws/events/subscriptions/subscribed/d",
                "$aws/events/presence/disconnected/d",
            ]
        )
    }

    @Test("$SYS topics are valid topics with the counters as they are")
    func systemTopics() {
        let simulation = Simulation()
        let client = simulation.connect("a")
        client.subscribe("#")
        client.publish("t", "x")
        let topics = simulation.broker.statistics.systemTopics
        let values = Dictionary(uniqueKeysWithValues: topics.map { ($0.topicName, $0.value) })
        #expect(values.count == topics.count)
        #expect(values["$SYS/broker/connections/count"] == 1)
        #expect(values["$SYS/broker/publish/messages/received"] == 1)
        #expect(values["$SYS/broker/publish/messages/sent"] == 1)
        #expect(values["$SYS/broker/bytes/received"].map { $0 > 20 } == true)
        #expect(values["$SYS/broker/bytes/sent"].map { $0 > 20 } == true)
    }
}
