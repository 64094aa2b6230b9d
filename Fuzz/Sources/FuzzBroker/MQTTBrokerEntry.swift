import IoTTime
import MQTTBroker
import MQTTCodec
import MQTTTopics

/// Two clients, their packets and raw bytes, breaking transports, late answers, passing time, and a
/// store that falls behind and dies.
func fuzzBroker(_ bytes: UnsafeRawBufferPointer) {
    var play = BrokerPlay(script: Array(bytes))
    play.run()
}

/// Denies what starts with `n`, and answers later what starts with `l`.
private struct LetterPolicy: BrokerPolicy {
    private func decide(_ first: UInt8?) -> Broker.Decision {
        switch first {
        case UInt8(ascii: "n"): .deny(.notAuthorized)
        case UInt8(ascii: "l"): .later
        default: .allow
        }
    }

    func connect(_ client: Broker.Client, password: Password?) -> Broker.Decision {
        decide(client.identifier.description.utf8.first)
    }
    func publish(
        _ client: Broker.Client,
        topic: Span<UInt8>,
        qos: QoS,
        retain: Bool
    ) -> Broker.Decision { decide(topic.isEmpty ? nil : topic[0]) }
    func subscribe(
        _ client: Broker.Client,
        filter: Span<UInt8>,
        qos: QoS
    ) -> Broker.Decision { decide(filter.isEmpty ? nil : filter[0]) }

    var decidesReceive: Bool { true }
    func receive(_ client: Broker.Client, topic: Span<UInt8>) -> Broker.Decision {
        // "a/b/c" is refused, "w" is answered later.
        topic.count == 5
            ? .deny(.notAuthorized) : topic.count == 1 && topic[0] == 0x77 ? .later : .allow
    }
    func supportsAuthentication(_ method: String) -> Bool { method == "m" }
    func wantsPublished(_ topic: Span<UInt8>) -> Bool { topic.count == 3 }
}

private struct PlayRandom: RandomNumberGenerator, Sendable {
    var state: UInt64 = 1
    mutating func next() -> UInt64 {
        state &*= 6_364_136_223_846_793_005
        state &+= 1_442_695_040_888_963_407
        return state
    }
}

/// What one client of the play knows about its own connection.
private struct PlayClient {
    var id: Broker.ConnectionID
    var version = ProtocolVersion.v5
    /// False once raw bytes were sent: then only the broker knows what they meant.
    var isTracked = true
    var isClosed = false
    var isStalled = false
    var isConnected = false
    var unwritten = 0
    var output: [UInt8] = []
    var receiveMaximum = 65_535
    var maximumPacketSize = Int.max
    /// Identifiers of messages that were not acknowledged.
    var open: Set<UInt16> = []
    /// False once an acknowledgement may have waited in the broker and met a later message.
    var isExact = true
    var filters: [TopicFilter] = []
}

private struct BrokerPlay: ~Copyable {
    private static let topics = ["a", "a/b", "a/b/c", "later", "no", "$x/y", "$SYS/z", "w"]
    private static let filters = [
        "a", "a/+", "#", "+/b/#", "later", "no", "$x/#", "$share/g/a/#", "w", "a/#",
    ]
    private static let identifiers = ["one", "two", "later", "no", ""]

    private let script: [UInt8]
    private var position = 0
    private var broker: Broker
    private var now = Broker.Now(monotonic: .zero, wall: .epoch)
    private var clients: [PlayClient] = []
    private var questions: [Broker.EffectID] = []
    private var steps: [Broker.EffectID] = []
    private let configuration: Broker.Configuration
    private var image = Broker.StoredState()
    private var stores: [(Broker.StoreID, [Broker.StoreCommand])] = []
    /// Every filter anybody subscribed to: sessions move from client to client.
    private var filters: [TopicFilter] = []
    private var sharesFilters = false

    init(script: [UInt8]) {
        self.script = script
        var configuration = Broker.Configuration()
        configuration.maximumInflight = 3
        configuration.maximumQueuedMessages = 4
        configuration.maximumOutboundBytes = 160
        configuration.maximumPacketSize = 256
        configuration.maximumSubscriptions = 4
        configuration.maximumRetainedMessages = 3
        configuration.maximumSessions = 3
        configuration.maximumConnections = 4
        configuration.receiveMaximum = 2
        configuration.topicAliasMaximum = 2
        configuration.maximumTopicLevels = 4
        let mode = script.first ?? 0
        configuration.queueOverflow =
            mode & 3 == 0 ? .dropOldest : mode & 3 == 1 ? .disconnect : .dropNewest
        configuration.denials = .init(publish: mode & 4 == 0 ? .acknowledge : .disconnect)
        configuration.maximumKeepAlive = mode & 8 == 0 ? nil : 5
        configuration.dialect = mode & 16 == 0 ? .oasis : .aws
        configuration.isDurable = mode & 32 != 0
        configuration.maximumQoS = mode & 64 == 0 ? .exactlyOnce : .atLeastOnce
        configuration.publishedTap = mode & 128 == 0 ? .none : .selected
        self.configuration = configuration
        broker = Broker(
            configuration: configuration,
            policy: LetterPolicy(),
            random: PlayRandom()
        )
    }

