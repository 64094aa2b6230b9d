#if Endpoint
internal import ArgumentParser
internal import CloudEndpoint
internal import MQTTBroker
internal import MQTTCodec
internal import MQTTTopics

/// What `serve` keeps of the broker's state.
struct DurabilityOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "SQLite file to keep sessions, QoS 1 and 2 messages and retained messages in. "
                + "Acknowledgements then wait for the commit; without it all ends with the process.",
            valueName: "file"
        )
    )
    var durable: String?

    @Option(
        help: ArgumentHelp(
            "What a commit survives: `full` a power failure, `normal` the end of the process alone.",
            valueName: "full|normal"
        )
    )
    var durableSync: Sync = .full

    /// ``BrokerDatabase/Synchronization`` by name.
    enum Sync: String, ExpressibleByArgument, CaseIterable { case full, normal }

    /// Opens the file.
    func apply(to configuration: inout CloudEndpoint.Configuration) throws {
        guard let durable else { return }
        do {
            configuration.brokerDatabase = try BrokerDatabase(
                path: durable,
                synchronization: durableSync == .full ? .full : .normal
            )
        } catch {
            throw ValidationError("\(durable): \(error)")
        }
    }
}

/// How `serve` treats its clients, and how much of it they get.
struct BrokerOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Whose matching and refusals clients meet.", valueName: "oasis|aws"))
    var dialect: Dialect = .oasis

    @Option(help: ArgumentHelp("Threads; with 2 and more, one is the broker's.", valueName: "n"))
    var eventLoops: Int?

    @Option(help: ArgumentHelp("Publish counters below $SYS/broker/.", valueName: "seconds"))
    var sysInterval: Int?

    @Option(
        help: ArgumentHelp(
            "A filter nobody may subscribe to; may be repeated.",
            valueName: "filter"
        )
    )
    var refuseFilter: [String] = []

    @Option(help: ArgumentHelp("Open connections.", valueName: "n"))
    var maxConnections: Int?

    @Option(help: ArgumentHelp("New connections per second.", valueName: "n"))
    var maxConnectRate: Int?

    @Option(help: ArgumentHelp("Sessions, connected or kept.", valueName: "n"))
    var maxSessions: Int?

    @Option(help: ArgumentHelp("Time from connection to CONNECT.", valueName: "seconds"))
    var handshakeTimeout: Int?

    @Option(help: ArgumentHelp("Largest packet accepted.", valueName: "bytes"))
    var maxPacketSize: Int?

    @Option(help: ArgumentHelp("Largest CONNECT accepted.", valueName: "bytes"))
    var maxConnectPacketSize: Int?

    @Option(help: ArgumentHelp("Subscriptions of a client.", valueName: "n"))
    var maxSubscriptions: Int?

    @Option(help: ArgumentHelp("Levels of a topic or a filter.", valueName: "n"))
    var maxTopicLevels: Int?

    @Option(help: ArgumentHelp("Highest QoS of a PUBLISH: 0, 1 or 2.", valueName: "qos"))
    var maxQos: Int?

    @Option(help: ArgumentHelp("QoS 1 and 2 messages on their way to a client.", valueName: "n"))
    var maxInflight: Int?

    @Option(help: ArgumentHelp("Receive Maximum told to MQTT 5 clients.", valueName: "n"))
    var receiveMaximum: Int?

    @Option(help: ArgumentHelp("Topic aliases, in each direction.", valueName: "n"))
    var topicAliasMaximum: Int?

    @Option(help: ArgumentHelp("Messages that wait for a client.", valueName: "n"))
    var maxQueuedMessages: Int?

    @Option(help: ArgumentHelp("Bytes that wait for a client.", valueName: "bytes"))
    var maxQueuedBytes: Int?

    @Option(
        help: ArgumentHelp(
            "What a full queue does.",
            valueName: "drop-newest|drop-oldest|disconnect"
        )
    )
    var queueOverflow: Overflow = .dropNewest

    @Option(help: ArgumentHelp("Retained messages.", valueName: "n"))
    var maxRetained: Int?

    @Option(help: ArgumentHelp("Bytes of all retained messages.", valueName: "bytes"))
    var maxRetainedBytes: Int?

    @Option(
        help: ArgumentHelp(
            "Longest keep alive; what a client without one gets.",
            valueName: "seconds"
        )
    )
    var maxKeepAlive: Int?

    @Option(
        help: ArgumentHelp("Longest time a session outlives its connection.", valueName: "seconds")
    )
    var maxSessionExpiry: Int?

    /// ``TopicDialect`` by name.
    enum Dialect: String, ExpressibleByArgument, CaseIterable { case oasis, aws }

    /// ``Broker/Configuration/QueueOverflow`` by name.
    enum Overflow: String, ExpressibleByArgument, CaseIterable {
        case dropNewest = "drop-newest"
        case dropOldest = "drop-oldest"
        case disconnect
    }

    func validate() throws {
        let ranges: [(String, Int?, ClosedRange<Int>)] = [
            ("event-loops", eventLoops, 1...256),
            ("sys-interval", sysInterval, 1...86_400),
            ("max-connections", maxConnections, 1...10_000_000),
            ("max-connect-rate", maxConnectRate, 1...1_000_000),
            ("max-sessions", maxSessions, 1...100_000_000),
            ("handshake-timeout", handshakeTimeout, 1...3_600),
            ("max-packet-size", maxPacketSize, 1_024...268_435_460),
            ("max-connect-packet-size", maxConnectPacketSize, 64...268_435_460),
            ("max-subscriptions", maxSubscriptions, 0...1_000_000),
            ("max-topic-levels", maxTopicLevels, 1...65_535),
            ("max-qos", maxQos, 0...2),
            ("max-inflight", maxInflight, 1...65_535),
            ("receive-maximum", receiveMaximum, 1...65_535),
            ("topic-alias-maximum", topicAliasMaximum, 0...65_535),
            ("max-queued-messages", maxQueuedMessages, 0...100_000_000),
            ("max-queued-bytes", maxQueuedBytes, 0...1_000_000_000_000),
            ("max-retained", maxRetained, 0...1_000_000_000),
            ("max-retained-bytes", maxRetainedBytes, 0...1_000_000_000_000),
            ("max-keep-alive", maxKeepAlive, 1...65_535),
            ("max-session-expiry", maxSessionExpiry, 0...4_294_967_295),
        ]
        for (name, value, range) in ranges {
            if let value, !range.contains(value) {
                throw ValidationError(
                    "--\(name) is \(range.lowerBound)...\(range.upperBound), not \(value)"
                )
            }
        }
    }

    func apply(to configuration: inout CloudEndpoint.Configuration) {
        if let eventLoops { configuration.eventLoops = eventLoops }
        configuration.systemTopicInterval = sysInterval.map { .seconds($0) }
        configuration.refusedFilters = Set(refuseFilter)
        configuration.maximumConnectRate = maxConnectRate
        var broker = dialect == .aws ? Broker.Configuration.aws : configuration.broker
        set(&broker.maximumConnections, maxConnections)
        set(&broker.maximumSessions, maxSessions)
        if let handshakeTimeout { broker.handshakeTimeout = .seconds(handshakeTimeout) }
        set(&broker.maximumPacketSize, maxPacketSize)
        set(&broker.maximumConnectPacketSize, maxConnectPacketSize)
        set(&broker.maximumSubscriptions, maxSubscriptions)
        set(&broker.maximumTopicLevels, maxTopicLevels)
        if let maxQos, let qos = QoS(rawValue: UInt8(clamping: maxQos)) { broker.maximumQoS = qos }
        set(&broker.maximumInflight, maxInflight)
        if let receiveMaximum { broker.receiveMaximum = UInt16(clamping: receiveMaximum) }
        if let topicAliasMaximum {
            broker.topicAliasMaximum = UInt16(clamping: topicAliasMaximum)
            broker.outgoingTopicAliasMaximum = UInt16(clamping: topicAliasMaximum)
        }
        set(&broker.maximumQueuedMessages, maxQueuedMessages)
        set(&broker.maximumQueuedBytes, maxQueuedBytes)
        switch queueOverflow {
        case .dropNewest: broker.queueOverflow = .dropNewest
        case .dropOldest: broker.queueOverflow = .dropOldest
        case .disconnect: broker.queueOverflow = .disconnect
        }
        set(&broker.maximumRetainedMessages, maxRetained)
        set(&broker.maximumRetainedBytes, maxRetainedBytes)
        if let maxKeepAlive { broker.maximumKeepAlive = UInt16(clamping: maxKeepAlive) }
        if let maxSessionExpiry {
            broker.maximumSessionExpiry = UInt32(clamping: maxSessionExpiry)
        }
        configuration.broker = broker
    }

    private func set(_ target: inout Int, _ value: Int?) {
        if let value { target = value }
    }
}
#endif
