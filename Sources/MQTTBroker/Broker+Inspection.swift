public import IoTTime
public import MQTTCodec
public import MQTTTopics

// What an operator may ask.

extension Broker {
    /// One session as it is now.
    public struct SessionSummary: Hashable, Sendable {
        /// Its client, as it last connected.
        public let client: Client
        /// The open connection; `nil` while the client is away.
        public let connection: ConnectionID?
        /// When it connected, or when its connection ended.
        public let since: WallClock
        /// Seconds the session outlives its connection; 0xFFFF_FFFF: for ever.
        public let expiryInterval: UInt32
        /// Whether it left a will that was not published yet.
        public let hasWill: Bool
        /// How many filters it is subscribed to.
        public let subscriptions: Int
        /// Messages that were not sent yet.
        public let queuedMessages: Int
        /// What they are charged with, in bytes.
        public let queuedBytes: Int
        /// QoS 1 and 2 messages that were sent and are not acknowledged to the end.
        public let inflightMessages: Int
        /// QoS 2 messages that arrived and wait for PUBREL.
        public let unreleasedMessages: Int
        /// Bytes handed out and not yet reported as written.
        public let unwrittenBytes: Int
    }

    /// One subscription of a session.
    public struct SubscriptionSummary: Hashable, Sendable {
        /// The filter, with its share name.
        public let filter: SubscriptionFilter
        /// The highest level of delivery.
        public let qos: QoS
        /// Whether the client gets nothing it published itself.
        public let noLocal: Bool
        /// Whether RETAIN is passed on as published.
        public let retainAsPublished: Bool
        /// Its subscription identifier, if it has one.
        public let identifier: UInt32?
    }

    /// The session of a client, connected or kept.
    public func session(of client: ClientIdentifier) -> SessionSummary? {
        sessionOf[client].flatMap { summary(of: $0) }
    }

    /// Calls `body` with each session, in no promised order.
    ///
    /// - Complexity: O(sessions).
    public func forEachSession(_ body: (SessionSummary) -> Void) {
        for key in sessions.keys {
            if let summary = summary(of: key) { body(summary) }
        }
    }

    /// The subscriptions of a client, in the order of their filters; empty without a session.
    ///
    /// - Complexity: O(*n* log *n*) in its subscriptions.
    public func subscriptions(of client: ClientIdentifier) -> [SubscriptionSummary] {
        guard let session = sessionOf[client] else { return [] }
        var list: [SubscriptionSummary] = []
        index.forEachSubscription(of: session) { filter, choices in
            list.append(
                SubscriptionSummary(
                    filter: filter,
                    qos: choices.qos,
                    noLocal: choices.noLocal,
                    retainAsPublished: choices.retainAsPublished,
                    identifier: choices.identifier == 0 ? nil : choices.identifier
                )
            )
        }
        return list.sorted {
            $0.filter.rawValue.utf8.lexicographicallyPrecedes($1.filter.rawValue.utf8)
        }
    }

    /// Whether any session, connected or kept, subscribed to a filter that matches.
    ///
    /// What a producer asks before it makes a message that nobody may want; false for bytes that are
    /// no topic name.
    ///
    /// - Complexity: stops at the first match; allocates nothing.
    public func hasSubscriber(_ topic: Span<UInt8>) -> Bool {
        struct Found: Error {}
        do throws(TopicError) {
            let view = try TopicView(validating: topic)
            do throws(Found) {
                try index.forEachMatch(view) { (_) throws(Found) in throw Found() }
                return false
            } catch {
                return true
            }
        } catch {
            return false
        }
    }

    /// Whether any session, connected or kept, subscribed to a filter that matches.
    public func hasSubscriber(_ topicName: String) -> Bool {
        hasSubscriber(topicName.utf8Span.span)
    }

    /// The retained message of exactly this topic, unless it has expired.
    public func retainedMessage(of topic: Span<UInt8>, at now: Now) -> PublishedMessage? {
        guard let message = retained[topic], !message.isExpired(at: now.monotonic) else {
            return nil
        }
        return PublishedMessage(message, .retained)
    }

    /// Calls `body` with each retained message that matches and has not expired.
    ///
    /// - Complexity: O(retained topics that match a prefix of the filter).
    public func forEachRetained(
        matching filter: TopicFilter,
        at now: Now,
        _ body: (PublishedMessage) -> Void
    ) {
        retained.forEachMatch(filter.utf8, parentMatches: configuration.dialect == .oasis) {
            if !$0.isExpired(at: now.monotonic) {
                body(PublishedMessage($0, .retained))
            }
        }
    }

    private func summary(of key: SlotKey) -> SessionSummary? {
        guard let session = sessions[key] else { return nil }
        return SessionSummary(
            client: session.client,
            connection: session.connection.map { ConnectionID(key: $0) },
            since: session.since,
            expiryInterval: session.expiryInterval,
            hasWill: session.will != nil,
            subscriptions: session.subscriptionCount,
            queuedMessages: session.pending.count,
            queuedBytes: session.pendingBytes,
            inflightMessages: session.inflight.count,
            unreleasedMessages: session.inbound.count,
            unwrittenBytes: session.connection.flatMap { connections[$0]?.unwritten } ?? 0
        )
    }
}