    mutating func run() {
        open()
        open()
        _ = byte()
        while position < script.count {
            step()
            drain()
            if let fault = broker.firstInconsistency { fatalError(fault) }
        }
        restoreIfDurable()
        broker.shutDown(at: now)
        drain()
        precondition(broker.statistics.connections == 0)
        precondition(clients.allSatisfy(\.isClosed))
    }

    private mutating func byte() -> UInt8 {
        guard position < script.count else { return 0 }
        defer { position += 1 }
        return script[position]
    }

    private mutating func open() {
        let id = broker.opened(Broker.Peer(address: ""), at: now)
        clients.append(PlayClient(id: id))
        drain()
    }

    /// The open connection in one of the two places; a closed one is replaced.
    private mutating func client(_ place: Int) -> Int {
        let candidates = clients.indices.filter { $0 % 2 == place }
        guard let last = candidates.last, !clients[last].isClosed else {
            if clients.count % 2 != place { open() }
            open()
            return clients.count - 1
        }
        return last
    }

    private mutating func step() {
        let code = byte()
        let index = client(Int(code >> 4 & 1))
        switch code & 0x0F {
        case 0...2: connect(index)
        case 3...5: publish(index)
        case 6...7: subscribe(index)
        case 8: unsubscribe(index)
        case 9...10: acknowledge(index, byte())
        case 11: advance()
        case 12: stall(index, byte())
        case 13:
            clients[index].isClosed = true
            broker.closed(clients[index].id, at: now)
        case 14: answer(index, byte())
        default: raw(index, Int(byte() & 63))
        }
    }

    private mutating func feed(_ index: Int, _ bytes: [UInt8]) {
        // Split in two, somewhere.
        let cut = bytes.isEmpty ? 0 : position % bytes.count
        broker.received(bytes.span.extracting(0..<cut), on: clients[index].id, at: now)
        drain()
        broker.received(bytes.span.extracting(cut...), on: clients[index].id, at: now)
    }

    private mutating func feed(_ index: Int, _ packet: some EncodablePacket) {
        guard
            let bytes = try? packet.encoded(as: clients[index].version, from: .client)
        else { return }
        feed(index, bytes)
    }

    private mutating func connect(_ index: Int) {
        let flags = byte()
        let limits = byte()
        let isFirst = !clients[index].isConnected
        if isFirst { clients[index].version = [.v5, .v5, .v311, .v31][Int(flags & 3)] }
        var list: [Property] = []
        if limits & 3 != 0 {
            list.append(.receiveMaximum(UInt16(limits & 3)))
            if isFirst { clients[index].receiveMaximum = Int(limits & 3) }
        }
        if limits & 32 != 0 {
            list.append(.topicAliasMaximum(1))
            if limits & 64 != 0 { list.append(.authenticationMethod("m")) }
        }
        if limits & 4 != 0 { list.append(.sessionExpiryInterval(UInt32(limits >> 5) * 2)) }
        if limits & 24 == 24 {
            list.append(.maximumPacketSize(40))
            if isFirst, clients[index].version == .v5 { clients[index].maximumPacketSize = 40 }
        }
        var will: Will?
        if flags & 4 != 0 {
            let delay = try? Properties([.willDelayInterval(UInt32(limits >> 6))])
            will = Will(
                topicName: Self.topics[Int(flags >> 5)],
                payload: [1],
                qos: .atLeastOnce,
                retain: flags & 8 != 0,
                properties: delay ?? Properties()
            )
        }
        clients[index].isConnected = true
        feed(
            index,
            Connect(
                clientIdentifier: Self.identifiers[Int(byte()) % Self.identifiers.count],
                cleanStart: flags & 16 == 0,
                keepAlive: UInt16(limits >> 6),
                will: will,
                properties: (try? Properties(list)) ?? Properties(),
                protocolVersion: clients[index].version
            )
        )
    }

