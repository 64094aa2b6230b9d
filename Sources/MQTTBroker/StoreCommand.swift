public import IoTTime
public import MQTTCodec

// What a durable broker wants kept, as plain values.

extension Broker {
    /// Ties a group of ``StoreCommand`` values to ``Broker/stored(_:at:)``.
    public struct StoreID: Hashable, Comparable, Sendable {
        let rawValue: UInt64

        /// Earlier groups are smaller.
        public static func < (a: StoreID, b: StoreID) -> Bool { a.rawValue < b.rawValue }
    }

    /// One change of what must survive the process.
    ///
    /// Puts replace what has the same key. All commands of one ``Output/store(_:_:)`` belong into one
    /// transaction; groups are carried out in their order.
    public enum StoreCommand: Hashable, Sendable {
        /// Keep a session; its other parts stay as they are. Key: the client identifier.
        case putSession(StoredSession)
        /// Forget a session with its subscriptions, deliveries and identifiers.
        case removeSession(ClientIdentifier)
        /// Keep a subscription. Key: the client identifier and the filter.
        case putSubscription(ClientIdentifier, StoredSubscription)
        /// Forget a subscription.
        case removeSubscription(ClientIdentifier, filter: String)
        /// Keep a message. Key: its number.
        case putMessage(StoredMessage)
        /// Forget a message: no delivery and no topic needs it any more.
        case removeMessage(UInt64)
        /// The message with this number is the retained one of its topic.
        case putRetained(UInt64)
        /// It no longer is.
        case removeRetained(UInt64)
        /// Keep a delivery. Key: the client identifier and the sequence number.
        case putDelivery(ClientIdentifier, StoredDelivery)
        /// Forget a delivery.
        case removeDelivery(ClientIdentifier, sequence: UInt64)
        /// A QoS 2 message with this identifier arrived; a repeat must not be delivered again.
        case putInbound(ClientIdentifier, PacketIdentifier)
        /// Its PUBREL arrived.
        case removeInbound(ClientIdentifier, PacketIdentifier)
    }

    /// A message as it is kept.
    public struct StoredMessage: Hashable, Sendable {
        /// Unique in the life of the store; grows.
        public let number: UInt64
        /// Topic, payload and properties.
        public let content: SharedPublish
        /// The level it was published with.
        public let qos: QoS
        /// Whether it was published to be retained.
        public let retain: Bool
        /// When it expires; `nil`: never.
        public let expiresAt: WallClock?

        /// Describes a message.
        public init(
            number: UInt64,
            content: SharedPublish,
            qos: QoS,
            retain: Bool,
            expiresAt: WallClock?
        ) {
            self.number = number
            self.content = content
            self.qos = qos
            self.retain = retain
            self.expiresAt = expiresAt
        }

        /// The message as one MQTT 5 PUBLISH packet, to be kept as bytes.
        public var packet: [UInt8] { StoredPacket.encode(content, qos: qos, retain: retain) }

        /// Reads a message back from ``packet``.
        ///
        /// - Throws: `PacketError` of MQTTCodec for bytes that are no PUBLISH.
        public init(
            number: UInt64,
            packet: Span<UInt8>,
            expiresAt: WallClock?
        ) throws(PacketError) {
            let parts = try StoredPacket.decode(packet)
            self.init(
                number: number,
                content: parts.content,
                qos: parts.qos,
                retain: parts.retain,
                expiresAt: expiresAt
            )
        }
    }

    /// A delivery as it is kept.
    public struct StoredDelivery: Hashable, Sendable {
        /// How far it has come.
        public enum State: Hashable, Sendable {
            /// It was not sent yet.
            case queued
            /// PUBLISH was sent with this identifier.
            case published(PacketIdentifier)
            /// PUBREL was sent; the message is not needed any more.
            case released(PacketIdentifier)
        }

        /// The order of the session's deliveries; unique in the life of the store.
        public let sequence: UInt64
        /// The number of the message; 0 once it is released.
        public let message: UInt64
        /// The level of the delivery.
        public let qos: QoS
        /// The RETAIN flag of the delivery.
        public let retain: Bool
        /// Those of the subscriptions that matched.
        public let subscriptionIdentifiers: [UInt32]
        /// How far it has come.
        public let state: State

        /// Describes a delivery.
        public init(
            sequence: UInt64,
            message: UInt64,
            qos: QoS,
            retain: Bool,
            subscriptionIdentifiers: [UInt32],
            state: State
        ) {
            self.sequence = sequence
            self.message = message
            self.qos = qos
            self.retain = retain
            self.subscriptionIdentifiers = subscriptionIdentifiers
            self.state = state
        }
    }

