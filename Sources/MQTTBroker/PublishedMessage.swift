internal import IoTTime
public import MQTTCodec

extension Broker {
    /// A message the broker accepted, or keeps: its bytes are shared with every queue it waits in.
    public struct PublishedMessage: Sendable {
        /// Who published it.
        public enum Origin: Hashable, Sendable {
            /// A connected client.
            case client(Client)
            /// The will of a client.
            case will(Client)
            /// The owner of the broker, through ``Broker/publish(_:payload:properties:qos:retain:at:)``.
            case server
            /// It is a retained message; who published it is not kept.
            case retained
        }

        private let message: Message
        /// Who published it.
        public let origin: Origin
        /// Topic, payload and properties, ready to be published again with another QoS.
        public let content: SharedPublish

        init(_ message: Message, _ origin: Origin) {
            self.message = message
            self.origin = origin
            content = message.content
        }

        /// The level it was published with.
        public var qos: QoS { message.qos }
        /// Whether it was published to be retained.
        public var retain: Bool { message.retain }
        /// Seconds it may wait, as published; `nil`: for ever.
        public var messageExpiryInterval: UInt32? { message.expiryInterval }

        /// The client that published it, now or as its will; `nil` for the server's own.
        public var client: Client? {
            switch origin {
            case .client(let client), .will(let client): client
            case .server, .retained: nil
            }
        }

        /// The topic name.
        public var topicName: Span<UInt8> {
            @_lifetime(borrow self)
            get { content.topicName }
        }

        /// The payload.
        public var payload: Span<UInt8> {
            @_lifetime(borrow self)
            get { content.payload }
        }

        /// The properties that receivers get, in the publisher's order; expiry and alias are not
        /// among them.
        public var properties: PropertiesView {
            @_lifetime(borrow self)
            get { content.properties }
        }
    }

    /// Why a message of the server's own was not accepted.
    public enum PublishRefusal: Hashable, Sendable, Error {
        /// No PUBLISH can have this topic, these properties or this size.
        case invalid(EncodeError)
        /// It is to be retained, and ``Configuration/maximumRetainedMessages`` or
        /// ``Configuration/maximumRetainedBytes`` is reached; nobody got it.
        case retainedStoreFull
    }

    /// What became of a message of the server's own.
    public enum PublishResult: Hashable, Sendable {
        /// It was accepted, for so many sessions.
        case accepted(sessions: Int)
        /// It was not, and nothing happened.
        case refused(PublishRefusal)
    }

    /// Where an accepted message comes from.
    enum Source {
        case client(SlotKey)
        case will(Client)
        case server
    }

    /// Publishes a message of the server's own, such as a rule's, a shadow's or a REST call's.
    ///
    /// No policy is asked; reserved topics, such as `$SYS/`, are open.
    ///
    /// - Parameters:
    ///   - topicName: 1...65 535 bytes without wildcards.
    ///   - payload: is copied once, for all receivers.
    ///   - properties: those of a PUBLISH; a message expiry interval counts from now.
    ///   - qos: the highest level it is delivered with.
    ///   - retain: whether it replaces the retained message of its topic; an empty one removes it.
    ///   - now: the time.
    /// - Returns: for how many sessions it was, or why it was refused.
    @discardableResult
    public mutating func publish(
        _ topicName: String,
        payload: Span<UInt8>,
        properties: Properties = Properties(),
        qos: QoS = .atMostOnce,
        retain: Bool = false,
        at now: Now
    ) -> PublishResult {
        do throws(EncodeError) {
            let content = try SharedPublish(
                topicName: topicName,
                payload: payload,
                properties: properties
            )
            let properties = properties.view
            return publish(
                content,
                qos: qos,
                retain: retain,
                messageExpiryInterval: properties.messageExpiryInterval,
                at: now
            )
        } catch {
            return .refused(.invalid(error))
        }
    }

    /// Publishes a prepared message of the server's own; nothing is copied.
    ///
    /// - Parameters:
    ///   - content: topic, payload and properties.
    ///   - qos: the highest level it is delivered with.
    ///   - retain: whether it replaces the retained message of its topic.
    ///   - messageExpiryInterval: seconds it may wait; `nil`: for ever.
    ///   - now: the time.
    /// - Returns: for how many sessions it was, or why it was refused.
    @discardableResult
    public mutating func publish(
        _ content: SharedPublish,
        qos: QoS,
        retain: Bool = false,
        messageExpiryInterval: UInt32? = nil,
        at now: Now
    ) -> PublishResult {
        let message = Message(
            content,
            qos: qos,
            retain: retain,
            expiryInterval: messageExpiryInterval,
            receivedAt: now.monotonic,
            publisher: nil,
            number: newMessageNumber()
        )
        guard canRetain(message) else { return .refused(.retainedStoreFull) }
        let count = accept(message, .server, at: now)
        settle(at: now)
        return .accepted(sessions: count)
    }

    /// Hands a message to the owner of the broker, if it wants it.
    mutating func tap(_ message: Message, _ source: Source) {
        let content = message.content
        if configuration.publishedTap == .selected, !policy.wantsPublished(content.topicName) {
            return
        }
        let origin: PublishedMessage.Origin
        switch source {
        case .client(let session):
            guard let client = sessions[session]?.client else { return }
            origin = .client(client)
        case .will(let client): origin = .will(client)
        case .server: origin = .server
        }
        outputs.append(.published(PublishedMessage(message, origin)))
    }

    /// Whether the message ends at the tap.
    func isUnrouted(_ message: Message) -> Bool {
        let content = message.content
        for prefix in configuration.unroutedTopicPrefixes
        where content.topicName.starts(with: prefix) {
            return true
        }
        return false
    }
}