    private mutating func publish(_ index: Int) {
        let flags = byte()
        let number = byte()
        let qos = QoS(rawValue: flags & 3) ?? .atMostOnce
        var list: [Property] = []
        if number & 0xC0 == 0x40 { list.append(.topicAlias(UInt16(number & 3 | 1))) }
        if number & 0xC0 == 0x80 { list.append(.messageExpiryInterval(UInt32(number & 3))) }
        feed(
            index,
            Publish(
                topicName: number & 0xE0 == 0x60 ? "" : Self.topics[Int(flags >> 5)],
                payload: Array(repeating: 7, count: Int(number & 7) * 8),
                qos: qos,
                packetIdentifier: qos == .atMostOnce
                    ? nil : PacketIdentifier(rawValue: UInt16(number >> 3 & 3) + 1),
                retain: flags & 4 != 0,
                isDuplicate: qos != .atMostOnce && flags & 8 != 0,
                properties: (try? Properties(list)) ?? Properties()
            )
        )
    }

    private mutating func subscribe(_ index: Int) {
        let first = Int(byte())
        let options = byte()
        let names = [first % Self.filters.count, (first >> 4) % Self.filters.count]
            .map { Self.filters[$0] }
        for name in names {
            if let filter = try? SubscriptionFilter(name) { filters.append(filter.topicFilter) }
        }
        let identifier: [Property] = options & 64 == 0 ? [] : [.subscriptionIdentifier(200)]
        feed(
            index,
            Subscribe(
                packetIdentifier: 5,
                subscriptions: names.map {
                    Subscription(
                        topicFilter: $0,
                        maximumQoS: QoS(rawValue: options & 3) ?? .exactlyOnce,
                        noLocal: options & 4 != 0 && !$0.hasPrefix("$share"),
                        retainAsPublished: options & 8 != 0,
                        retainHandling: .init(rawValue: options >> 4 & 3) ?? .send
                    )
                },
                properties: (try? Properties(identifier)) ?? Properties()
            )
        )
    }

    private mutating func unsubscribe(_ index: Int) {
        let name = Self.filters[Int(byte()) % Self.filters.count]
        feed(index, Unsubscribe(packetIdentifier: 6, topicFilters: [name]))
    }

    private mutating func acknowledge(_ index: Int, _ choice: UInt8) {
        let number = UInt16(choice >> 4 & 7) + 1
        let code: UInt8 = choice & 0x88 == 0x88 ? 0x80 : 0
        let type = [UInt8(0x40), 0x50, 0x62, 0x70][Int(choice & 3)]
        let isOver = type == 0x40 || type == 0x70 || (type == 0x50 && code != 0)
        if isOver, clients[index].open.remove(number) == nil,
            clients[index].isStalled || !questions.isEmpty || !stores.isEmpty || !steps.isEmpty
        {
            clients[index].isExact = false
        }
        let isLong = code != 0 && clients[index].version == .v5
        // A code that PUBREL and PUBCOMP do not have is a violation, which is fine.
        feed(index, [type, isLong ? 3 : 2, 0, UInt8(number)] + (isLong ? [code] : []))
    }

    private mutating func advance() {
        let amount = byte()
        let step = Int64(amount & 0x3F) * (amount & 0x40 == 0 ? 100 : 1_000)
        now.monotonic = now.monotonic.adding(milliseconds: step)
        now.wall = now.wall.adding(milliseconds: step)
        broker.handleTimeout(at: now)
        if let next = broker.nextTimeout { precondition(next > now.monotonic) }
    }

    private mutating func stall(_ index: Int, _ amount: UInt8) {
        if amount & 1 == 0 {
            clients[index].isStalled = true
        } else if amount & 2 == 0 {
            clients[index].isStalled = false
            write(index, clients[index].unwritten)
        } else {
            write(index, min(Int(amount >> 2), clients[index].unwritten))
        }
    }

    private mutating func write(_ index: Int, _ count: Int) {
        guard count > 0 else { return }
        clients[index].unwritten -= count
        broker.written(count, on: clients[index].id, at: now)
    }

    private mutating func answer(_ index: Int, _ choice: UInt8) {
        if choice & 0x80 != 0 { return farewell(index, choice) }
        if choice & 0x40 != 0 { return serve(index, choice) }
        guard !questions.isEmpty else { return feed(index, [0xC0, 0x00]) }
        let effect = questions.removeFirst()
        broker.completed(effect, choice & 1 == 0 ? .allow : .deny(.notAuthorized), at: now)
    }

    /// What the owner of the broker does of its own accord.
    private mutating func serve(_ index: Int, _ choice: UInt8) {
        switch choice & 7 {
        case 0...1: commit(1)
        case 2: commit(.max)
        case 3:
            let name = Self.identifiers[Int(choice >> 3 & 7) % Self.identifiers.count]
            broker.disconnect(
                ClientIdentifier(name),
                discardsWill: choice & 8 != 0,
                endsSession: choice & 16 != 0,
                at: now
            )
        case 4: broker.policyChanged(at: now)
        case 5:
            let payload: [UInt8] = [1, 2]
            broker.publish(
                Self.topics[Int(choice >> 3 & 7)],
                payload: payload.span,
                qos: .atLeastOnce,
                retain: choice & 8 != 0,
                at: now
            )
        case 6:
            guard !steps.isEmpty else { return }
            let answers: [Broker.AuthenticationAnswer] = [
                .proceed(data: [1]), .success(data: nil), .failure(.notAuthorized),
                .success(data: [2]),
            ]
            broker.authenticated(steps.removeFirst(), answers[Int(choice >> 3 & 3)], at: now)
        default:
            let method = (try? Properties([.authenticationMethod("m")])) ?? Properties()
            let code: ReasonCode = choice & 8 == 0 ? .continueAuthentication : .reAuthenticate
            feed(index, Auth(reasonCode: code, properties: method))
        }
    }