    /// A subscription as it is kept.
    public struct StoredSubscription: Hashable, Sendable {
        /// The filter, with its share name.
        public let filter: String
        /// The highest level of delivery.
        public let qos: QoS
        /// Whether the client gets nothing it published itself.
        public let noLocal: Bool
        /// Whether RETAIN is passed on as published.
        public let retainAsPublished: Bool
        /// The subscription identifier; 0: none.
        public let identifier: UInt32
        /// Whether `a/#` matches `a`: not in the AWS dialect.
        public let matchesParent: Bool

        /// Describes a subscription.
        public init(
            filter: String,
            qos: QoS,
            noLocal: Bool,
            retainAsPublished: Bool,
            identifier: UInt32,
            matchesParent: Bool = true
        ) {
            self.filter = filter
            self.qos = qos
            self.noLocal = noLocal
            self.retainAsPublished = retainAsPublished
            self.identifier = identifier
            self.matchesParent = matchesParent
        }
    }

    /// A session as it is kept.
    public struct StoredSession: Hashable, Sendable {
        /// The will of a session.
        public struct Will: Hashable, Sendable {
            /// Topic, payload and properties.
            public let content: SharedPublish
            /// The level it is published with.
            public let qos: QoS
            /// Whether it is to be retained.
            public let retain: Bool
            /// Seconds the message may wait once it is published; `nil`: for ever.
            public let messageExpiryInterval: UInt32?
            /// Seconds between the end of the connection and the message.
            public let delay: UInt32

            /// Describes a will.
            public init(
                content: SharedPublish,
                qos: QoS,
                retain: Bool,
                messageExpiryInterval: UInt32?,
                delay: UInt32
            ) {
                self.content = content
                self.qos = qos
                self.retain = retain
                self.messageExpiryInterval = messageExpiryInterval
                self.delay = delay
            }

            /// The message as one MQTT 5 PUBLISH packet, to be kept as bytes.
            public var packet: [UInt8] { StoredPacket.encode(content, qos: qos, retain: retain) }

            /// Reads a will back from ``packet``.
            ///
            /// - Throws: `PacketError` of MQTTCodec for bytes that are no PUBLISH.
            public init(
                packet: Span<UInt8>,
                messageExpiryInterval: UInt32?,
                delay: UInt32
            ) throws(PacketError) {
                let parts = try StoredPacket.decode(packet)
                self.init(
                    content: parts.content,
                    qos: parts.qos,
                    retain: parts.retain,
                    messageExpiryInterval: messageExpiryInterval,
                    delay: delay
                )
            }
        }

        /// Its client, as it last connected.
        public let client: Client
        /// Seconds the session outlives its connection; 0xFFFF_FFFF: for ever.
        public let expiryInterval: UInt32
        /// When its connection ended; `nil` while it is open.
        public let disconnectedAt: WallClock?
        /// The will that is not published yet.
        public let will: Will?

        /// Describes a session.
        public init(
            client: Client,
            expiryInterval: UInt32,
            disconnectedAt: WallClock?,
            will: Will?
        ) {
            self.client = client
            self.expiryInterval = expiryInterval
            self.disconnectedAt = disconnectedAt
            self.will = will
        }
    }
}

/// A message as one MQTT 5 PUBLISH packet.
enum StoredPacket {
    static func encode(_ content: SharedPublish, qos: QoS, retain: Bool) -> [UInt8] {
        let head = SharedPublish.Delivery(
            qos: qos,
            packetIdentifier: qos == .atMostOnce ? nil : 1,
            retain: retain
        )
        let none: [0 of UInt32] = []
        let measured = try? content.packetSize(
            for: head,
            subscriptionIdentifiers: none.span,
            as: .v5
        )
        let size = measured ?? 0
        let tail = content.tail(as: .v5)
        var bytes = [UInt8](capacity: max(0, size - tail.count)) { output in
            // It was measured, so that it can be written.
            _ = try? content.encodeHead(
                for: head,
                subscriptionIdentifiers: none.span,
                into: &output,
                as: .v5
            )
        }
        bytes.append(copying: tail)
        return bytes
    }

    static func decode(
        _ packet: Span<UInt8>
    ) throws(PacketError) -> (content: SharedPublish, qos: QoS, retain: Bool) {
        switch try ControlPacketView(packet, as: .v5, from: .server) {
        case .publish(let view):
            guard let content = try? SharedPublish(view) else { break }
            return (content, view.qos, view.retain)
        default: break
        }
        let type = PacketType(rawValue: packet[0] >> 4) ?? .publish
        throw .protocolError(ProtocolError(.packetType(type), at: 0))
    }
}
