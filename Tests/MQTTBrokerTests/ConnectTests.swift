import MQTTBroker
import MQTTCodec
import Testing

@Suite("CONNECT and CONNACK, MQTT 5.0 §3.1, §3.2")
struct ConnectTests {
    @Test(
        "[MQTT-3.2.0-1] [MQTT-3.1.4-5] (3.1.1: [MQTT-3.1.4-4]) an accepted CONNECT is answered by CONNACK 0",
        arguments: ProtocolVersion.allCases
    )
    func accepts(version: ProtocolVersion) {
        let simulation = Simulation()
        let client = simulation.connect("a", version)
        #expect(client.connack?.sessionPresent == false)
        #expect(client.closeReason == nil)
    }

    @Test(
        "[MQTT-3.14.0-1] (3.1.1: [MQTT-3.1.0-1] [MQTT-4.8.0-1]) [MQTT-3.1.0-1] a first packet that is no CONNECT closes the connection by its first byte"
    )
    func firstPacket() {
        let client = Simulation().open()
        client.send(bytes: [0x30])
        #expect(
            client.closeReason == .violation(.protocolError, offset: 0, rule: "MQTT-3.1.0-1")
        )
        #expect(client.raw == [])
    }

    @Test(
        "(3.1.1: [MQTT-3.1.0-2]) [MQTT-3.1.0-2] [MQTT-3.2.0-2] a second CONNECT closes the connection without a second CONNACK",
        arguments: ProtocolVersion.allCases
    )
    func secondConnect(version: ProtocolVersion) {
        let client = Simulation().connect("a", version)
        client.connect("a")
        let rule = version == .v31 ? "§3.1" : "MQTT-3.1.0-2"
        #expect(client.closeReason == .violation(.protocolError, offset: 0, rule: rule))
        let answer: [ControlPacket] =
            version == .v5 ? [.disconnect(Disconnect(reasonCode: .protocolError))] : []
        #expect(client.take() == answer)
    }

    @Test(
        "(3.1.1: [MQTT-3.1.2-2]) [MQTT-3.1.2-2] an unknown version is answered in the nearest known one, then closed"
    )
    func unknownVersion() {
        let old = Simulation().open()
        old.send(bytes: [0x10, 13, 0, 4, 77, 81, 84, 84, 2, 2, 0, 0, 0, 1, 97])
        #expect(old.raw == [0x20, 2, 0, 1])
        let new = Simulation().open()
        new.send(bytes: [0x10, 14, 0, 4, 77, 81, 84, 84, 6, 2, 0, 0, 0, 0, 1, 97])
        #expect(new.raw == [0x20, 3, 0, 0x84, 0])
        #expect(new.closeReason != nil)
    }

    @Test("[MQTT-3.1.2-1] another protocol name gets no answer at all")
    func unknownName() {
        let client = Simulation().open()
        client.send(bytes: [0x10, 13, 0, 4, 77, 81, 84, 85, 4, 2, 0, 0, 0, 1, 97])
        #expect(client.raw == [])
        #expect(client.closeReason != nil)
    }

    @Test(
        "[MQTT-3.2.2-7] (3.1.1: [MQTT-3.2.2-6]) [MQTT-3.2.2-6] a malformed CONNECT has an answer in MQTT 5.0 and none in MQTT 3.1.1"
    )
    func malformed() {
        let new = Simulation().open()
        new.send(bytes: [0x10, 14, 0, 4, 77, 81, 84, 84, 5, 3, 0, 0, 0, 0, 1, 97])
        #expect(new.raw == [0x20, 3, 0, 0x81, 0])
        #expect(new.closeReason == .violation(.malformedPacket, offset: 9, rule: "MQTT-3.1.2-3"))
        let old = Simulation().open()
        old.send(bytes: [0x10, 13, 0, 4, 77, 81, 84, 84, 4, 3, 0, 0, 0, 1, 97])
        #expect(old.raw == [])
        #expect(old.closeReason != nil)
    }

    @Test(
        "[MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.2.2-16] an empty identifier is replaced by a unique one"
    )
    func assignedIdentifier() throws {
        let simulation = Simulation()
        let names = (0..<20).compactMap { _ in
            identifierAssigned(simulation.connect("").connack)
        }
        #expect(Set(names).count == 20)
        #expect(names.allSatisfy { $0.utf8.count == 37 })
        #expect(
            simulation.connect("given").connack?.properties.contains(.assignedClientIdentifier)
                == false
        )
    }

    @Test("[MQTT-3.1.3-6] (3.1.1) an empty identifier of a clean session is accepted")
    func emptyIdentifier311() {
        let client = Simulation().open(.v311)
        client.connect("", clean: true)
        #expect(client.raw == [0x20, 2, 0, 0])
    }

    @Test(
        "(3.1.1: [MQTT-3.2.2-4] [MQTT-3.2.2-5]) [MQTT-3.1.3-8] (3.1.1) an empty identifier of a kept session gets CONNACK 2 and is closed"
    )
    func emptyPersistentIdentifier() {
        let client = Simulation().open(.v311)
        client.connect("", clean: false)
        #expect(client.raw == [0x20, 2, 0, 2])
        #expect(client.closeReason == .refused(.clientIdentifierNotValid))
    }

    @Test("§3.1 (MQTT 3.1) an empty identifier is refused")
    func emptyIdentifier31() {
        let client = Simulation().open(.v31)
        client.connect("", clean: true)
        #expect(client.raw == [0x20, 2, 0, 2])
    }

    @Test(
        "(3.1.1: [MQTT-3.1.3-5]) [MQTT-3.1.3-5] identifiers of up to 23 letters and digits are accepted",
        arguments: [1, 23]
    )
    func shortIdentifier(count: Int) {
        _ = Simulation().connect(String(repeating: "Z", count: count), .v311)
    }

    @Test(
        "[MQTT-3.2.2-7] (3.1.1: [MQTT-3.1.3-9]) [MQTT-3.1.3-8] an identifier above the limit gets 0x85, one at the limit is accepted"
    )
    func longIdentifier() {
        let simulation = Simulation { $0.maximumClientIdentifierBytes = 30 }
        _ = simulation.connect(String(repeating: "x", count: 30))
        let client = simulation.open()
        client.connect(String(repeating: "x", count: 31))
        #expect(client.raw == [0x20, 3, 0, 0x85, 0])
        #expect(client.closeReason == .refused(.clientIdentifierNotValid))
    }

    @Test(
        "[MQTT-3.1.3-2] (3.1.1: [MQTT-3.1.3-2]) §3.1.3.1 identifiers are compared by their bytes, not by what they look like"
    )
    func canonicalEquivalence() {
        let simulation = Simulation()
        let composed = simulation.connect("\u{E9}")
        let decomposed = simulation.connect("e\u{301}")
        #expect(composed.closeReason == nil)
        #expect(decomposed.closeReason == nil)
        #expect(simulation.broker.statistics.sessions == 2)
    }

    @Test(
        "[MQTT-3.1.4-3] (3.1.1: [MQTT-3.1.4-2]) the same identifier takes over; the old client is told 0x8E"
    )
    func takeOver() {
        let simulation = Simulation()
        let old = simulation.connect("a")
        let new = simulation.connect("a")
        #expect(old.take() == [.disconnect(Disconnect(reasonCode: .sessionTakenOver))])
        #expect(old.closeReason == .takenOver)
        #expect(new.closeReason == nil)
        #expect(simulation.broker.statistics.connections == 1)
        let oldest = simulation.connect("b", .v311)
        _ = simulation.connect("b", .v311)
        #expect(oldest.take() == [])
        #expect(oldest.closeReason == .takenOver)
    }

    @Test("[MQTT-4.12.0-1] an authentication method is refused with 0x8C")
    func authenticationMethod() {
        let client = Simulation().open()
        client.connect("a", properties: [.authenticationMethod("SCRAM-SHA-256")])
        #expect(client.raw == [0x20, 3, 0, 0x8C, 0])
        #expect(client.closeReason == .refused(.badAuthenticationMethod))
    }

    @Test("[MQTT-4.12.0-6] [MQTT-4.12.0-7] AUTH without a method in CONNECT is a protocol error")
    func unexpectedAuth() {
        let client = Simulation().connect("a")
        client.send(bytes: [0xF0, 0x00])
        #expect(client.closeReason != nil)
        client.simulation.drain()
        #expect(client.take() == [.disconnect(Disconnect(reasonCode: .protocolError))])
    }

    @Test(
        "[MQTT-3.2.2-21] [MQTT-3.2.2-22] Server Keep Alive is sent when the client's value is not used"
    )
    func serverKeepAlive() {
        let simulation = Simulation { $0.maximumKeepAlive = 60 }
        func granted(_ wanted: UInt16) -> UInt16? {
            let properties = simulation.connect("k", keepAlive: wanted).connack?.properties
            return properties?.view.serverKeepAlive
        }
        #expect(granted(60) == nil)
        #expect(granted(61) == 60)
        #expect(granted(0) == 60)
        #expect(granted(10) == nil)
    }

    @Test("§3.2.2.3 CONNACK names the limits that the client cannot assume")
    func limits() {
        let simulation = Simulation {
            $0.receiveMaximum = 7
            $0.maximumPacketSize = 1_000
            $0.topicAliasMaximum = 3
            $0.maximumSessionExpiry = 100
        }
        let properties = simulation.connect("a", properties: [.sessionExpiryInterval(101)]).connack?
            .properties
        #expect(properties?.view.receiveMaximum == 7)
        #expect(properties?.view.maximumPacketSize == 1_000)
        #expect(properties?.view.topicAliasMaximum == 3)
        #expect(properties?.view.sessionExpiryInterval == 100)
        let unchanged = simulation.connect("b", properties: [.sessionExpiryInterval(100)]).connack?
            .properties
        #expect(unchanged?.contains(.sessionExpiryInterval) == false)
    }

    @Test(
        "[MQTT-3.1.4-6] [MQTT-3.1.4-5] (3.1.1) what follows a refused CONNECT is not processed; [MQTT-3.1.4-6]"
    )
    func afterRefusal() throws {
        let simulation = Simulation()
        let watcher = simulation.connect("w")
        watcher.subscribe("#")
        let client = simulation.open(.v311)
        let connect = try Connect(clientIdentifier: "", cleanStart: false)
            .encoded(as: .v311, from: .client)
        let publish = try Publish(topicName: "t", payload: [1]).encoded(as: .v311, from: .client)
        client.send(bytes: connect + publish)
        #expect(watcher.take() == [])
    }

    @Test(
        "a session beyond the limit gets 0x97, in MQTT 3.1.1 code 3; one at the limit is accepted"
    )
    func sessionLimit() {
        let simulation = Simulation { $0.maximumSessions = 2 }
        _ = simulation.connect("a")
        _ = simulation.connect("b")
        let third = simulation.open()
        third.connect("c")
        #expect(third.raw == [0x20, 3, 0, 0x97, 0])
        let old = simulation.open(.v311)
        old.connect("d")
        #expect(old.raw == [0x20, 2, 0, 3])
        _ = simulation.connect("a")
    }

    @Test("a connection beyond the limit is closed at once; one at the limit is not")
    func connectionLimit() {
        let simulation = Simulation { $0.maximumConnections = 2 }
        let first = simulation.open()
        let second = simulation.open()
        let third = simulation.open()
        #expect(first.closeReason == nil)
        #expect(second.closeReason == nil)
        #expect(third.closeReason == .server(.serverBusy))
    }

    @Test("a CONNECT above its size limit is refused by its header; one at the limit is accepted")
    func connectSize() throws {
        let bytes = try Connect(clientIdentifier: "abcdefgh").encoded(as: .v5, from: .client)
        let accepting = Simulation { $0.maximumConnectPacketSize = bytes.count }
        let accepted = accepting.open()
        accepted.send(bytes: bytes)
        #expect(accepted.takeConnack()?.reasonCode == .success)
        let refusing = Simulation { $0.maximumConnectPacketSize = bytes.count - 1 }
        let refused = refusing.open()
        refused.send(bytes: Array(bytes.prefix(2)))
        guard case .violation(.packetTooLarge, 0, _)? = refused.closeReason else {
            Issue.record("\(String(describing: refused.closeReason))")
            return
        }
    }

    @Test("[MQTT-3.1.2-24] a client whose maximum packet size leaves no room for CONNACK is closed")
    func tinyMaximumPacketSize() {
        let client = Simulation().open()
        client.connect("a", properties: [.maximumPacketSize(1)])
        #expect(client.raw == [])
        #expect(client.closeReason == .server(.packetTooLarge))
    }

    @Test("events tell who came and why they left")
    func events() {
        let simulation = Simulation()
        let client = simulation.connect("a")
        client.disconnect()
        let facts = Broker.Client(
            identifier: ClientIdentifier("a"),
            userName: nil,
            version: .v5,
            peer: Broker.Peer(address: "192.0.2.1")
        )
        #expect(
            simulation.takeEvents() == [
                .connected(facts, sessionPresent: false, at: simulation.now.wall),
                .disconnected(
                    facts,
                    .clientDisconnected(.normalDisconnection),
                    at: simulation.now.wall
                ),
                .sessionEnded(ClientIdentifier("a")),
            ]
        )
    }
}

/// The identifier that a CONNACK assigns.
func identifierAssigned(_ connack: Connack?) -> String? {
    for case .assignedClientIdentifier(let text)? in connack?.properties.map(Optional.init) ?? [] {
        return text
    }
    return nil
}