    private mutating func commit(_ count: Int) {
        for _ in 0..<min(count, stores.count) {
            let (group, commands) = stores.removeFirst()
            for command in commands { image.apply(command) }
            broker.stored(group, at: now)
        }
    }

    /// What was stored at any moment makes a broker that agrees with itself.
    private func restoreIfDurable() {
        guard configuration.isDurable else { return }
        var second = Broker(
            configuration: configuration,
            policy: LetterPolicy(),
            random: PlayRandom()
        )
        do {
            try second.restore(image, at: now)
        } catch {
            fatalError("\(error)")
        }
        // A session whose client asked for no time after its connection is due at once.
        second.handleTimeout(at: now)
        while second.nextOutput() != nil {}
        if let fault = second.firstInconsistency { fatalError(fault) }
    }

    private mutating func farewell(_ index: Int, _ choice: UInt8) {
        let expiry: [Property] = choice & 2 == 0 ? [] : [.sessionExpiryInterval(1)]
        feed(
            index,
            Disconnect(
                reasonCode: choice & 1 == 0 ? .normalDisconnection : .disconnectWithWillMessage,
                properties: (try? Properties(expiry)) ?? Properties()
            )
        )
    }

    private mutating func raw(_ index: Int, _ count: Int) {
        let end = min(script.count, position + count)
        let bytes = Array(script[position..<end])
        position = end
        clients[index].isTracked = false
        if !bytes.isEmpty { sharesFilters = true }
        feed(index, bytes)
    }

    // MARK: What comes out

    private mutating func drain() {
        while let output = broker.nextOutput() {
            switch output {
            case .send(let id, let batch):
                guard let index = place(of: id) else { fatalError("a connection nobody opened") }
                precondition(!clients[index].isClosed, "output after the end")
                precondition(batch.byteCount == batch.bytes.count)
                clients[index].unwritten += batch.byteCount
                clients[index].output += batch.bytes
                read(index)
                if !clients[index].isStalled { write(index, clients[index].unwritten) }
            case .close(let id, _):
                guard let index = place(of: id) else { continue }
                precondition(clients[index].output.isEmpty || !clients[index].isTracked)
                clients[index].isClosed = true
            case .authorise(let effect, _): questions.append(effect)
            case .authenticate(let effect, _): steps.append(effect)
            case .store(let group, let commands): stores.append((group, commands))
            default: continue
            }
        }
    }

    /// `nil` while `opened` has not returned yet, which is when a limit closes the connection.
    private func place(of id: Broker.ConnectionID) -> Int? {
        clients.lastIndex { $0.id == id }
    }

    private mutating func read(_ index: Int) {
        guard clients[index].isTracked else {
            clients[index].output = []
            return
        }
        let bytes = clients[index].output
        clients[index].output = []
        var start = 0
        while start < bytes.count {
            guard let header = try? FixedHeader(reading: bytes.span.extracting(start...)),
                start + header.packetSize <= bytes.count,
                header.packetSize <= clients[index].maximumPacketSize
            else { fatalError("no packet in \(bytes[start...])") }
            let packet = bytes.span.extracting(start..<(start + header.packetSize))
            start += header.packetSize
            do {
                switch try ControlPacketView(packet, as: clients[index].version, from: .server) {
                case .publish(let view): check(view.owned(), index)
                default: continue
                }
            } catch {
                fatalError("the broker sent \(error)")
            }
        }
    }

    private mutating func check(_ publish: Publish, _ index: Int) {
        if clients[index].isExact, let identifier = publish.packetIdentifier?.rawValue {
            precondition(clients[index].open.insert(identifier).inserted, "identifier in use")
            if clients[index].version == .v5 {
                precondition(
                    clients[index].open.count <= clients[index].receiveMaximum,
                    "beyond the receive maximum"
                )
            }
        }
        // A name that an alias stands for is the codec's matter.
        guard !sharesFilters, !publish.topicName.isEmpty,
            let topic = try? TopicName(publish.topicName)
        else { return }
        precondition(filters.contains { $0.matches(topic) }, "nobody asked for \(topic)")
    }
}
